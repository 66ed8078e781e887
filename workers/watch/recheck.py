"""Calls that are due a little later: one thread, a heap, no sleep that cannot be ended."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable

log = logging.getLogger("argosy.watch")


class Recheck:
    """Runs callables after a delay, in its own thread, until `stop`."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self._wake = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="recheck", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def after(self, delay_s: float, call: Callable[[], None]) -> None:
        """Run `call` once, about `delay_s` seconds from now."""
        with self._wake:
            heapq.heappush(self._due, (time.monotonic() + delay_s, next(self._count), call))
            self._wake.notify()

    def stop(self) -> None:
        """End within a moment; what is not yet due is dropped."""
        with self._wake:
            self._stopped = True
            self._wake.notify()

    def _next(self) -> Callable[[], None] | None:
        with self._wake:
            while not self._stopped:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)[2]
                self._wake.wait(wait)
        return None

    def _run(self) -> None:
        while (call := self._next()) is not None:
            try:
                call()
            except Exception:  # one failing check must not end the checks of all other apps
                log.exception("recheck failed")
