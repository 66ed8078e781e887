"""`ignoreDifferences`: which fields do not count, and leaving them out of both sides (argo-cd.md 3.3, RFC 6901)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from gitops.model.crds.spec import IgnoreDifference
from gitops.model.objects import Json, JsonMap, ObjectKey


@dataclass(frozen=True, slots=True)
class Ignored:
    """What is ignored of one object."""

    pointers: tuple[tuple[str, ...], ...] = ()
    """JSON pointers, split and unescaped."""
    unsupported: tuple[str, ...] = ()
    """Rules that apply and that Argosy cannot follow yet, each with its text: tell the user, they have no effect."""


NOTHING = Ignored()


def ignored(rules: Iterable[IgnoreDifference], key: ObjectKey) -> Ignored:
    """What the rules ignore of one object: group and kind are globs, name and namespace are equal if given.

    A rule without a group speaks of the core group only.
    """
    hits = [rule for rule in rules if _applies(rule, key)]
    if not hits:
        return NOTHING
    pointers = [p for rule in hits for p in rule.json_pointers]
    unsupported = [f"jqPathExpressions {text!r}" for rule in hits for text in rule.jq_path_expressions]
    unsupported += [f"managedFieldsManagers {text!r}" for rule in hits for text in rule.managed_fields_managers]
    unsupported += [f"jsonPointers {p!r} (must begin with a slash)" for p in pointers if not p.startswith("/")]
    return Ignored(tuple(_split(p) for p in pointers if p.startswith("/")), tuple(dict.fromkeys(unsupported)))


def _applies(rule: IgnoreDifference, key: ObjectKey) -> bool:
    return (
        fnmatchcase(key.kind, rule.kind)
        and fnmatchcase(key.group, rule.group)
        and (not rule.name or rule.name == key.name)
        and (not rule.namespace or rule.namespace == key.namespace)
    )


def _split(pointer: str) -> tuple[str, ...]:
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/"))


def without(body: Mapping[str, Json], what: Ignored) -> Mapping[str, Json]:
    """The object without the ignored fields; what lies beside them is shared, nothing is changed in place.

    A pointer that leads nowhere does nothing; one into a list removes the item at that index.
    """
    if not what.pointers:
        return body
    found = dict(body)
    for pointer in what.pointers:
        found = _map_without(found, pointer)
    return found


def _map_without(values: JsonMap, pointer: Sequence[str]) -> JsonMap:
    name, rest = pointer[0], pointer[1:]
    if name not in values:
        return values
    if not rest:
        return {k: v for k, v in values.items() if k != name}
    return {**values, name: _value_without(values[name], rest)}


def _value_without(value: Json, pointer: Sequence[str]) -> Json:
    if isinstance(value, dict):
        return _map_without(value, pointer)
    if isinstance(value, list) and pointer[0].isdecimal() and int(pointer[0]) < len(value):
        place = int(pointer[0])
        kept = [] if len(pointer) == 1 else [_value_without(value[place], pointer[1:])]
        return [*value[:place], *kept, *value[place + 1 :]]
    return value
