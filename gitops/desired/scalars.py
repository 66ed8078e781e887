"""How Go's YAML reader for Kubernetes reads plain scalars (rendering.md 6, security-reliability.md 5)."""

from __future__ import annotations

import base64
import binascii
import math
import re

from gitops.errors import InvalidError
from gitops.model.objects import Json

_CORE = "tag:yaml.org,2002:"
_BOOLS = {
    word: value
    for value, words in ((True, ("y", "yes", "on", "true")), (False, ("n", "no", "off", "false")))
    for low in words
    for word in (low, low.capitalize(), low.upper())
}
_NULLS = {"", "~", "null", "Null", "NULL"}
_INT = re.compile(r"([-+]?)(?:0[bB]([01]+)|0[xX]([0-9a-fA-F]+)|0[oO]?([0-7]+)|([1-9][0-9]*|0))")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_NUMBER_STARTS = frozenset("0123456789+-.")
_INT64 = 2**63
_DIGITS = 400
"""Longer numbers are text to Go's reader as well: no float has so many digits before it overflows."""


def plain(text: str) -> Json:
    """The value of an unquoted scalar.

    Raises:
        InvalidError: infinity or not-a-number, which JSON cannot hold.
    """
    if text in _NULLS:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    if text[0] in _NUMBER_STARTS:
        return _number(text)
    return text


def _number(text: str) -> Json:
    if _NOT_FINITE.fullmatch(text):
        raise InvalidError(f"{text} is not a number JSON can hold")
    digits = text.replace("_", "")
    if len(digits) > _DIGITS:
        return text
    found = _INT.fullmatch(digits)
    if found is not None:
        return _sized(_integer(found))
    if _FLOAT.fullmatch(digits):
        value = float(digits)
        return text if math.isinf(value) else number(value)
    return text


def _integer(found: re.Match[str]) -> int:
    sign, binary, hexadecimal, octal, decimal = found.groups()
    for digits, radix in ((binary, 2), (hexadecimal, 16), (octal, 8), (decimal, 10)):
        if digits is not None:
            return int(sign + digits, radix)
    raise AssertionError("one group always matches")


def _sized(value: int) -> Json:
    return value if -_INT64 <= value < _INT64 else float(value)


def number(value: float) -> Json:
    """A float as Kubernetes sees it after its way through JSON: a whole number is an integer while it fits in 64 bits.

    Raises:
        InvalidError: infinity or not-a-number.
    """
    if not math.isfinite(value):
        raise InvalidError(f"{value} is not a number JSON can hold")
    return int(value) if value.is_integer() and abs(value) < _INT64 else value


def tagged(tag: str, text: str) -> Json:
    """The value of a scalar with an explicit tag; unknown tags leave text, as Go's reader does.

    Raises:
        InvalidError: the text is not what its tag says.
    """
    kind = tag.removeprefix(_CORE)
    if kind == "binary":
        return _binary(text)
    if kind not in ("bool", "int", "float", "null"):
        return text
    value = plain(text)
    if not _is_kind(kind, value):
        raise InvalidError(f"{text[:80]!r} is not a !!{kind}")
    return value


def _is_kind(kind: str, value: Json) -> bool:
    if kind == "null":
        return value is None
    if kind == "bool":
        return isinstance(value, bool)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _binary(text: str) -> str:
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode("utf-8", "replace")
    except binascii.Error as error:
        raise InvalidError("a !!binary value is not base64") from error


def key_text(value: Json) -> str:
    """A mapping key as JSON has it: numbers and booleans become text, so `1` and `true` stay two keys.

    Raises:
        InvalidError: null or a collection as key.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value)
    raise InvalidError("a mapping key must be text, a number or a boolean")
