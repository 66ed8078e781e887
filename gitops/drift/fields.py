"""Which fields of a desired object the live one does not have as they are written: desired is a subset of live.

Maps are compared key by key (what only live has, was filled in by the server or others), keyed lists item by item and
by order, other lists position by position at equal length. Equal parts cost one `==`, which takes True for 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from gitops.drift.ignore import NOTHING, ignored, without
from gitops.drift.normalise import SERVER_METADATA, normalised
from gitops.drift.quantity import same_quantity
from gitops.drift.schema import (
    BUILT_IN,
    DROPPED_WHEN_ZERO,
    FREE_MAPS,
    INT_OR_STRING,
    KEY_DEFAULTS,
    REWRITTEN,
    SETS,
    holds_quantity,
    list_keys,
)
from gitops.model.crds.spec import IgnoreDifference
from gitops.model.objects import GroupKind, Json, JsonMap, Manifest, as_map
from gitops.model.paths import Item, Member, Path, Scalar


class Grade(Enum):
    """How much a finding is worth."""

    CHANGED = "changed"
    """Certain: no server writes the one as the other."""
    SERVER = "server"
    """Different as written; the server may have normalised, defaulted or dropped it: ask (dry run)."""
    HOLLOW = "hollow"
    """Desired says empty, false or 0 and live says nothing: no difference as far as one can see."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where desired and live are not written alike."""

    path: Path
    grade: Grade


@dataclass(slots=True)
class _Look:
    """One comparison under way: which rules apply, and what was found."""

    kind: str
    built_in: bool
    certain: bool
    """False: whatever differs is for the server to judge."""
    found: list[Finding] = field(default_factory=list)

    def add(self, path: Path, grade: Grade = Grade.CHANGED) -> None:
        own = self.certain or path[0] == "metadata"
        self.found.append(Finding(path, Grade.SERVER if grade is Grade.CHANGED and not own else grade))


def difference(desired: Manifest, live: Manifest, ignore: Iterable[IgnoreDifference] = ()) -> tuple[Path, ...]:
    """The paths at which live is not as desired, after normalising both; empty when desired is a subset of live."""
    what = ignored(ignore, live.key) if ignore else NOTHING
    left, right = without(normalised(desired.body), what), without(normalised(live.body), what)
    return tuple(f.path for f in findings(left, right) if f.grade is not Grade.HOLLOW)


def findings(desired: Mapping[str, Json], live: Mapping[str, Json]) -> list[Finding]:
    """All findings of two normalised bodies, `spec` and the like before `metadata`.

    Another apiVersion makes everything a question for the server, and is itself a hollow finding.
    """
    version, kind = str(desired.get("apiVersion")), str(desired.get("kind"))
    group = version.rpartition("/")[0]
    built_in = group in BUILT_IN
    same_version = version == live.get("apiVersion")
    certain = built_in and same_version and GroupKind(group, kind) not in REWRITTEN
    look = _Look(kind, built_in, certain)
    for name, want in desired.items():
        if name not in ("apiVersion", "kind", "metadata", "status"):
            _one(look, (), name, want, live.get(name))
    _metadata(look, as_map(desired.get("metadata")), as_map(live.get("metadata")))
    if not same_version:
        look.add(("apiVersion",), Grade.HOLLOW)
    return look.found


def _metadata(look: _Look, desired: JsonMap, live: JsonMap) -> None:
    for name, want in desired.items():
        if name not in SERVER_METADATA:
            _one(look, ("metadata",), name, want, live.get(name))


def _maps(look: _Look, path: Path, desired: JsonMap, live: JsonMap) -> None:
    for name, want in desired.items():
        have = live.get(name)
        if type(want) is type(have) and want == have:
            continue
        _one(look, path, name, want, have)


def _one(look: _Look, path: Path, name: str, want: Json, have: Json) -> None:
    """One field of a map: both sides' values, None when it is null or absent."""
    if want is None:
        return
    if have is None:
        _absent(look, path, name, want)
    elif isinstance(want, dict) and isinstance(have, dict):
        _maps(look, (*path, name), want, have)
    elif isinstance(want, list) and isinstance(have, list):
        _lists(look, (*path, name), name, want, have)
    else:
        _scalars(look, path, name, want, have)


def _absent(look: _Look, path: Path, name: str, want: Json) -> None:
    """Live lacks the field: certain where keys are the user's, hollow or nothing where desired says nothing either."""
    in_free_map = bool(path) and path[-1] in FREE_MAPS
    if in_free_map:
        look.add((*path, name))
    elif not _hollow(want):
        look.add((*path, name), Grade.SERVER)
    elif not _dropped(look, path, name, want):
        look.add((*path, name), Grade.HOLLOW)


def _hollow(value: Json) -> bool:
    """Whether a value says nothing: null, empty, false, 0, or made of such values only."""
    if isinstance(value, dict):
        return all(_hollow(below) for below in value.values())
    return not value


def _dropped(look: _Look, path: Path, name: str, want: Json) -> bool:
    """Whether the server is known to leave out such an empty value."""
    if want == {} and name in FREE_MAPS:
        return look.built_in or path == ("metadata",)
    if want == [] and isinstance(want, list):
        return look.built_in or path == ("metadata",)
    return look.built_in and not isinstance(want, dict) and name in DROPPED_WHEN_ZERO


def _scalars(look: _Look, path: Path, name: str, want: Json, have: Json) -> None:
    """Two values of which at least one is no container; `path` is that of the map they are in."""
    if want == have and isinstance(want, bool) == isinstance(have, bool):
        return
    parent = path[-1] if path and isinstance(path[-1], str) else ""
    if look.built_in and holds_quantity(name, parent) and same_quantity(want, have):
        return
    zero = want in ("", 0) and not isinstance(want, bool)
    defaulted = zero and parent not in FREE_MAPS and name not in INT_OR_STRING
    look.add((*path, name), Grade.SERVER if defaulted else Grade.CHANGED)


def _lists(look: _Look, path: Path, name: str, want: list[Json], have: list[Json]) -> None:
    if want == have:
        return
    if name in SETS:
        _sets(look, path, want, have)
        return
    keys = list_keys(look.kind, name, want) if look.built_in or path[0] == "metadata" else ()
    if keys and _in_step(want, have, keys):
        _pairs(look, path, want, have, keys)
        return
    wanted = items_by_key(want, keys) if keys else None
    present = items_by_key(have, keys) if keys else None
    if wanted is None or present is None:
        _positions(look, path, want, have)
    else:
        _items(look, path, wanted, present)


def _in_step(want: list[Json], have: list[Json], keys: tuple[str, ...]) -> bool:
    """Whether both lists have the same items in the same order by their first key: the common case, told cheaply.

    A list whose first keys repeat is not told so: `items_by_key` looks at all keys.
    """
    first = keys[0]
    left = [item.get(first) for item in want if isinstance(item, dict)]
    right = [item.get(first) for item in have if isinstance(item, dict)]
    if left != right or len(left) != len(want) or len(right) != len(have) or None in left:
        return False
    return len(keys) == 1 and len({str(value) for value in left}) == len(left)


def _pairs(look: _Look, path: Path, want: list[Json], have: list[Json], keys: tuple[str, ...]) -> None:
    for item, there in zip(want, have, strict=True):
        if item != there and isinstance(item, dict) and isinstance(there, dict):
            _maps(look, (*path, _item(item, keys)), item, there)


def _sets(look: _Look, path: Path, want: list[Json], have: list[Json]) -> None:
    for value in want:
        if value not in have:
            look.add((*path, Member(None if isinstance(value, dict | list) else value)))


def items_by_key(items: list[Json], keys: tuple[str, ...]) -> dict[Item, JsonMap] | None:
    """The items by their keys; None when an item has no key or two have the same: then positions tell them apart."""
    found: dict[Item, JsonMap] = {}
    for item in items:
        if not isinstance(item, dict):
            return None
        key = _item(item, keys)
        if None in (value for _, value in key.keys) or key in found:
            return None
        found[key] = item
    return found


def _item(item: JsonMap, keys: tuple[str, ...]) -> Item:
    return Item(tuple([(name, _key_value(item, name)) for name in keys]))


def _key_value(item: JsonMap, name: str) -> Scalar:
    value = item.get(name, KEY_DEFAULTS.get(name))
    return None if isinstance(value, dict | list) else value


def _items(look: _Look, path: Path, want: dict[Item, JsonMap], have: dict[Item, JsonMap]) -> None:
    """Keyed items: each wanted one is there, as wanted, and those that are there stand in the wanted order."""
    for key, item in want.items():
        there = have.get(key)
        if there is None:
            look.add((*path, key))
        elif item != there:
            _maps(look, (*path, key), item, there)
    both = [key for key in want if key in have]
    if both != [key for key in have if key in want]:
        look.add(path, Grade.SERVER)


def _positions(look: _Look, path: Path, want: list[Json], have: list[Json]) -> None:
    if len(want) != len(have):
        look.add(path, Grade.CHANGED if want else Grade.SERVER)
        return
    for place, (one, other) in enumerate(zip(want, have, strict=True)):
        at = (*path, place)
        if isinstance(one, dict) and isinstance(other, dict):
            _maps(look, at, one, other)
        elif isinstance(one, list) and isinstance(other, list):
            _lists(look, at, "", one, other)
        elif one != other or isinstance(one, bool) != isinstance(other, bool):
            look.add(at)
