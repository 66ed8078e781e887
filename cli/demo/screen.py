"""What a person sees of the demo: one line per step, a moving one while a step takes its time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text

WIDTH = 60
"""Columns before the figure of a line."""


class Screen:
    """Colours and motion on a terminal, plain lines elsewhere."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)

    @contextmanager
    def step(self, doing: str, done: str) -> Iterator[None]:
        """Show `doing` while the body runs, then `done` with the seconds it took; nothing when it fails."""
        began = time.monotonic()
        with self.busy(doing):
            yield
        self.done(done, f"{time.monotonic() - began:.1f} s")

    @contextmanager
    def busy(self, doing: str) -> Iterator[None]:
        """Show `doing` while the body runs."""
        if self._console.is_terminal:
            with self._console.status(Text(f"{doing} …")):
                yield
        else:
            self.note(f"{doing} …")
            yield

    def done(self, what: str, figure: str) -> None:
        """One step that succeeded, with its figure in bold."""
        gap = " " * max(1, WIDTH - len(what) - len(figure))
        self._console.print(Text.assemble(("  ✓ ", "green"), what, gap, (figure, "bold")))

    def head(self, title: str, text: str = "") -> None:
        """A paragraph begins."""
        self._console.print(Text.assemble("\n", (title, "bold cyan"), f"  {text}" if text else ""))

    def note(self, text: str) -> None:
        """A line of less weight."""
        self._console.print(Text(f"    {text}", style="dim"))

    def row(self, name: str, value: str, *more: str) -> None:
        """A name, what it stands for, and how to use it on the next lines."""
        self._console.print(Text.assemble((f"  {name:<9}", "cyan"), value))
        for line in more:
            self.note(f"       {line}")

    def line(self, text: str) -> None:
        """A line as it is."""
        self._console.print(text)
