"""The right to go on with a turn."""

from __future__ import annotations

from typing import Protocol


class Lease(Protocol):
    """Held by the turn that runs; asked before each write (design.md 6.4)."""

    def check(self) -> None:
        """Return while the turn is ours.

        Raises:
            LeaseLostError: another turn took over, the step's deadline passed, or the worker is stopping.
        """
