"""Small ports around a turn: clock, lease, queue (gitops/ports/{clock,lease,queue}.py)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from gitops.adapters.celery.queue import CeleryQueue
from gitops.adapters.clock import SystemClock
from gitops.adapters.redis.lanes import RedisLanes
from gitops.errors import LeaseLostError
from gitops.jobs import Advance, Compare, Job, Queue, Rank
from gitops.model.objects import AppRef, ClusterKey
from gitops.ports.clock import Clock
from gitops.ports.lanes import Handout, Turn
from gitops.ports.lease import Lease
from gitops.ports.queue import Queue as QueuePort
from tests.fakes.redis import MemoryQueue
from tests.fakes.turn import HeldLease, SetClock
from tests.queue.broker import Broker
from workers.lease import TurnLease

WEB, API = (AppRef("argocd", name) for name in ("web", "api"))
C1 = ClusterKey("https://c1")


@pytest.mark.parametrize("clock", [SetClock(), SystemClock()], ids=["fake", "real"])
def test_now_is_aware_utc_and_never_goes_back(clock: Clock) -> None:
    first, second = clock.now(), clock.now()
    assert first.utcoffset() == timedelta(0)
    assert second >= first


@dataclass
class Held:
    lease: Lease
    lose: Callable[[], None]


def real_lease(valkey: Broker) -> Held:
    lanes = RedisLanes(valkey.server(), Queue.DIFF)
    lanes.tick("w", 4)
    (handout,) = lanes.nudge(Compare(WEB, C1), Rank.HUMAN)
    lanes.claim(handout.turns[0])
    lease = TurnLease(handout.turns[0], lanes)

    def lose() -> None:
        valkey.server().call("FLUSHALL")
        lease.renew()

    return Held(lease, lose)


@pytest.fixture(params=["fake", "real"])
def held(request: pytest.FixtureRequest) -> Held:
    if request.param == "fake":
        lease = HeldLease()
        return Held(lease, lease.lose)
    running: Broker = request.getfixturevalue("valkey")
    running.server().call("FLUSHALL")
    return real_lease(running)


def test_a_lease_lets_go_on_until_it_is_lost_and_never_again(held: Held) -> None:
    held.lease.check()
    held.lease.check()
    held.lose()
    for _ in range(2):
        with pytest.raises(LeaseLostError):
            held.lease.check()


@dataclass
class Way:
    """A queue, and what comes out of it: each job once."""

    queue: QueuePort
    take: Callable[[], list[Job]]


class Carried(CeleryQueue):
    """The real queue with its messages kept instead of sent."""

    def __init__(self, lanes: dict[Queue, RedisLanes]) -> None:
        self.sent: list[Turn] = []
        super().__init__(None, lanes)

    def _send(self, handout: Handout) -> None:
        self.sent.extend(handout.turns)


def real_way(valkey: Broker) -> Way:
    valkey.server().call("FLUSHALL")
    lanes = {queue: RedisLanes(valkey.server(), queue) for queue in Queue}
    for one in lanes.values():
        one.tick("w", 4)
    queue = Carried(lanes)

    def take() -> list[Job]:
        jobs = []
        while queue.sent:
            turn = queue.sent.pop(0)
            lanes[turn.job.queue].claim(turn)
            jobs.append(turn.job)
            queue.send(lanes[turn.job.queue].done(turn))
        return jobs

    return Way(queue, take)


def fake_way() -> Way:
    queue = MemoryQueue()

    def take() -> list[Job]:
        jobs = []
        while (job := queue.take()) is not None:
            jobs.append(job)
        return jobs

    return Way(queue, take)


@pytest.fixture(params=["fake", "real"])
def way(request: pytest.FixtureRequest) -> Way:
    return fake_way() if request.param == "fake" else real_way(request.getfixturevalue("valkey"))


def test_two_nudges_for_one_job_are_one_job(way: Way) -> None:
    for rank in (Rank.PERIODIC, Rank.HUMAN, Rank.DRIFT):
        way.queue.nudge(Compare(WEB, C1), rank)
    assert way.take() == [Compare(WEB, C1)]


def test_jobs_of_another_verb_or_app_are_jobs_of_their_own(way: Way) -> None:
    wanted: list[Job] = [Compare(WEB, C1), Advance(WEB, C1), Compare(API, C1)]
    for job in wanted:
        way.queue.nudge(job, Rank.WEBHOOK)
    assert sorted(map(str, way.take())) == sorted(map(str, wanted))


def test_a_job_that_was_taken_can_be_asked_for_again(way: Way) -> None:
    for _ in range(2):
        way.queue.nudge(Compare(WEB, C1), Rank.WEBHOOK)
        assert way.take() == [Compare(WEB, C1)]


def test_what_is_to_come_later_does_not_come_now(way: Way) -> None:
    way.queue.nudge(Compare(WEB, C1), Rank.WEBHOOK, after=timedelta(hours=1))
    assert way.take() == []
