"""What surrounds a turn: a clock that is set and a lease that can be lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gitops.errors import LeaseLostError


class SetClock:
    """Port `Clock` that stands until it is moved."""

    def __init__(self, start: datetime = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)) -> None:
        self.at = start

    def now(self) -> datetime:
        """See the port."""
        return self.at

    def passes(self, seconds: float) -> None:
        """Let time pass."""
        self.at += timedelta(seconds=seconds)


class HeldLease:
    """Port `Lease`; `lose` lets another turn take over, at once or after some more checks."""

    def __init__(self) -> None:
        self._left: int | None = None

    def check(self) -> None:
        """See the port."""
        if self._left == 0:
            raise LeaseLostError("another turn took over")
        if self._left is not None:
            self._left -= 1

    def lose(self, *, after: int = 0) -> None:
        """The lease is lost after so many more checks."""
        self._left = after
