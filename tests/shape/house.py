"""Our source code, parsed once: the material of the shape tests."""

from __future__ import annotations

import ast
import functools
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCTS = ("gitops", "workers", "api", "cli")
DECISIONS = ("model", "trigger", "desired", "live", "drift", "health", "sync", "access", "ports")
"""Folders of gitops that know and decide: values in, values and reasons out."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One file of a product; `path` is relative to the checkout."""

    path: str
    text: str
    tree: ast.Module

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    @property
    def is_package_mark(self) -> bool:
        """An __init__.py that holds its docstring and nothing else is no module anyone reads for its code."""
        return self.path.endswith("__init__.py") and len(self.tree.body) <= 1

    def functions(self) -> Iterator[Function]:
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))

    def classes(self) -> Iterator[ast.ClassDef]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef))


@functools.cache
def modules(*folders: str) -> tuple[Module, ...]:
    """Every module below the folders, the products by default."""
    paths = sorted(path for name in folders or PRODUCTS for path in (ROOT / name).rglob("*.py"))
    return tuple(_read(path) for path in paths if "__pycache__" not in path.parts)


def _read(path: Path) -> Module:
    text = path.read_text(encoding="utf-8")
    return Module(path.relative_to(ROOT).as_posix(), text, ast.parse(text))


def length(function: Function) -> int:
    """Lines of a function without its decorators and docstring."""
    first = function.body[0]
    doc = 0
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        doc = (first.end_lineno or first.lineno) - first.lineno + 1
    return (function.end_lineno or function.lineno) - function.lineno + 1 - doc


@dataclass(frozen=True)
class Spread:
    """How a measure spreads over many things."""

    median: float
    p95: float
    p99: float
    most: float

    @classmethod
    def of(cls, values: Sequence[int]) -> Spread:
        """The spread of at least two values."""
        cuts = statistics.quantiles(values, n=100, method="inclusive")
        return cls(statistics.median(values), cuts[94], cuts[98], max(values))

    def __str__(self) -> str:
        return f"median {self.median:.0f}, p95 {self.p95:.0f}, p99 {self.p99:.0f}, max {self.most:.0f}"


def module_lengths() -> dict[str, int]:
    return {module.path: module.lines for module in modules() if not module.is_package_mark}


def function_lengths() -> dict[str, int]:
    return {
        f"{module.path}:{function.lineno} {function.name}": length(function)
        for module in modules()
        for function in module.functions()
    }


def any_uses(*folders: str) -> dict[str, int]:
    """Modules that say `Any`, and how often; the import itself does not count."""
    counts = {
        module.path: sum(isinstance(node, ast.Name) and node.id == "Any" for node in ast.walk(module.tree))
        for module in modules(*folders)
    }
    return {path: count for path, count in counts.items() if count}
