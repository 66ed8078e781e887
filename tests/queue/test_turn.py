"""How turns end, by what their step did; on lanes that only remember what they were told."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from gitops.errors import ConflictError, InvalidError, LeaseLostError, RefusedError, RetryableError
from gitops.jobs import Compare, Job, Queue, Sweep
from gitops.model.objects import AppRef, ClusterKey
from gitops.ports.lanes import ZERO, Claim, Ending, Turn
from workers.lease import DEADLINE_S, LEASE_S, STOP_S, Keeper, TurnLease
from workers.log import JsonLines, bound
from workers.turn import Outcome, Turns

APP = Compare(AppRef("argocd", "a"), ClusterKey("c"))


@dataclass
class Told:
    """Port Lanes: grants everything, remembers endings."""

    crashes: int = 0
    waited: timedelta = ZERO
    granted: bool = True
    ours: bool = True
    ends: list[tuple[Ending, timedelta | None]] = field(default_factory=list)

    def claim(self, turn: Turn) -> Claim:
        return Claim(self.granted, self.crashes, self.waited)

    def renew(self, turn: Turn) -> bool:
        return self.ours

    def done(self, turn: Turn, ending: Ending = Ending.DONE, wake: timedelta | None = None) -> tuple[()]:
        self.ends.append((ending, wake))
        return ()


def run(act, lanes: Told, job: Job = APP, keeper: Keeper | None = None) -> list[Job]:
    aside: list[Job] = []
    verb = type(job).__name__.lower()
    turns = Turns({Queue.DIFF: lanes}, lambda _: None, {verb: act}, aside.append, keeper or Keeper())
    turns.run(verb, job.lane, [[job.key, "t-1"]])
    return aside


def raising(error: Exception):
    def act(job, lease) -> Outcome:
        raise error

    return act


HOUR = timedelta(hours=1)
ENDS = {
    "a step that says nothing": (lambda job, lease: Outcome(), Ending.DONE, None, None),
    "a step that wants to be woken": (lambda job, lease: Outcome(HOUR), Ending.DONE, HOUR, HOUR),
    "no answer": (raising(RetryableError("x")), Ending.BROKEN, timedelta(seconds=2), timedelta(seconds=6)),
    "no answer and a time": (raising(RetryableError("x", retry_after=HOUR)), Ending.BROKEN, HOUR, HOUR),
    "a conflict": (raising(ConflictError("x")), Ending.FAILED, timedelta(seconds=0.2), timedelta(seconds=0.6)),
    "wrong input": (raising(InvalidError("x")), Ending.FAILED, timedelta(seconds=2), timedelta(seconds=6)),
    "not allowed": (raising(RefusedError("x")), Ending.FAILED, timedelta(seconds=2), timedelta(seconds=6)),
    "a bug": (raising(KeyError("x")), Ending.FAILED, timedelta(seconds=2), timedelta(seconds=6)),
}


@pytest.mark.parametrize("case", ENDS)
def test_every_turn_ends_with_a_wake_time_or_a_reason_for_none(case):
    act, ending, low, high = ENDS[case]
    lanes = Told()
    run(act, lanes)
    [(ended, wake)] = lanes.ends
    assert ended is ending
    assert wake is None if low is None else low <= wake <= high


def test_waits_grow_up_to_five_minutes():
    lanes = Told(waited=timedelta(minutes=4))
    waits = []
    for _ in range(50):
        run(raising(InvalidError("x")), lanes)
        waits.append(lanes.ends[-1][1])
    assert max(waits) == timedelta(minutes=5)
    assert min(waits) >= timedelta(seconds=2)


def test_an_unreachable_hub_does_not_close_the_lane_of_the_sweep():
    lanes = Told()
    run(raising(RetryableError("x")), lanes, Sweep())
    assert lanes.ends[0][0] is Ending.FAILED


def test_a_turn_that_is_not_granted_runs_nothing_and_ends_nothing():
    lanes = Told(granted=False)
    run(raising(AssertionError("ran")), lanes)
    assert lanes.ends == []


def test_after_two_crashes_the_job_is_put_aside_instead_of_run():
    lanes = Told(crashes=2)
    assert run(raising(AssertionError("ran")), lanes) == [APP]
    assert lanes.ends == [(Ending.DONE, None)]


def test_a_stopping_worker_hands_back_what_it_has_not_begun():
    lanes, keeper = Told(), Keeper()
    keeper.stop()
    run(raising(AssertionError("ran")), lanes, keeper=keeper)
    assert lanes.ends == [(Ending.BACK, None)]


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def lease_of(lanes: Told) -> tuple[TurnLease, Clock]:
    clock = Clock()
    lease = TurnLease(Turn(APP, "t"), lanes, clock)
    lease.start()
    return lease, clock


def test_a_renewed_lease_holds_until_the_steps_deadline():
    lease, clock = lease_of(Told())
    clock.now += DEADLINE_S - 1
    lease.renew()
    lease.check()
    clock.now += 2
    with pytest.raises(LeaseLostError, match="deadline"):
        lease.check()


def test_a_lease_that_redis_gave_away_is_lost():
    lanes = Told()
    lease, _ = lease_of(lanes)
    lanes.ours = False
    lease.renew()
    with pytest.raises(LeaseLostError, match="another turn"):
        lease.check()


def test_a_lease_that_could_not_be_renewed_is_lost_when_it_may_have_ended():
    lanes = Told()
    lease, clock = lease_of(lanes)
    lanes.renew = raising(RetryableError("away")).__get__(lanes)
    lease.start(deadline_s=1000)
    clock.now += LEASE_S / 2
    lease.renew()
    lease.check()
    clock.now += LEASE_S / 2 + 1
    with pytest.raises(LeaseLostError, match="another turn"):
        lease.check()


def test_a_step_past_its_deadline_is_not_renewed_so_that_another_worker_takes_over():
    lanes = Told()
    lease, clock = lease_of(lanes)
    clock.now += DEADLINE_S + 1
    lanes.ours = False  # would be told by a renewal
    lease.renew()
    with pytest.raises(LeaseLostError):
        lease.check()


def test_a_running_step_gets_some_seconds_when_the_worker_stops():
    lease, clock = lease_of(Told())
    lease.stop_soon()
    lease.check()
    clock.now += STOP_S + 1
    with pytest.raises(LeaseLostError, match="stops"):
        lease.check()


def test_a_log_line_is_one_line_with_the_turns_fields():
    record = logging.makeLogRecord(
        {"msg": "applied", "levelno": 20, "levelname": "INFO", "object": "a\n\x1b[31mb\u2028"}
    )
    with bound(task="advance", token="t-1"):
        text = JsonLines().format(record)
    assert text.isascii()
    assert not any(ord(char) < 32 for char in text)
    line = json.loads(text)
    assert (line["event"], line["task"], line["token"], line["object"]) == (
        "applied", "advance", "t-1", "a\n\x1b[31mb\u2028",
    )  # fmt: skip
    assert "task" not in json.loads(JsonLines().format(record))
