"""Fields that left Git and are still in the cluster: what we own, or once applied client-side, and desired lacks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from gitops.drift.fields import Finding, Grade
from gitops.drift.normalise import LAST_APPLIED, SERVER_METADATA
from gitops.drift.schema import SETS, list_keys
from gitops.live.ownership import Entry, item_matching, owns, step_of
from gitops.model.objects import Json, JsonMap, as_map, as_text
from gitops.model.paths import Item, Member, Path, Step

_NOT_OURS_TO_REMOVE = frozenset({"apiVersion", "kind", "status", "stringData"})


def extra_owned(desired: Mapping[str, Json], live: Mapping[str, Json], ours: Entry) -> tuple[Finding, ...]:
    """Topmost paths that our entry owns, live has and desired does not have any more: the next apply removes them.

    Written as null in desired: the server is to judge.
    """
    lacking: list[Finding] = []
    top = {key: below for key, below in ours.fields.items() if key.removeprefix("f:") not in _NOT_OURS_TO_REMOVE}
    _lacking(top, dict(desired), (), lacking)
    return tuple(finding for finding in lacking if _has(dict(live), finding.path))


def _lacking(fields: JsonMap, want: Json, path: Path, found: list[Finding]) -> None:
    """What the field set has and desired has not."""
    for key, below in fields.items():
        step = step_of(key)
        if step is None or (path == ("metadata",) and step in SERVER_METADATA):
            continue
        there, value = _at(want, step)
        if value is None:
            found.append(Finding((*path, step), Grade.SERVER if there else Grade.CHANGED))
        elif isinstance(below, dict) and below:
            _lacking(below, value, (*path, step), found)


def _has(live: Json, path: Path) -> bool:
    """Whether live has something other than null there."""
    for step in path:
        there, live = _at(live, step)
        if not there:
            return False
    return live is not None


def _at(value: Json, step: Step) -> tuple[bool, Json]:
    """Whether the value has something at the step, and what."""
    if isinstance(step, str):
        return (True, value[step]) if isinstance(value, dict) and step in value else (False, None)
    if not isinstance(value, list):
        return False, None
    if isinstance(step, Item):
        hit = item_matching(value, step)
        return (True, hit[1]) if hit else (False, None)
    if isinstance(step, Member):
        return (True, step.value) if step.value in value else (False, None)
    return (True, value[step]) if step < len(value) else (False, None)


def last_applied(live: Mapping[str, Json]) -> JsonMap:
    """What kubectl or Argo CD applied client-side last; a broken annotation counts as none."""
    text = as_text(as_map(as_map(live.get("metadata")).get("annotations")).get(LAST_APPLIED))
    try:
        return as_map(json.loads(text)) if text else {}
    except ValueError:
        return {}


def dropped_since(
    applied: Mapping[str, Json],
    desired: Mapping[str, Json],
    live: Mapping[str, Json],
    counts: Callable[[Path], bool],
) -> tuple[Finding, ...]:
    """Topmost paths of the last client-side apply that desired does not have and live still has, if they `count`."""
    found: list[Path] = []
    for name, value in applied.items():
        if name not in _NOT_OURS_TO_REMOVE and name != "metadata":
            _dropped(str(desired.get("kind")), (name,), (value, desired.get(name), live.get(name)), found)
    for name in ("labels", "annotations"):
        sides = (as_map(side.get("metadata")).get(name) for side in (applied, desired, live))
        _dropped("", ("metadata", name), (next(sides), next(sides), next(sides)), found)
    return tuple(Finding(path, Grade.CHANGED) for path in found if counts(path))


def _dropped(kind: str, path: Path, sides: tuple[Json, Json, Json], found: list[Path]) -> None:
    """Walk what was applied; `sides` are applied, desired and live at `path`."""
    applied, desired, live = sides
    if applied is None or live is None:
        return
    if desired is None:
        found.append(path)
    elif isinstance(applied, dict) and isinstance(desired, dict) and isinstance(live, dict):
        for name, value in applied.items():
            _dropped(kind, (*path, name), (value, desired.get(name), live.get(name)), found)
    elif isinstance(applied, list) and isinstance(desired, list) and isinstance(live, list):
        _dropped_items(kind, path, (applied, desired, live), found)


def _dropped_items(kind: str, path: Path, sides: tuple[list[Json], list[Json], list[Json]], found: list[Path]) -> None:
    """Items of keyed lists only: a list without keys is compared as a whole, so nothing of it can be left behind."""
    applied, desired, live = sides
    name = path[-1] if isinstance(path[-1], str) else ""
    keys = list_keys(kind, name, applied) if name not in SETS else ()
    for item in applied if keys else ():
        key = _key(item, keys)
        there = item_matching(live, key) if key else None
        if key and there:
            wanted = item_matching(desired, key)
            _dropped(kind, (*path, key), (item, wanted[1] if wanted else None, there[1]), found)


def _key(item: Json, keys: Sequence[str]) -> Item | None:
    if not isinstance(item, dict):
        return None
    pairs = [(name, item[name]) for name in keys if name in item]
    return Item(tuple((n, v) for n, v in pairs if not isinstance(v, dict | list))) if pairs else None


def still_client_side(known: Sequence[Entry], *, ours: Entry | None) -> Callable[[Path], bool]:
    """Whether the last-applied annotation still speaks of a path.

    Until we applied, it speaks of all. Afterwards it is only a trace, except where a client-side entry still owns the
    path; `known` are those entries.
    """
    return lambda path: ours is None or any(owns(entry, path) for entry in known)
