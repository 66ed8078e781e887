"""JSON <-> frozen dataclasses: one plan per class, made at first use, unknown fields kept at every level.

Rules: `snake_case` becomes `camelCase` (SPECIAL lists the exceptions); a field that holds its default is left out of
the dump unless it is `required` or the input had it; `null` reads as the default. So `Kind.parse(x).dump() == x`.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, field, fields
from datetime import UTC, datetime
from typing import Self, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints

from gitops.errors import InvalidError
from gitops.model.objects import Json, JsonMap

T = TypeVar("T")
Read: TypeAlias = Callable[[Json], object]

SPECIAL = {"repo_url": "repoURL", "external_urls": "externalURLs", "key_id": "keyID"}
"""Fields whose JSON name is not the plain camel case of ours."""

REQUIRED = {"required": True}
"""Metadata of a field that the CRD requires: dumped even when it holds its default (but never as null)."""

_PLAIN_TIME = len("2026-01-31T12:00:00Z")


class FreeJson:
    """Stands for `Json` while annotations are read: any value, kept as it is."""


class FreeMap:
    """Stands for `JsonMap` while annotations are read: any object, kept as it is."""


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


class WrongTypeError(Exception):
    """A value of the wrong type; `path` grows while the error travels outwards."""

    def __init__(self, value: Json, wanted: str) -> None:
        super().__init__(wanted)
        self.value = value
        self.wanted = wanted
        self.path: list[str] = []

    def __str__(self) -> str:
        where = "".join(p if p.startswith("[") else f".{p}" for p in reversed(self.path)).lstrip(".")
        shown = f'"{self.value}"' if isinstance(self.value, str) else str(self.value)[:80]
        return f"{where or 'object'}: {shown} is not {self.wanted}"


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
    if isinstance(hint, type) and hint in _SCALARS:
        return _SCALARS[hint]
    if isinstance(hint, type) and issubclass(hint, Part):
        return _part_reader(hint)
    origin, args = get_origin(hint), get_args(hint)
    if origin is tuple:
        return _list_reader(reader_of(args[0]))
    if origin is dict:
        return _map_reader(reader_of(args[1]))
    if origin is Union and set(args) == {int, str}:
        return _read_int_or_text
    raise TypeError(f"no reader for {hint}")


def _part_reader(cls: type[Part]) -> Read:
    return lambda raw: read_part(cls, raw)


def _list_reader(read: Read) -> Read:
    def read_list(raw: Json) -> object:
        if not isinstance(raw, list):
            raise WrongTypeError(raw, "a list")
        try:
            return tuple([read(item) for item in raw])
        except WrongTypeError as error:
            # Which item it was is looked for only now, so that good lists pay nothing.
            error.path.append(f"[{_first_wrong(read, raw)}]")
            raise

    return read_list


def _first_wrong(read: Read, items: list[Json]) -> int:
    for number, item in enumerate(items):
        try:
            read(item)
        except WrongTypeError:
            return number
    return 0


def _map_reader(read: Read) -> Read:
    def read_map(raw: Json) -> object:
        if not isinstance(raw, dict):
            raise WrongTypeError(raw, "an object")
        out: dict[str, object] = {}
        for key, item in raw.items():
            try:
                out[key] = read(item)
            except WrongTypeError as error:
                error.path.append(key)
                raise
        return out

    return read_map


def _read_text(raw: Json) -> object:
    if type(raw) is not str:
        raise WrongTypeError(raw, "text")
    return raw


def _read_int(raw: Json) -> object:
    if type(raw) is not int:
        raise WrongTypeError(raw, "an integer")
    return raw


def _read_bool(raw: Json) -> object:
    if type(raw) is not bool:
        raise WrongTypeError(raw, "true or false")
    return raw


def _read_int_or_text(raw: Json) -> object:
    if type(raw) is not int and type(raw) is not str:
        raise WrongTypeError(raw, "an integer or text")
    return raw


def _read_time(raw: Json) -> object:
    try:
        moment = datetime.fromisoformat(raw) if isinstance(raw, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise WrongTypeError(raw, "a time like 2026-01-31T12:00:00Z")
    return moment


def _read_object(raw: Json) -> object:
    if not isinstance(raw, dict):
        raise WrongTypeError(raw, "an object")
    return raw


_SCALARS: dict[type, Read] = {
    str: _read_text,
    int: _read_int,
    bool: _read_bool,
    datetime: _read_time,
    FreeJson: lambda raw: raw,
    FreeMap: _read_object,
}
