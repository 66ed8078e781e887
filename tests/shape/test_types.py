"""Types are complete; where they are not, the line says why (docs/map.md, limit 7)."""

from __future__ import annotations

import re

import house

PURE = tuple(f"gitops/{folder}" for folder in house.DECISIONS)
SILENCED = re.compile(r"#\s*(noqa|type:\s*ignore|pragma|nosec)(?P<rest>.*)")
REASONED = re.compile(r"^(:\s*[A-Z0-9, ]+|\[[a-z0-9, -]+\]|:\s*no cover)\s*(?P<reason>\S.*)$")


def test_what_we_know_is_typed_without_any() -> None:
    assert house.any_uses(*PURE) == {}


def test_any_is_rare() -> None:
    lines = sum(module.lines for module in house.modules())
    uses = house.any_uses()
    assert 1000 * sum(uses.values()) / lines <= 2, uses


def test_a_silenced_check_has_a_code_and_a_reason() -> None:
    silent = [
        f"{module.path}:{number} {line.strip()}"
        for module in house.modules(*house.PRODUCTS, "tests", "bench")
        for number, line in enumerate(module.text.splitlines(), 1)
        if (found := SILENCED.search(line)) and not _reason(found["rest"]) and "re.compile" not in line
    ]
    assert silent == []


def _reason(rest: str) -> bool:
    found = REASONED.match(rest)
    return bool(found and re.search(r"[a-z]{3}", found["reason"]))
