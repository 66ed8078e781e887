"""Which files of a folder are manifests, and in which order (argo-cd.md 1.6)."""

from __future__ import annotations

from collections.abc import Iterable

from gitops.desired.glob import matches
from gitops.errors import InvalidError
from gitops.model.crds.application import Directory, Source

_ENDINGS = (".yaml", ".yml", ".json")


def chosen(source: Source, names: Iterable[str]) -> tuple[str, ...]:
    """The manifest files among `names` (relative to the folder), in the order of a walk through it.

    Hidden files count, endings are case sensitive, `exclude` goes before `include`, and without `recurse` only the
    folder itself is read.

    Raises:
        InvalidError: a `.jsonnet` file is among them, or a pattern cannot be used.
    """
    directory = source.directory or Directory()
    found = [name for name in names if _wanted(directory, name)]
    for name in found:
        if name.endswith(".jsonnet"):
            raise InvalidError(f"{name}: Jsonnet is not supported yet", hint="exclude the file or render it yourself")
    return tuple(sorted(found, key=lambda name: name.split("/")))


def recurses(source: Source) -> bool:
    """Whether folders below the source's folder are read."""
    return source.directory is not None and source.directory.recurse


def _wanted(directory: Directory, name: str) -> bool:
    if "/" in name and not directory.recurse:
        return False
    if not name.endswith((*_ENDINGS, ".jsonnet")) and not directory.disable_extension_filter:
        return False
    if directory.exclude and matches(directory.exclude, name):
        return False
    return not directory.include or matches(directory.include, name)
