"""Quantities by value (argo-cd.md 3.2)."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops.drift.quantity import quantity, same_quantity
from gitops.model.objects import Json

SCALES = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1000m", "1"),
        ("1000m", 1),
        ("0.5", "500m"),
        (0.5, "500m"),
        ("1Gi", "1024Mi"),
        ("1Gi", "1073741824"),
        ("1e3", "1k"),
        ("1E3", "1000"),
        ("1E", "1e18"),
        ("1.5Gi", "1536Mi"),
        ("0.1", "100m"),
        (".5", "500m"),
        ("5.", "5"),
        ("+2", "2"),
        ("-1500m", "-1.5"),
        ("1e-3", "1m"),
        ("100u", "0.1m"),
        ("1000000n", "1m"),
        ("0", "0Gi"),
        ("128974848", "123Mi"),
    ],
)
def test_two_ways_of_writing_a_quantity_are_one_value(one: Json, other: Json) -> None:
    assert same_quantity(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "2"),
        ("1G", "1Gi"),
        ("1m", "1M"),
        ("1", "1k"),
        ("1", "x"),
        ("x", "x"),
        (True, 1),
        (None, 0),
        ("", "0"),
        ([], "0"),
    ],
)
def test_different_values_and_other_texts_are_not_the_same_quantity(one: Json, other: Json) -> None:
    assert not same_quantity(one, other)


@pytest.mark.parametrize(
    "text",
    ["", "Gi", "1 Gi", "1gi", "0x10", "1e", "1e+", "1.2.3", "1KiB", "٣", "nan", "1Gi\n", "--1", "1e3Mi", "1e99999"],
)
def test_what_kubernetes_refuses_is_no_quantity(text: str) -> None:
    assert quantity(text) is None


@given(st.integers(-(10**6), 10**6), st.sampled_from(sorted(SCALES)), st.integers(0, 6))
def test_a_quantity_is_its_fraction(number: int, suffix: str, digits: int) -> None:
    sign = "-" if number < 0 else ""
    whole, part = divmod(abs(number), 10**digits)
    text = f"{sign}{whole}.{part:0{digits}d}{suffix}" if digits else f"{number}{suffix}"
    assert quantity(text) == Fraction(number, 10**digits) * SCALES[suffix]


@given(st.integers(0, 10**12))
def test_milli_and_plain_agree(number: int) -> None:
    assert same_quantity(f"{number}000m", number)
