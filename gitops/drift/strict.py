"""Every path at which two answers of the same server differ, both ways: what an apply would change (design.md 7.3)."""

from __future__ import annotations

from collections.abc import Mapping

from gitops.drift.fields import items_by_key
from gitops.drift.normalise import SERVER_METADATA
from gitops.drift.schema import list_keys
from gitops.model.objects import Json, JsonMap, as_map
from gitops.model.paths import Item, Path


def changes(before: Mapping[str, Json], after: Mapping[str, Json]) -> tuple[Path, ...]:
    """Topmost differing paths, `spec` and the like before `metadata`; without status and the server's own metadata."""
    found: list[Path] = []
    kind = str(after.get("kind"))
    left, right = (
        {name: value for name, value in side.items() if name not in ("apiVersion", "kind", "metadata", "status")}
        for side in (before, after)
    )
    _walk(kind, (), left, right, found)
    old, new = (
        {name: value for name, value in as_map(side.get("metadata")).items() if name not in SERVER_METADATA}
        for side in (before, after)
    )
    _walk(kind, ("metadata",), old, new, found)
    return tuple(found)


def _walk(kind: str, path: Path, before: Json, after: Json, found: list[Path]) -> None:
    """No short cut for equal containers: `==` takes True for 1, and this runs once per dry run only."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys([*before, *after]):
            _walk(kind, (*path, name), before.get(name), after.get(name), found)
    elif isinstance(before, list) and isinstance(after, list):
        _lists(kind, path, before, after, found)
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        found.append(path)


def _lists(kind: str, path: Path, before: list[Json], after: list[Json], found: list[Path]) -> None:
    name = path[-1] if path and isinstance(path[-1], str) else ""
    keys = list_keys(kind, name, [*before, *after])
    old, new = (items_by_key(before, keys), items_by_key(after, keys)) if keys else (None, None)
    if old is not None and new is not None:
        if list(old) == list(new) or set(old) != set(new):
            _items(kind, path, old, new, found)
        else:
            found.append(path)
    elif len(before) == len(after):
        for place, (one, other) in enumerate(zip(before, after, strict=True)):
            _walk(kind, (*path, place), one, other, found)
    else:
        found.append(path)


def _items(
    kind: str, path: Path, before: Mapping[Item, JsonMap], after: Mapping[Item, JsonMap], found: list[Path]
) -> None:
    for key in dict.fromkeys([*before, *after]):
        _walk(kind, (*path, key), before.get(key), after.get(key), found)
