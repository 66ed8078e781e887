"""Who set which field, as the API server recorded it in `managedFields` (design.md 7).

The field sets are Kubernetes' FieldsV1: `f:name` a field, `k:{...}` the item of a keyed list, `v:...` a value of a list
that is a set, `i:n` a position, `.` the map or item itself. An empty set is a leaf: it owns all that lies below it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from gitops.model.objects import Json, JsonMap, as_map, as_text, digest_of
from gitops.model.paths import Item, Member, Path, Scalar, Step

CLIENT_SIDE_MANAGERS = frozenset({"kubectl-client-side-apply", "kubectl", "before-first-apply"})
"""Managers that write the last-applied annotation: an object they own was applied before us, client-side."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of managedFields."""

    manager: str
    operation: str
    """`Apply` or `Update`."""
    subresource: str
    api_version: str
    """The version its field names belong to; comparable with a manifest of the same version only."""
    time: str
    """RFC 3339, empty if not recorded."""
    fields: JsonMap

    def __str__(self) -> str:
        part = f" of {self.subresource}" if self.subresource else ""
        return f"{self.manager or 'an unnamed manager'} ({self.operation}{part}{f', {self.time}' if self.time else ''})"


def entries(managed_fields: Iterable[JsonMap]) -> tuple[Entry, ...]:
    """All entries, in the server's order."""
    return tuple(
        Entry(
            manager=as_text(raw.get("manager")),
            operation=as_text(raw.get("operation")),
            subresource=as_text(raw.get("subresource")),
            api_version=as_text(raw.get("apiVersion")),
            time=as_text(raw.get("time")),
            fields=as_map(raw.get("fieldsV1")),
        )
        for raw in managed_fields
    )


def our_entry(known: Iterable[Entry], manager: str) -> Entry | None:
    """What our server-side apply owns: the entry of `manager` with operation Apply and no subresource."""
    for entry in known:
        if entry.manager == manager and entry.operation == "Apply" and not entry.subresource:
            return entry
    return None


def entry_hash(managed_fields: Iterable[JsonMap], manager: str) -> str:
    """32 hex digits of our entry's fields and time; empty when there is none or another entry names us, too.

    Equal whatever the order of keys. Not the same digits as `Row.entry` of the Kubernetes adapter may have: compare
    hashes of one origin only.
    """
    known = entries(managed_fields)
    ours = our_entry(known, manager)
    if ours is None or sum(entry.manager == manager for entry in known) != 1:
        return ""
    return digest_of({"fields": ours.fields, "time": ours.time, "version": ours.api_version})


def client_side(known: Iterable[Entry], manager: str) -> tuple[Entry, ...]:
    """Entries left by a client-side apply: kubectl's, or that of Argo CD under our own name with operation Update."""
    return tuple(
        entry
        for entry in known
        if entry.operation == "Update"
        and not entry.subresource
        and (entry.manager in CLIENT_SIDE_MANAGERS or entry.manager == manager)
    )


@lru_cache(maxsize=4096)
def step_of(key: str) -> Step | None:
    """The step a FieldsV1 key stands for; None for `.` and for what is not understood (then nothing is claimed)."""
    prefix, _, rest = key.partition(":")
    if prefix == "f":
        return rest
    try:
        value: Json = json.loads(rest)
    except ValueError:
        return None
    if prefix == "k" and isinstance(value, dict):
        return Item(tuple((name, _scalar(part)) for name, part in sorted(value.items())))
    if prefix == "v":
        return Member(_scalar(value))
    return value if prefix == "i" and isinstance(value, int) else None


def _scalar(value: Json) -> Scalar:
    return None if isinstance(value, dict | list) else value


def owned_paths(entry: Entry) -> Iterator[Path]:
    """The leaves of an entry, in the server's order."""
    yield from _leaves(entry.fields, ())


def _leaves(fields: JsonMap, path: Path) -> Iterator[Path]:
    for key, below in fields.items():
        step = step_of(key)
        if step is None:
            continue
        if below and isinstance(below, dict) and set(below) != {"."}:
            yield from _leaves(below, (*path, step))
        else:
            yield (*path, step)


def owns(entry: Entry, path: Path) -> bool:
    """Whether the entry has the path, something above it as a whole, or anything below it."""
    fields = entry.fields
    for step in path:
        child = child_for(fields, step)
        if child is None:
            return False
        if not child:
            return True
        fields = child
    return True


def child_for(fields: JsonMap, step: Step) -> JsonMap | None:
    """What a field set says below one step; None if it says nothing. List items match by the keys both sides name."""
    if isinstance(step, str):
        found = fields.get(f"f:{step}")
        return found if isinstance(found, dict) else None
    for key, below in fields.items():
        if key[:2] in ("k:", "v:", "i:") and _same_step(step_of(key), step):
            return as_map(below)
    return None


def _same_step(one: Step | None, other: Step) -> bool:
    if isinstance(one, Item) and isinstance(other, Item):
        wanted = dict(other.keys)
        shared = [(name, value) for name, value in one.keys if name in wanted]
        return bool(shared) and all(wanted[name] == value for name, value in shared)
    return one == other


def owners_of(known: Iterable[Entry], path: Path) -> tuple[Entry, ...]:
    """Everybody who set the path, latest first."""
    return tuple(sorted((e for e in known if owns(e, path)), key=lambda e: e.time, reverse=True))


def item_matching(items: Sequence[Json], keys: Item) -> tuple[int, JsonMap] | None:
    """Position and item that has these key values; a key the item leaves out counts as the default."""
    for place, item in enumerate(items):
        if isinstance(item, dict) and _has_keys(item, keys):
            return place, item
    return None


def _has_keys(item: Mapping[str, Json], keys: Item) -> bool:
    named = False
    for name, value in keys.keys:
        if name in item:
            if item[name] != value:
                return False
            named = True
    return named


def unowned(entry: Entry, desired: Mapping[str, Json]) -> tuple[Path, ...]:
    """What `desired` sets and our entry does not have: someone, perhaps admission, took it (design.md 7.4).

    Empty values, `status`, a Secret's `stringData` and metadata the server owns are no claims.
    """
    found: list[Path] = []
    for name, value in desired.items():
        if name not in ("apiVersion", "kind", "metadata", "status", "stringData"):
            _unowned(as_map(entry.fields.get(f"f:{name}")), value, (name,), found, known=f"f:{name}" in entry.fields)
    metadata = as_map(entry.fields.get("f:metadata"))
    for name in ("labels", "annotations"):
        value = as_map(desired.get("metadata")).get(name)
        _unowned(as_map(metadata.get(f"f:{name}")), value, ("metadata", name), found, known=f"f:{name}" in metadata)
    return tuple(found)


def _unowned(fields: JsonMap, value: Json, path: Path, found: list[Path], *, known: bool) -> None:
    if not value:
        return
    if not known:
        found.append(path)
    elif fields and isinstance(value, dict):
        for name, below in value.items():
            child = fields.get(f"f:{name}")
            _unowned(as_map(child), below, (*path, name), found, known=child is not None)
    elif fields and isinstance(value, list):
        _unowned_items(fields, value, path, found)


def _unowned_items(fields: JsonMap, items: list[Json], path: Path, found: list[Path]) -> None:
    owned = [(step, as_map(below)) for key, below in fields.items() if (step := step_of(key)) is not None]
    for place, item in enumerate(items):
        for step, below in owned:
            if _stands_for(step, place, item):
                _unowned(below, item, (*path, step), found, known=True)
                break
        else:
            found.append((*path, place))


def _stands_for(step: Step, place: int, item: Json) -> bool:
    if isinstance(step, Item):
        return isinstance(item, dict) and _has_keys(item, step)
    return item == step.value if isinstance(step, Member) else step == place
