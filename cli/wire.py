"""JSON of the API, read along dotted paths: what is missing or of another type reads as empty."""

from __future__ import annotations

from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Object: TypeAlias = "dict[str, Json]"


def at(value: Json, path: str) -> Json:
    """The value at `a.b.c`, None when there is none."""
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def text(value: Json, path: str) -> str:
    """The value at a path as shown to people: a number as its digits, nothing as nothing."""
    found = at(value, path)
    if isinstance(found, bool):
        return str(found).lower()
    return "" if found is None or isinstance(found, dict | list) else str(found)


def part(value: Json, path: str) -> Object:
    """The object at a path."""
    found = at(value, path)
    return found if isinstance(found, dict) else {}


def parts(value: Json, path: str) -> list[Object]:
    """The objects of the list at a path."""
    found = at(value, path)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def texts(value: Json, path: str) -> list[str]:
    """The strings of the list at a path."""
    found = at(value, path)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
