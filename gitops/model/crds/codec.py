"""JSON <-> frozen dataclasses: one plan per class, made at first use, unknown fields kept at every level.

Rules: `snake_case` becomes `camelCase` (SPECIAL lists the exceptions); a field that holds its default is left out of
the dump unless it is `required` or the input had it; `null` reads as the default. So `Kind.parse(x).dump() == x`.
"""

from __future__ import annotations

import types
from dataclasses import MISSING, Field, dataclass, field, fields
from datetime import UTC, datetime
from typing import Self, TypeVar, Union, get_args, get_origin, get_type_hints

from gitops.errors import InvalidError
from gitops.model.crds.readers import (
    SCALARS,
    FreeJson,
    FreeMap,
    Read,
    WrongTypeError,
    list_reader,
    map_reader,
    read_int_or_text,
)
from gitops.model.objects import Json, JsonMap

T = TypeVar("T")

SPECIAL = {"repo_url": "repoURL", "external_urls": "externalURLs", "key_id": "keyID"}
"""Fields whose JSON name is not the plain camel case of ours."""

REQUIRED = {"required": True}
"""Metadata of a field that the CRD requires: dumped even when it holds its default (but never as null)."""

_PLAIN_TIME = len("2026-01-31T12:00:00Z")


def required(default: T) -> T:
    """A field with this default and REQUIRED."""
    made: T = field(default=default, metadata=REQUIRED)
    return made


@dataclass(frozen=True, kw_only=True)
class Part:
    """An object of a custom resource, or a whole one. Values are never changed in place: use `dataclasses.replace`."""

    unknown: JsonMap = field(default_factory=dict)
    """Fields this version does not know, written back by `dump`."""
    written: JsonMap = field(default_factory=dict, compare=False, repr=False)
    """How known fields were spelled where the value alone does not tell (`prune: false`, `null`, odd times)."""

    @classmethod
    def parse(cls, value: Json) -> Self:
        """Read the JSON form.

        Raises:
            InvalidError: a known field has the wrong type; the message names its path and value.
        """
        try:
            return read_part(cls, value)
        except WrongTypeError as error:
            raise InvalidError(str(error), hint="correct the field in the object") from None

    def dump(self) -> JsonMap:
        """The JSON form; parts of it are shared with this value, so do not change it in place."""
        out: JsonMap = dict(self.unknown)
        held: dict[str, object] = vars(self)
        for entry in plan_of(type(self)).fields.values():
            value = held[entry.name]
            if (entry.required and value is not None) or value != entry.default:
                out[entry.json] = value if type(value) is str else write(value)
        for key, raw in self.written.items():
            entry = plan_of(type(self)).fields[key]
            if entry.read(raw) == held[entry.name]:
                out[key] = raw
        return out


P = TypeVar("P", bound=Part)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one field of a class."""

    name: str
    json: str
    default: object
    required: bool
    read: Read
    is_time: bool
    is_text: bool
    """Text whose default is empty."""
    type: object


@dataclass(frozen=True, slots=True)
class Plan:
    """The fields of one class by JSON name, and the factories of its defaults by our name."""

    fields: dict[str, Entry]
    defaults: dict[str, object]


_PLANS: dict[type[Part], Plan] = {}


def plan_of(cls: type[Part]) -> Plan:
    """The plan of a class; made once (twice, with the same result, when two threads meet here)."""
    plan = _PLANS.get(cls)
    if plan is None:
        plan = _PLANS[cls] = _make_plan(cls)
    return plan


def _make_plan(cls: type[Part]) -> Plan:
    hints: dict[str, object] = get_type_hints(cls, localns={"Json": FreeJson, "JsonMap": FreeMap})
    entries = [_entry(f, hints[f.name]) for f in fields(cls) if f.name not in ("unknown", "written")]
    return Plan({e.json: e for e in entries}, {e.name: e.default for e in entries})


def _entry(item: Field[object], hint: object) -> Entry:
    factory = item.default_factory
    default = item.default if factory is MISSING else factory()
    bare = _without_none(hint)
    return Entry(
        name=item.name,
        json=SPECIAL.get(item.name) or camel(item.name),
        default=None if default is MISSING else default,
        required=bool(item.metadata.get("required")) or default is MISSING,
        read=_reader(hint, default),
        is_time=bare is datetime,
        is_text=hint is str and default == "",
        type=hint,
    )


def camel(name: str) -> str:
    """`sync_policy` -> `syncPolicy`."""
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


def read_part(cls: type[P], value: Json) -> P:
    """As `Part.parse`, but errors are still collecting their path."""
    if not isinstance(value, dict):
        raise WrongTypeError(value, "an object")
    plan = plan_of(cls)
    known = plan.fields
    unknown: JsonMap = {}
    written: JsonMap = {}
    held = plan.defaults.copy()
    for key, raw in value.items():
        entry = known.get(key)
        if entry is None:
            unknown[key] = raw
        elif entry.is_text and raw and type(raw) is str:  # most fields: nothing to call, nothing to remember
            held[entry.name] = raw
        else:
            held[entry.name] = _read_field(entry, raw, written)
    held["unknown"] = unknown
    held["written"] = written
    made = object.__new__(cls)
    object.__setattr__(made, "__dict__", held)  # past the frozen `__setattr__`: three times faster than `__init__`
    return made


def _read_field(entry: Entry, raw: Json, written: JsonMap) -> object:
    try:
        parsed = entry.read(raw)
    except WrongTypeError as error:
        error.path.append(entry.json)
        raise
    if parsed == entry.default or (entry.is_time and not _is_plain_time(raw)):
        written[entry.json] = raw
    return parsed


def _is_plain_time(raw: Json) -> bool:
    """Whether `write` would spell the time the same way."""
    return isinstance(raw, str) and len(raw) == _PLAIN_TIME and raw[-1] == "Z"


def write(value: object) -> Json:
    """The JSON form of a field's value."""
    match value:
        case Part():
            return value.dump()
        case tuple():
            return [write(item) for item in value]
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="seconds")[:19] + "Z"
        case dict() | list() | str() | bool() | int() | float() | None:
            return value
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _without_none(hint: object) -> object:
    if get_origin(hint) in (Union, types.UnionType):
        rest = [arg for arg in get_args(hint) if arg is not type(None)]
        return rest[0] if len(rest) == 1 else Union[tuple(rest)]  # noqa: UP007 -- built from a list at run time
    return hint


def _reader(hint: object, default: object) -> Read:
    """Reads the field's type; `null` is the default."""
    read = reader_of(_without_none(hint))

    def read_or_default(raw: Json) -> object:
        return default if raw is None else read(raw)

    return read_or_default


def reader_of(hint: object) -> Read:
    """The function that reads one type.

    Raises:
        TypeError: no field may have this type (our bug, seen at the first use of the class).
    """
    if isinstance(hint, type) and hint in SCALARS:
        return SCALARS[hint]
    if isinstance(hint, type) and issubclass(hint, Part):
        return _part_reader(hint)
    origin, args = get_origin(hint), get_args(hint)
    if origin is tuple:
        return list_reader(reader_of(args[0]))
    if origin is dict:
        return map_reader(reader_of(args[1]))
    if origin is Union and set(args) == {int, str}:
        return read_int_or_text
    raise TypeError(f"no reader for {hint}")


def _part_reader(cls: type[Part]) -> Read:
    return lambda raw: read_part(cls, raw)
