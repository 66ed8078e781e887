"""The randomised run of celery.md section 3, without Celery: whatever is lost, every app converges.

Time is scaled down (leases of 60 and 90 ms). Each app has a wanted number that nudges raise; a turn reads it at its
start and, fenced like a hub write, stores what it read. Converged = stored equals wanted.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from broker import until

from gitops.adapters.redis.lanes import RedisLanes
from gitops.jobs import Compare, Queue, Rank
from gitops.model.objects import AppRef, ClusterKey

MS = timedelta(milliseconds=1)
SECONDS = 2.0


def a_job(n: int) -> Compare:
    return Compare(AppRef("argocd", f"app-{n}"), ClusterKey(f"https://c{n % 6}"))


@dataclass
class World:
    """The hub of the run: what is wanted and stored per app, and who runs."""

    rng: random.Random
    wanted: Counter = field(default_factory=Counter)
    stored: Counter = field(default_factory=Counter)
    running: Counter = field(default_factory=Counter)
    overlaps: int = 0
    runs: int = 0
    nudges: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    mail: list = field(default_factory=list)
    ended: bool = False

    def send(self, handouts) -> None:
        """Celery's part: 3 % of the messages are lost, 3 % doubled."""
        with self.lock:
            for handout in handouts:
                luck = self.rng.random()
                copies = 0 if luck < 0.03 else 2 if luck < 0.06 else 1
                self.mail += [handout] * copies

    def receive(self):
        with self.lock:
            return self.mail.pop(self.rng.randrange(len(self.mail))) if self.mail else None


def work(world: World, lanes: RedisLanes, slow: bool) -> None:
    while not world.ended:
        handout = world.receive()
        if handout is None:
            time.sleep(0.001)
            continue
        for turn in handout.turns:
            lanes.renew(turn)
        for turn in handout.turns:
            take_turn(world, lanes, turn, slow)


def take_turn(world: World, lanes: RedisLanes, turn, slow: bool) -> None:
    if world.rng.random() < 0.02 or not lanes.claim(turn).granted:
        return  # 2 %: crash before the work
    with world.lock:
        world.runs += 1
        world.overlaps += world.running[turn.job] > 0
        world.running[turn.job] += 1
        seen = world.wanted[turn.job]
    time.sleep(0.15 if slow and world.rng.random() < 0.01 else world.rng.random() * 0.004)
    with world.lock:
        world.running[turn.job] -= 1
        world.stored[turn.job] = max(world.stored[turn.job], seen)  # the hub's fence: an older write is refused
    if world.rng.random() < 0.02:
        return  # 2 %: crash before DONE
    world.send(lanes.done(turn, wake=20 * MS if world.rng.random() < 0.1 else None))


def beat(world: World, lanes: RedisLanes, scan_each_s: float) -> None:
    next_scan = time.monotonic()
    while not world.ended:
        world.send(lanes.tick("w", 6).handouts)
        if time.monotonic() > next_scan:
            next_scan += scan_each_s
            late = [n for n in range(30) if world.stored[a_job(n)] != world.wanted[a_job(n)]]
            for n in late:
                world.send(lanes.nudge(a_job(n), Rank.PERIODIC))
        time.sleep(0.01)


def hub_changes(world: World, lanes: RedisLanes, server, flushes: bool) -> None:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        job = a_job(min(int(world.rng.expovariate(0.12)), 29))
        with world.lock:
            world.wanted[job] += 1
            world.nudges += 1
        if world.rng.random() > 0.05:  # 5 % of the nudges are lost
            world.send(lanes.nudge(job, world.rng.choice(list(Rank))))
        if flushes and world.rng.random() < 0.004:
            server.call("FLUSHALL")
        time.sleep(world.rng.random() * 0.002)


def run(broker, server, seed: int, *, faults: bool) -> World:
    world = World(random.Random(seed))
    claimed = (90 if faults else 800) * MS

    def lanes() -> RedisLanes:
        return RedisLanes(broker.server(), Queue.DIFF, unclaimed=60 * MS, claimed=claimed)

    lanes().tick("w", 6)
    threads = [threading.Thread(target=work, args=(world, lanes(), faults)) for _ in range(6)]
    threads.append(threading.Thread(target=beat, args=(world, lanes(), 0.3)))
    for thread in threads:
        thread.start()
    try:
        hub_changes(world, lanes(), server, flushes=faults)
        until(lambda: all(world.stored[job] == number for job, number in world.wanted.items()), 10)
        until(lambda: leftovers(server) <= {"fence", "workers", "bell"}, 10)
    finally:
        world.ended = True
        for thread in threads:
            thread.join(10)
    return world


def leftovers(server) -> set[str]:
    return {bytes(key).decode().removeprefix("argosy:l:diff:") for key in server.call("KEYS", "argosy:*")}


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_every_app_converges_without_overlap_when_messages_and_workers_are_lost(broker, server, seed):
    world = run(broker, server, seed, faults=False)
    assert world.overlaps == 0
    assert world.runs < 1.3 * world.nudges


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_every_app_converges_when_redis_is_flushed_and_turns_outlive_their_lease(broker, server, seed):
    world = run(broker, server, seed, faults=True)
    assert world.runs > 0
