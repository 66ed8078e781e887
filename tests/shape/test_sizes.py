"""Modules and functions stay small enough to read at one go (docs/map.md, limits 1 and 2)."""

from __future__ import annotations

import house

LONG_MODULES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {}
"""What may be longer, and why; together at most five entries."""


def test_modules_are_neither_crumbs_nor_walls() -> None:
    lengths = {path: lines for path, lines in house.module_lengths().items() if path not in LONG_MODULES}
    spread = house.Spread.of(list(lengths.values()))
    assert {path: lines for path, lines in lengths.items() if lines > 400} == {}
    assert spread.p95 <= 250, spread
    assert 50 <= spread.median <= 100, spread


def test_functions_fit_on_a_screen() -> None:
    lengths = {name: lines for name, lines in house.function_lengths().items() if name not in LONG_FUNCTIONS}
    spread = house.Spread.of(list(lengths.values()))
    assert {name: lines for name, lines in lengths.items() if lines > 50} == {}
    assert spread.median <= 8, spread
    assert spread.p95 <= 25, spread
    assert spread.p99 <= 36, spread


def test_exceptions_are_few_and_have_reasons() -> None:
    reasons = [*LONG_MODULES.values(), *LONG_FUNCTIONS.values()]
    assert len(reasons) <= 5
    assert all(len(reason.split()) > 5 for reason in reasons)
