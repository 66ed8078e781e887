"""The timer thread of a worker: wakes what is due within milliseconds, repairs, and says that the worker lives.

Every worker runs one; a tick is atomic, so many are harmless. Beat's tick each second is the fallback (celery.md 4).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from gitops.adapters.redis.connect import Server
from gitops.adapters.redis.lanes import RedisLanes, bell_key
from gitops.errors import RetryableError
from gitops.jobs import Queue
from gitops.ports.lanes import Handout

LONGEST_S = 4.0
"""Between two ticks; below the 5 s socket time-out, which also bounds the wait for the bell."""
RETRY_S = 1.0

log = logging.getLogger("argosy.bell")


class Bell:
    """Ticks the given lanes until `stop`; `slots` of `worker` count in each of them while it does."""

    def __init__(
        self,
        server: Server,
        lanes: Mapping[Queue, RedisLanes],
        send: Callable[[Iterable[Handout]], None],
        *,
        worker: str,
        slots: int,
        sign_of_life: Callable[[], None],
    ) -> None:
        self._server = server
        self._lanes = lanes
        self._send = send
        self._worker, self._slots = worker, slots
        self._sign_of_life = sign_of_life
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._ring, name="bell", daemon=True)

    def start(self) -> None:
        """Begin; from the first tick on, jobs are handed out to this worker."""
        self._thread.start()

    def stop(self) -> None:
        """End soon and take the worker's slots away, so that nothing more is handed out to it."""
        self._stopped.set()
        for queue, lanes in self._lanes.items():
            try:
                lanes.leave(self._worker, self._slots)
            except RetryableError as error:
                log.warning("not_signed_off", extra={"queue": queue.value, "error": str(error)})  # expires in 15 s

    def _ring(self) -> None:
        while not self._stopped.is_set():
            try:
                wait_s = min(self._tick(), LONGEST_S)
                self._sign_of_life()
                self._server.call("BLPOP", *(bell_key(queue) for queue in self._lanes), max(wait_s, 0.01))
            except (RetryableError, OSError) as error:
                log.warning("tick_failed", extra={"error": str(error)})
                self._stopped.wait(RETRY_S)
            except Exception:  # without this thread the worker would sit idle, alive and unseen
                log.exception("tick_failed")
                self._stopped.wait(RETRY_S)

    def _tick(self) -> float:
        """One pass over all lanes; returns seconds until the next wake time."""
        soonest = timedelta(seconds=LONGEST_S)
        for lanes in self._lanes.values():
            tick = lanes.tick(self._worker, self._slots)
            self._send(tick.handouts)
            soonest = min(soonest, tick.next_due or soonest)
        return soonest.total_seconds()
