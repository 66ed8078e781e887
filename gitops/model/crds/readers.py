"""Readers of JSON values by type: each takes a value, returns ours, and says which value is wrong and where."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

from gitops.model.objects import Json

Read: TypeAlias = Callable[[Json], object]
"""JSON value -> our value; raises WrongTypeError."""


class FreeJson:
    """Stands for `Json` while annotations are read: any value, kept as it is."""


class FreeMap:
    """Stands for `JsonMap` while annotations are read: any object, kept as it is."""


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


def list_reader(read: Read) -> Read:
    """Reads a list whose items `read` reads."""

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


def map_reader(read: Read) -> Read:
    """Reads an object whose values `read` reads, whatever their names."""

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


def read_int_or_text(raw: Json) -> object:
    """A value such as Kubernetes' IntOrString."""
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


SCALARS: dict[type, Read] = {
    str: _read_text,
    int: _read_int,
    bool: _read_bool,
    datetime: _read_time,
    FreeJson: lambda raw: raw,
    FreeMap: _read_object,
}
"""Readers of the types that hold no other."""
