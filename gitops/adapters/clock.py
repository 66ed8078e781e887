"""The system clock: the only place that asks for the time of day."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """Port `Clock` on the machine's clock."""

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
        return datetime.now(UTC)  # noqa: TID251 -- this is the one place
