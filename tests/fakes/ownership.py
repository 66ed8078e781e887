"""Field ownership of the fake cluster: sets of paths, written as the API server writes managedFields.

Simpler than the server in one point: a list is one field, owned as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable

from gitops.model.objects import Json, JsonMap, as_list, as_map, as_text

Leaf = tuple[str, ...]

OURS = "argocd-controller"
_SERVER_OWNED = {"uid", "resourceVersion", "generation", "managedFields", "creationTimestamp", "deletionTimestamp"}


def leaves_of(body: JsonMap) -> set[Leaf]:
    """Every field a manifest sets; its identity is nobody's field."""
    found: set[Leaf] = set()
    for name, value in body.items():
        if name == "metadata":
            for inner, below in as_map(value).items():
                if inner not in _SERVER_OWNED | {"name", "namespace"}:
                    _collect((name, inner), below, found)
        elif name not in ("apiVersion", "kind"):
            _collect((name,), value, found)
    return found


def _collect(path: Leaf, value: Json, found: set[Leaf]) -> None:
    if isinstance(value, dict) and value:
        for name, below in value.items():
            _collect((*path, name), below, found)
    else:
        found.add(path)


def value_at(body: JsonMap, path: Leaf) -> Json:
    """What is at a path, None if nothing is."""
    value: Json = body
    for name in path:
        value = as_map(value).get(name)
    return value


def put_at(body: JsonMap, path: Leaf, value: Json) -> None:
    """Set a field in place, making the maps above it."""
    for name in path[:-1]:
        below = body.get(name)
        if not isinstance(below, dict):
            below = {}
            body[name] = below
        body = below
    body[path[-1]] = value


def remove_at(body: JsonMap, path: Leaf) -> None:
    """Remove a field in place, and the maps it leaves empty."""
    below = body.get(path[0])
    if len(path) > 1 and isinstance(below, dict):
        remove_at(below, path[1:])
    if len(path) == 1 or below == {}:
        body.pop(path[0], None)


class Managers:
    """Who owns which leaves of one object."""

    def __init__(self, entries: Iterable[JsonMap] = ()) -> None:
        self.owned: dict[tuple[str, str], set[Leaf]] = {}
        self.times: dict[tuple[str, str], str] = {}
        self.versions: dict[tuple[str, str], str] = {}
        for entry in entries:
            who = as_text(entry.get("manager")), as_text(entry.get("operation"))
            self.owned[who] = set(_leaves_in(as_map(entry.get("fieldsV1")), ()))
            self.times[who] = as_text(entry.get("time"))
            self.versions[who] = as_text(entry.get("apiVersion"))

    @classmethod
    def of(cls, body: JsonMap) -> Managers:
        """Those an object records."""
        return cls(as_map(entry) for entry in as_list(as_map(body.get("metadata")).get("managedFields")))

    def take(
        self, who: tuple[str, str], leaves: set[Leaf], *, from_others: set[Leaf], moment: str, version: str
    ) -> None:
        """Let `who` own exactly `leaves`; `from_others` are lost by everybody else."""
        for other in set(self.owned) - {who}:
            self.owned[other] -= from_others
        if self.owned.get(who) != leaves:
            self.times[who] = moment
        self.owned[who], self.versions[who] = leaves, version
        self.owned = {manager: paths for manager, paths in self.owned.items() if paths}

    def elsewhere(self, who: tuple[str, str], path: Leaf) -> bool:
        """Whether somebody else owns a path."""
        return any(path in paths for manager, paths in self.owned.items() if manager != who)

    def dump(self) -> list[Json]:
        """`metadata.managedFields`."""
        return [
            {
                "manager": who[0],
                "operation": who[1],
                "apiVersion": self.versions[who],
                "time": self.times[who],
                "fieldsType": "FieldsV1",
                "fieldsV1": _nested(self.owned[who]),
            }
            for who in sorted(self.owned)
        ]


def _nested(leaves: set[Leaf]) -> JsonMap:
    found: JsonMap = {}
    for leaf in sorted(leaves):
        put_at(found, tuple(f"f:{name}" for name in leaf), {})
    return found


def _leaves_in(fields: JsonMap, path: Leaf) -> Iterable[Leaf]:
    for key, below in fields.items():
        here = (*path, key.removeprefix("f:"))
        if below:
            yield from _leaves_in(as_map(below), here)
        else:
            yield here
