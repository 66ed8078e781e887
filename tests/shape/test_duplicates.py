"""Nothing is written twice: no block of eight equal lines, tests included (docs/map.md, limit 10).

The rule of pylint's duplicate-code without its 15 s: imports, signatures, docstrings, comments and blank lines do not
count.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator

import house

BLOCK_LINES = 8

Lines = list[tuple[int, str]]
"""Number and text of the lines that count."""


def spans_that_do_not_count(module: house.Module) -> Iterator[tuple[int, int]]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node.lineno, node.end_lineno or node.lineno
        elif isinstance(node, house.Function):
            yield node.lineno, node.body[0].lineno - 1
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, node.end_lineno or node.lineno


def lines_that_count(module: house.Module) -> Lines:
    dropped = {number for first, last in spans_that_do_not_count(module) for number in range(first, last + 1)}
    numbered = ((number, line.strip()) for number, line in enumerate(module.text.splitlines(), 1))
    return [(n, line) for n, line in numbered if n not in dropped and line and not line.startswith("#")]


def blocks_written_twice(modules: tuple[house.Module, ...]) -> list[str]:
    seen: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for module in modules:
        lines = lines_that_count(module)
        for start in range(len(lines) - BLOCK_LINES + 1):
            block = lines[start : start + BLOCK_LINES]
            seen[tuple(text for _, text in block)].append(f"{module.path}:{block[0][0]}")
    return [" = ".join(places) for places in seen.values() if len(places) > 1]


def test_no_eight_lines_occur_twice() -> None:
    assert blocks_written_twice(house.modules(*house.PRODUCTS, "tests", "bench")) == []


def test_a_block_written_twice_is_found() -> None:
    body = "\n".join(f"x{number} = {number}" for number in range(BLOCK_LINES))
    twins = tuple(house.Module(name, body, ast.parse(body)) for name in ("a.py", "b.py"))
    assert blocks_written_twice(twins) == ["a.py:1 = b.py:1"]
