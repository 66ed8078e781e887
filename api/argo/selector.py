"""Label selectors as Kubernetes writes them: `a=b,c!=d,e in (f,g),h notin (i),j,!k`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from api.errors import ApiError, Code

Requirement: TypeAlias = Callable[[Mapping[str, str]], bool]

_KEY = r"[A-Za-z0-9](?:[-A-Za-z0-9_./]{0,314}[A-Za-z0-9])?"
_VALUE = r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?"
_EQUAL = re.compile(rf"({_KEY})\s*(==|=|!=)\s*({_VALUE})")
_SET = re.compile(rf"({_KEY})\s+(in|notin)\s*\(([^()]*)\)")
_EXISTS = re.compile(rf"(!?)\s*({_KEY})")
_COMMA_OUTSIDE = re.compile(r",(?![^()]*\))")


def parse(text: str) -> Requirement:
    """A test for labels; empty text accepts everything.

    Raises:
        ApiError: 500 with code 2, as Argo CD answers a selector that cannot be read (surprises 22).
    """
    wanted = [_requirement(part.strip()) for part in _COMMA_OUTSIDE.split(text)] if text.strip() else []
    return lambda labels: all(one(labels) for one in wanted)


def _requirement(text: str) -> Requirement:
    if found := _SET.fullmatch(text):
        values = {value.strip() for value in found[3].split(",")}
        return _member(found[1], values, within=found[2] == "in")
    if found := _EQUAL.fullmatch(text):
        return _member(found[1], {found[3]}, within=found[2] != "!=")
    if found := _EXISTS.fullmatch(text):
        key, absent = found[2], bool(found[1])
        return lambda labels: (key not in labels) is absent
    raise ApiError(Code.UNKNOWN, f"unable to parse requirement: found '{text[:64]}'")


def _member(key: str, values: set[str], *, within: bool) -> Requirement:
    """A label that is not there satisfies the negative forms only, as in Kubernetes."""
    return lambda labels: (key in labels and labels[key] in values) is within
