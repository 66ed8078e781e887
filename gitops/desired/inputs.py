"""What a render reads, as one key: same key, same bytes (design.md section 5, rendering.md 8)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

from gitops.desired.ask import source_digest
from gitops.model.crds.application import Source
from gitops.model.objects import Json, digest_of
from gitops.model.revision import TreeKey

__all__ = ["TOOL", "Limits", "app_key", "outside_of", "parameters_digest", "root_of", "source_digest", "tree_key"]

TOOL = "directory/1"
"""Changes whenever the same files would render to other objects, so that no entry of an older version is used."""

_LEFT_OUT = ("repoURL", "path", "targetRevision", "name", "ref", "tagPrefix")


@dataclass(frozen=True, slots=True)
class Limits:
    """Largest manifest file and largest sum of an app's files, in bytes (security-reliability.md 11)."""

    file_bytes: int = 5 * 1024 * 1024
    total_bytes: int = 10 * 1024 * 1024


def parameters_digest(source: Source, limits: Limits) -> str:
    """Hash of what besides files decides a render: tool, limits, and the source without names, place and revision.

    App, cluster, repository and path are no part of it: apps that render the same share one render.
    """
    parameters: Json = {key: value for key, value in source.dump().items() if key not in _LEFT_OUT}
    return digest_of([TOOL, limits.file_bytes, limits.total_bytes, parameters])


def tree_key(parameters: str, folder_id: str, outside: Mapping[str, str]) -> TreeKey:
    """The key of a render: its parameters, the folder's object id and that of each path read outside it.

    The outside paths are readable in the key (`outside_of`), because the next look must know which ids to ask for.
    """
    paths = sorted(outside)
    text = "\0".join([parameters, folder_id, *(part for path in paths for part in (path, outside[path]))])
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return TreeKey("|".join([digest, *(quote(path, errors="surrogatepass") for path in paths)]))


def app_key(source_digest: str, key: TreeKey) -> TreeKey:
    """The key an app's rendering is filed under: another source of the same bytes is a look of its own.

    Without it an edited revision or path that happens to hold the same files would never reach the app's status.
    """
    return TreeKey(f"{source_digest}/{key}")


def outside_of(key: TreeKey) -> tuple[str, ...]:
    """The paths outside its folder that the render of this key read, relative to the repository."""
    return tuple(unquote(part, errors="surrogatepass") for part in key.split("|")[1:])


def root_of(source: Source) -> str:
    """The folder of a source, relative to the repository root; `.` for the root itself."""
    parts = [part for part in source.path.split("/") if part not in ("", ".")]
    return "/".join(parts) or "."
