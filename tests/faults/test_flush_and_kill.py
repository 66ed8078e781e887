"""Redis emptied and every role killed while 50 apps sync: it costs time and nothing else (R-001…R-008, R-021)."""

from __future__ import annotations

import time

import pytest

from tests.bed.audit import Audit
from tests.bed.fleet import wait_synced
from tests.bed.installation import Installation, wait_for
from tests.faults.conftest import MakeFleet
from tests.faults.yard import Fleet, deletions, kill, processes_of, redis_of

ROLES = ("work", "fetch", "watch", "valkey", "api", "beat")
LIMIT_S = 75.0
"""A lease of a killed worker lasts 30 s, a sweep comes every 30 s."""


@pytest.fixture(scope="module")
def fifty(argosy: Installation, make_fleet: MakeFleet) -> tuple[Fleet, list[str]]:
    """50 apps over two targets, Synced; and the commits they were synced to."""
    fleet = make_fleet("fifty", 50)
    return fleet, [fleet.install()]


def under_way(fleet: Fleet, commit: str) -> None:
    """Wait until some operations of a commit run or have ended, and assert that not all have."""
    wait_for(lambda: fleet.under_way(commit)[0] >= 3, "some apps sync", limit_s=20, every_s=0.01)


def test_redis_may_be_flushed_twice_while_50_apps_sync(
    argosy: Installation, fifty: tuple[Fleet, list[str]], audits: list[Audit]
) -> None:
    fleet, commits = fifty
    server = redis_of(argosy)
    commits.append(fleet.push(argosy, "flushed"))
    under_way(fleet, commits[-1])
    server.flushall()
    ended = fleet.under_way(commits[-1])[1]
    assert ended < fleet.count, "the flush came too late to hurt anybody"
    time.sleep(0.3)  # the distance between the two faults, nothing is awaited
    server.flushall()
    took = wait_synced(fleet.hub, fleet.names, commits[-1], limit_s=LIMIT_S)
    print(f"flushed after {ended} of {fleet.count} ended; all Synced {took:.1f} s later")
    fleet.check(commits, "flushed")
    assert deletions(audits) == []


@pytest.mark.parametrize("order", [ROLES, ROLES[::-1]], ids=["work first", "beat first"])
def test_every_role_may_be_killed_in_turn_while_50_apps_sync(
    argosy: Installation, fifty: tuple[Fleet, list[str]], audits: list[Audit], order: tuple[str, ...]
) -> None:
    fleet, commits = fifty
    value = f"killed {order[0]} first"
    commits.append(fleet.push(argosy, value))
    under_way(fleet, commits[-1])
    ended = fleet.under_way(commits[-1])[1]
    for role in order:
        kill(argosy, role)
        time.sleep(0.4)  # the distance between two faults, nothing is awaited
    took = wait_synced(fleet.hub, fleet.names, commits[-1], limit_s=LIMIT_S)
    print(f"{order[0]} killed after {ended} of {fleet.count} ended; all Synced {took:.1f} s after the last kill")
    fleet.check(commits, value)
    assert deletions(audits) == []
    wait_for(lambda: set(ROLES) <= set(argosy.pids()), "every role runs again", limit_s=30)


def test_after_all_that_a_stop_leaves_no_process(argosy: Installation, fifty: tuple[Fleet, list[str]]) -> None:
    assert len(processes_of(argosy.data_dir)) > len(ROLES)
    argosy.stop()
    assert processes_of(argosy.data_dir) == {}
