from __future__ import annotations

from pathlib import Path

from broker import PASSWORD

from gitops.jobs import Queue, Rank, Scan, Sweep
from gitops.model.objects import ClusterKey
from gitops.settings import Keys, Process
from workers.beat.schedule import LaneScheduler
from workers.station import station


def test_a_tick_wakes_what_is_due_and_the_first_one_sweeps(broker, server):
    process = Process("beat", broker.url, Keys(redis_password=PASSWORD, message=(b"k" * 32,)), Path("/nowhere"))
    LaneScheduler.station = built = station(process)
    built.lanes[Queue.DIFF].tick("w", 4)
    scheduler = LaneScheduler(built.app)
    assert scheduler.tick() == 1.0
    assert built.lanes[Queue.DIFF].depths().leased == 1
    assert built.lanes[Queue.DIFF].nudge(Sweep(), Rank.PERIODIC) == ()  # it is under way
    built.queue.nudge(Scan(ClusterKey("c")), Rank.PERIODIC)
    assert int(server.call("LLEN", "argosy:diff")) == 2


def test_a_second_beat_adds_nothing(broker, server):
    process = Process("beat", broker.url, Keys(redis_password=PASSWORD, message=(b"k" * 32,)), Path("/nowhere"))
    LaneScheduler.station = built = station(process)
    built.lanes[Queue.DIFF].tick("w", 4)
    for beat in (LaneScheduler(built.app), LaneScheduler(built.app)):
        beat.tick()
    assert int(server.call("LLEN", "argosy:diff")) == 1
