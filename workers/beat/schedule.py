"""The schedule, in code: each second repair and wake all lanes, each half minute a sweep of the hub.

A Celery scheduler without entries: Celery's own compares the wall clock and is silent for hours after the clock went
back (celery.md 5). Ours calls the lanes, whose clock is Redis; a second beat is harmless, ticks and nudges merge.
"""

from __future__ import annotations

import logging
import time
from typing import ClassVar

from celery.beat import Scheduler

from gitops.errors import RetryableError
from gitops.jobs import Rank, Sweep
from workers.station import Station

TICK_S = 1.0
SWEEP_S = 30.0

log = logging.getLogger("argosy.beat")


class LaneScheduler(Scheduler):  # type: ignore[misc]  # Celery is untyped
    """What `celery beat` asks each second; `station` is set before beat starts."""

    station: ClassVar[Station]

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)
        self._next_sweep = time.monotonic()

    def setup_schedule(self) -> None:
        """Nothing to load."""

    def tick(self, *_: object, **__: object) -> float:
        """One pass; seconds until the next."""
        try:
            self._pass()
        except RetryableError as error:
            log.warning("tick_failed", extra={"error": str(error)})
        return TICK_S

    def _pass(self) -> None:
        for lanes in self.station.lanes.values():
            self.station.queue.send(lanes.tick().handouts)
        if time.monotonic() >= self._next_sweep:
            self._next_sweep = time.monotonic() + SWEEP_S
            self.station.queue.nudge(Sweep(), Rank.PERIODIC)
