"""What a render reads, as one key: same key, same bytes (design.md section 5, rendering.md 8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

from gitops.desired.ask import source_digest
from gitops.model.crds.application import Source
from gitops.model.objects import Json, digest_of
from gitops.model.revision import TreeKey

__all__ = ["TOOL", "Limits", "outside_of", "root_of", "source_digest", "tree_key"]

TOOL = "directory/1"
"""Changes whenever the same files would render to other objects, so that no entry of an older version is used."""

_LEFT_OUT = ("repoURL", "path", "targetRevision", "name", "ref", "tagPrefix")


@dataclass(frozen=True, slots=True)
class Limits:
    """Largest manifest file and largest sum of an app's files, in bytes (security-reliability.md 11)."""

    file_bytes: int = 5 * 1024 * 1024
    total_bytes: int = 10 * 1024 * 1024


def tree_key(source: Source, folder_id: str, outside: Mapping[str, str], limits: Limits) -> TreeKey:
    """The key of a render: parameters, limits, tool, the folder's object id and that of each path read outside it.

    App name, cluster, repository and path are no part of it: apps that render the same share one render. The outside
    paths are readable in the key (`outside_of`), because the next look must know which ids to ask for.
    """
    parameters: Json = {key: value for key, value in source.dump().items() if key not in _LEFT_OUT}
    ids: Json = [[path, outside[path]] for path in sorted(outside)]
    digest = digest_of([TOOL, limits.file_bytes, limits.total_bytes, parameters, folder_id, ids])
    return TreeKey("|".join([digest, *(quote(path) for path in sorted(outside))]))


def outside_of(key: TreeKey) -> tuple[str, ...]:
    """The paths outside its folder that the render of this key read, relative to the repository."""
    return tuple(unquote(part) for part in key.split("|")[1:])


def root_of(source: Source) -> str:
    """The folder of a source, relative to the repository root; `.` for the root itself."""
    parts = [part for part in source.path.split("/") if part not in ("", ".")]
    return "/".join(parts) or "."
