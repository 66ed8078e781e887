"""The way in for jobs."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from gitops.jobs import Job, Rank


class Queue(Protocol):
    """Puts jobs on their lanes (design.md section 6)."""

    def nudge(self, job: Job, rank: Rank, *, after: timedelta = timedelta(0)) -> None:
        """Ask for a look: enqueue if absent, mark dirty if running, later if `after` is given.

        Raises:
            RetryableError: Redis does not answer. The hub still knows: the sweep finds it.
        """
