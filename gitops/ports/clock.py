"""The time of day."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The only source of `now`."""

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
