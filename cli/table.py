"""Answers for people and scripts: aligned tables, names, JSON, YAML. Data goes to stdout, nothing else does."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence

import click

from cli.wire import Json

GAP = "  "


def aligned(heads: Sequence[str], rows: Iterable[Sequence[str]], *, show_heads: bool = True) -> str:
    """A table whose columns are as wide as their widest cell; never cut, and clean of control characters (S-150)."""
    lines = [list(heads)] if show_heads else []
    lines += [[_clean(cell) for cell in row] for row in rows]
    widths = [max((len(line[n]) for line in lines), default=0) for n in range(len(heads))]
    return "\n".join(
        GAP.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def show(value: str) -> None:
    """Print lines, if there are any."""
    if value:
        click.echo(value)


def dump(value: Json, kind: str) -> None:
    """Print exactly the API's object as `json` or `yaml`."""
    if kind == "json":
        click.echo(json.dumps(value, indent=2))
        return
    import yaml  # only who asks for YAML pays its import

    yaml.safe_dump(value, sys.stdout, sort_keys=False, default_flow_style=False)


def note(line: str) -> None:
    """Tell a person something beside the data, on stderr."""
    click.echo(_clean(line), err=True)


def _clean(cell: str) -> str:
    return "".join(char if char.isprintable() else " " for char in cell)
