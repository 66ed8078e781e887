"""The one body of all tasks: claim each turn of a message, run its step, end it (celery.md 3 and 14.2).

A turn never raises: what went wrong becomes a wake time. What Redis does not hear of comes back when the lease ends.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import SystemRandom
from typing import TypeAlias

from celery import Celery

from gitops.adapters.celery.queue import task_name
from gitops.errors import ArgosyError, ConflictError, LeaseLostError, RetryableError
from gitops.jobs import Job, Queue, Sweep, name_of, parse
from gitops.ports.lanes import Claim, Ending, Handout, Lanes, Turn
from gitops.ports.lease import Lease
from workers.lease import Keeper, Loss, TurnLease
from workers.log import bound

CRASH_LIMIT = 2
"""Turns of a job that never ended, in a row, before it is put aside."""
FIRST_WAIT = timedelta(seconds=2)
CONFLICT_WAIT = timedelta(milliseconds=200)
LONGEST_WAIT = timedelta(minutes=5)

log = logging.getLogger("argosy.turn")
_random = SystemRandom()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step leaves behind: when to look again, None = when something happens."""

    wake: timedelta | None = None


Step: TypeAlias = Callable[[Job, Lease], Outcome]
StepTable: TypeAlias = Mapping[str, Step]
"""Verb of a job (`jobs.name_of`) -> its step."""


@dataclass(frozen=True, slots=True)
class _End:
    """How a turn ends; `error` is what is logged, None for a success."""

    ending: Ending
    wake: timedelta | None = None
    error: Exception | None = None


@dataclass(frozen=True)
class Turns:
    """Runs messages; shared by all threads of a worker.

    `send` puts the handouts on their way that each end of a turn returns. `quarantine` is called instead of the step
    for a job that crashed its worker `CRASH_LIMIT` times.
    """

    lanes: Mapping[Queue, Lanes]
    send: Callable[[Iterable[Handout]], None]
    steps: StepTable
    quarantine: Callable[[Job], None]
    keeper: Keeper

    def run(self, verb: str, lane: str, pairs: Sequence[Sequence[str]]) -> None:
        """One message: its turns one after the other, all leases kept meanwhile."""
        turns = [Turn(parse(verb, lane, key), token) for key, token in pairs]
        leases = [TurnLease(turn, self.lanes[turn.job.queue]) for turn in turns]
        with self.keeper.holding(leases):
            for lease in leases[1:]:
                lease.renew()  # the first is claimed at once; the others wait longer than an unclaimed lease lasts
            for lease in leases:
                with bound(task=verb, lane=lane, key=lease.turn.job.key, token=lease.turn.token):
                    self._take(lease)

    def _take(self, lease: TurnLease) -> None:
        turn, lanes = lease.turn, self.lanes[lease.turn.job.queue]
        started = time.monotonic()
        try:
            end = self._end_of(lease, lanes)
            if end is not None:
                _tell(turn.job, end, time.monotonic() - started)
                self.send(lanes.done(turn, end.ending, end.wake))
        except RetryableError as error:
            log.warning("turn_not_ended", extra={"error": str(error)})  # its lease ends, then it is repaired

    def _end_of(self, lease: TurnLease, lanes: Lanes) -> _End | None:
        """Run the turn if it may start; None when it is not ours (any more)."""
        if self.keeper.stopping:
            return _End(Ending.BACK)
        claim = lanes.claim(lease.turn)
        if not claim.granted:
            log.debug("turn_stale")
            return None
        lease.start()
        if claim.crashes >= CRASH_LIMIT:
            return self._put_aside(lease.turn.job, claim)
        return self._run(lease, claim)

    def _run(self, lease: TurnLease, claim: Claim) -> _End | None:
        job = lease.turn.job
        try:
            return _End(Ending.DONE, self.steps[name_of(job)](job, lease).wake)
        except LeaseLostError as error:
            return _after_loss(lease.loss, claim, error)
        except ArgosyError as error:
            return _after(error, job, claim)
        except Exception as error:  # noqa: BLE001 -- a bug in one step must not end the worker; it is logged in full
            return _End(Ending.FAILED, _jitter(claim.waited, FIRST_WAIT), error)

    def _put_aside(self, job: Job, claim: Claim) -> _End:
        log.error("quarantined", extra={"crashes": claim.crashes})
        try:
            self.quarantine(job)
        except ArgosyError as error:
            return _after(error, job, claim)
        return _End(Ending.DONE)


def register(app: Celery, turns: Turns) -> None:
    """Make a task of each step, `argosy.<verb>`."""
    for verb in turns.steps:
        app.task(_body(turns, verb), name=task_name(verb), ignore_result=True)


def _body(turns: Turns, verb: str) -> Callable[..., None]:
    def task(*, v: int, t: str, l: str, k: Sequence[Sequence[str]]) -> None:  # noqa: E741 -- the message's field
        turns.run(verb, l, k)

    return task


def _after(error: ArgosyError, job: Job, claim: Claim) -> _End:
    """An expected failure. A conflict is tried sooner; what did not answer counts against its lane, not the hub's."""
    if isinstance(error, ConflictError):
        return _End(Ending.FAILED, _jitter(claim.waited, CONFLICT_WAIT), error)
    wait = _jitter(claim.waited, FIRST_WAIT)
    if isinstance(error, RetryableError):
        ending = Ending.FAILED if isinstance(job, Sweep) else Ending.BROKEN
        return _End(ending, max(wait, error.retry_after or wait), error)
    return _End(Ending.FAILED, wait, error)


def _after_loss(loss: Loss | None, claim: Claim, error: LeaseLostError) -> _End | None:
    if loss is Loss.TAKEN:
        return None
    if loss is Loss.STOPPING:
        return _End(Ending.BACK)
    return _End(Ending.FAILED, _jitter(claim.waited, FIRST_WAIT), error)


def _jitter(waited: timedelta, first: timedelta) -> timedelta:
    """Decorrelated jitter: between `first` and three times the last wait, 5 minutes at most."""
    high = max(first, waited) * 3
    return min(LONGEST_WAIT, first + (high - first) * _random.random())


def _tell(job: Job, end: _End, took_s: float) -> None:
    """The one line per turn."""
    fields: dict[str, object] = {"ending": end.ending.value, "duration_ms": round(took_s * 1000, 1)}
    if end.wake is not None:
        fields["wake_s"] = round(end.wake.total_seconds(), 1)
    if end.error is None:
        log.info(name_of(job), extra=fields)
        return
    fields |= {"error": str(end.error), "class": _class_of(end.error)}
    expected = isinstance(end.error, ArgosyError)
    level = logging.WARNING if expected else logging.ERROR
    log.log(level, name_of(job), extra=fields, exc_info=None if expected else end.error)


def _class_of(error: Exception) -> str:
    return type(error).__name__.removesuffix("Error").lower() if isinstance(error, ArgosyError) else "internal"
