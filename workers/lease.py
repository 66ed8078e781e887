"""The right to go on with a turn: renewed by one thread per process, asked by the step before each write."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import Enum

from gitops.errors import LeaseLostError, RetryableError
from gitops.ports.lanes import Lanes, Turn

DEADLINE_S = 30.0
"""Of one step: threads cannot be stopped, so each step stops itself at the next `check`."""
STOP_S = 10.0
"""What a running step still gets when its worker is told to stop."""
LEASE_S = 15.0
"""How long a lease lasts in Redis after a renewal; see adapters.redis.lanes.CLAIMED."""


class Loss(Enum):
    """Why a turn may not go on."""

    TAKEN = "its lease ended, another turn may run"
    LATE = "the step took longer than its deadline"
    STOPPING = "the worker stops"


class TurnLease:
    """Port Lease for one turn. Times are monotonic seconds of this process."""

    def __init__(self, turn: Turn, lanes: Lanes, clock: Callable[[], float] = time.monotonic) -> None:
        self.turn = turn
        self._lanes = lanes
        self._clock = clock
        self._sure_until = clock() + LEASE_S
        self._deadline = float("inf")
        self._stop_at = float("inf")
        self._taken = False

    @property
    def loss(self) -> Loss | None:
        """Why to stop, None while the turn is ours."""
        now = self._clock()
        if self._taken or now > self._sure_until:
            return Loss.TAKEN
        if now > self._stop_at:
            return Loss.STOPPING
        return Loss.LATE if now > self._deadline else None

    def check(self) -> None:
        """See port."""
        loss = self.loss
        if loss is not None:
            raise LeaseLostError(loss.value, about=f"{self.turn.job}", hint="stop; the next turn goes on from the hub")

    def start(self, deadline_s: float = DEADLINE_S) -> None:
        """The step begins now."""
        self._deadline = self._clock() + deadline_s

    def stop_soon(self) -> None:
        """The worker was told to stop."""
        self._stop_at = min(self._stop_at, self._clock() + STOP_S)

    def renew(self) -> None:
        """Ask Redis for another lease; not for a step past its deadline, so that a stuck one loses its turn."""
        asked_at = self._clock()
        if asked_at > self._deadline:
            return
        try:
            self._taken = not self._lanes.renew(self.turn)
            self._sure_until = asked_at + LEASE_S
        except RetryableError:
            return  # Redis is away: the lease we are sure of runs out by itself


class Keeper:
    """Renews all leases of the process; `renew_all` is called by its one timer thread."""

    def __init__(self) -> None:
        self._held: set[TurnLease] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    @contextmanager
    def holding(self, leases: Iterable[TurnLease]) -> Iterator[None]:
        """Keep these leases renewed until the block ends."""
        mine = set(leases)
        with self._lock:
            self._held |= mine
        try:
            yield
        finally:
            with self._lock:
                self._held -= mine

    @property
    def stopping(self) -> bool:
        """No new step may start."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """The worker stops: running steps get STOP_S, the rest is handed back. Safe in a signal handler."""
        self._stopping.set()
        # Without the lock: a signal handler runs in a thread that may hold it.
        for lease in tuple(self._held):
            lease.stop_soon()

    def renew_all(self) -> None:
        """Renew each held lease."""
        with self._lock:
            held = tuple(self._held)
        for lease in held:
            lease.renew()
