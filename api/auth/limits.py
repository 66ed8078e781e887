"""How often somebody may try: logins per account, events per sender (S-087, S-094, S-095).

Thread-safe; memory is bounded whatever names and addresses come.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from datetime import datetime, timedelta

MAX_FAILURES = 5
WINDOW = timedelta(seconds=300)
STRANGERS_KEPT = 1000
"""Names without an account whose failures are remembered; they never push out the counter of a real account."""
SENDERS_KEPT = 10_000


class FailedLogins:
    """Failed logins per name; the sixth try within the window is refused, right or wrong."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, deque[datetime]] = {}
        self._strangers: OrderedDict[str, deque[datetime]] = OrderedDict()

    def blocked(self, name: str, now: datetime) -> bool:
        """Whether this name failed too often within the window."""
        with self._lock:
            times = self._known.get(name) or self._strangers.get(name) or deque()
            return sum(now - moment < WINDOW for moment in times) >= MAX_FAILURES

    def failed(self, name: str, now: datetime, *, exists: bool) -> None:
        """Count a failure."""
        with self._lock:
            book = self._known if exists else self._strangers
            book.setdefault(name, deque(maxlen=MAX_FAILURES)).append(now)
            while len(self._strangers) > STRANGERS_KEPT:
                self._strangers.popitem(last=False)

    def succeeded(self, name: str) -> None:
        """Forget the failures of a name."""
        with self._lock:
            self._known.pop(name, None)


class TokenBuckets:
    """`rate` events a second per sender after a burst of `burst`."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, datetime]] = OrderedDict()

    def take(self, sender: str, now: datetime) -> timedelta | None:
        """None when the event may pass, else how long to wait for the next one."""
        with self._lock:
            level, seen = self._buckets.get(sender, (float(self._burst), now))
            level = min(self._burst, level + self._rate * max(0.0, (now - seen).total_seconds()))
            passes = level >= 1
            self._buckets[sender] = (level - 1 if passes else level, now)
            self._buckets.move_to_end(sender)
            while len(self._buckets) > SENDERS_KEPT:
                self._buckets.popitem(last=False)
        return None if passes else timedelta(seconds=(1 - level) / self._rate)
