"""Kubernetes quantities compared by value: `1000m` is `1`, `1Gi` is `1073741824`, `0.5` is `500m`."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from gitops.model.objects import Json

_FORM = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d{1,3})|([KMGTPE]i|[numkMGTPE]))?\Z", re.ASCII)

_BINARY = {f"{letter}i": Fraction(1024**power) for power, letter in enumerate("KMGTPE", start=1)}
_POWERS = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_DECIMAL = {letter: Fraction(10) ** power for letter, power in _POWERS.items()}
_SUFFIX = _BINARY | _DECIMAL


@lru_cache(maxsize=4096)
def _text_value(text: str) -> Fraction | None:
    match = _FORM.match(text)
    if match is None:
        return None
    number, exponent, suffix = match.groups()
    scale = Fraction(10) ** int(exponent) if exponent else _SUFFIX.get(suffix, Fraction(1))
    return Fraction(number) * scale


def quantity(value: Json) -> Fraction | None:
    """The exact value of a quantity as text or number; None if it is none (then it is compared as it is written)."""
    if isinstance(value, str):
        return _text_value(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return _text_value(str(value))


def same_quantity(one: Json, other: Json) -> bool:
    """Whether both are quantities of equal value, whichever way they are written."""
    value = quantity(one)
    return value is not None and value == quantity(other)
