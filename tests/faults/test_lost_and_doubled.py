"""Messages lost, turns met twice, servers away in the middle of a sync (R-013, R-037, R-051, R-052; celery.md 3)."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.bed.rig import Bed
from tests.bed.audit import Audit
from tests.bed.fleet import conditions, field, wait_synced
from tests.bed.installation import Installation, wait_for, with_signal
from tests.faults.conftest import MakeFleet
from tests.faults.yard import Fleet, deletions, kill, redis_of


@pytest.fixture(scope="module")
def ten(argosy: Installation, make_fleet: MakeFleet) -> tuple[Fleet, list[str]]:
    """Ten apps over two targets, Synced; and the commits they were synced to."""
    fleet = make_fleet("ten", 10)
    return fleet, [fleet.install()]


@pytest.fixture(autouse=True)
def nothing_was_deleted(audits: list[Audit]) -> Iterator[None]:
    yield
    assert deletions(audits) == []


@contextlib.contextmanager
def stopped(argosy: Installation, role: str) -> Iterator[None]:
    """A role that does not run for a while: SIGSTOP, SIGCONT."""
    pid = argosy.pids()[role]
    with_signal(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with_signal(pid, signal.SIGCONT)


@contextlib.contextmanager
def twin(argosy: Installation, role: str) -> Iterator[None]:
    """A second process of a role, with the environment of the first."""
    process = Path(f"/proc/{argosy.pids()[role]}")
    pairs = (entry.partition("=") for entry in (process / "environ").read_text().split("\0") if entry)
    command = [sys.executable, "-P", "-m", "cli.run", role]
    with (argosy.data_dir / "logs" / "twin.log").open("a") as log:
        second = subprocess.Popen(
            command, env={name: value for name, _, value in pairs}, cwd=argosy.data_dir, stdout=log, stderr=log
        )
    try:
        yield
    finally:
        second.terminate()
        second.wait(30)


def test_messages_lost_in_the_queue_are_sent_again_when_their_lease_ends(
    argosy: Installation, ten: tuple[Fleet, list[str]]
) -> None:
    fleet, commits = ten
    server = redis_of(argosy)
    with stopped(argosy, "work"):
        commits.append(fleet.push(argosy, "lost"))
        wait_for(lambda: server.llen("argosy:diff") >= 1, "messages wait", limit_s=20)
        assert server.delete("argosy:diff", "argosy:apply") >= 1
    took = wait_synced(fleet.hub, fleet.names, commits[-1], limit_s=20)
    print(f"all Synced {took:.1f} s after the queue was emptied")
    fleet.check(commits, "lost")


def test_a_worker_that_slept_goes_on_where_it_was(argosy: Installation, ten: tuple[Fleet, list[str]]) -> None:
    fleet, commits = ten
    commits.append(fleet.push(argosy, "slept"))
    wait_for(lambda: fleet.under_way(commits[-1])[0] >= 1, "a sync runs", limit_s=20, every_s=0.01)
    with stopped(argosy, "work"):
        time.sleep(12)  # the length of the fault
    wait_synced(fleet.hub, fleet.names, commits[-1], limit_s=40)
    fleet.check(commits, "slept")


def test_a_turn_that_slept_does_not_write_over_what_another_worker_did_since(
    argosy: Installation, ten: tuple[Fleet, list[str]]
) -> None:
    fleet, commits = ten
    commits.append(fleet.push(argosy, "overtaken"))
    wait_for(lambda: fleet.under_way(commits[-1])[0] >= 1, "a sync runs", limit_s=20, every_s=0.01)
    with twin(argosy, "work"):
        with stopped(argosy, "work"):
            redis_of(argosy).flushall()  # its leases are gone: the twin may take every app
            wait_synced(fleet.hub, fleet.names, commits[-1], limit_s=40)
        # The first goes on in the middle of turns whose work is done; then both take part in another push.
        commits.append(fleet.push(argosy, "both"))
        wait_synced(fleet.hub, fleet.names, commits[-1], limit_s=40)
        fleet.check(commits, "both")


def test_drift_made_while_watch_was_dead_is_healed_when_it_is_back(
    argosy: Installation, ten: tuple[Fleet, list[str]]
) -> None:
    fleet, commits = ten
    wanted = fleet.value(fleet.names[0])
    before = argosy.pids()["watch"]
    kill(argosy, "watch")
    for name in fleet.names[:3]:
        fleet.drift(name)
    took = wait_for(lambda: all(fleet.value(n) == wanted for n in fleet.names[:3]), "healed", limit_s=15)
    print(f"healed {took:.1f} s after watch was killed")
    assert argosy.pids()["watch"] != before
    wait_synced(fleet.hub, fleet.names, commits[-1], limit_s=15)
    fleet.check(commits, str(wanted))


def test_a_sync_goes_on_when_the_hub_was_away(bed: Bed, argosy: Installation, ten: tuple[Fleet, list[str]]) -> None:
    fleet, commits = ten
    commits.append(fleet.push(argosy, "hub away"))
    wait_for(lambda: fleet.under_way(commits[-1])[0] >= 1, "a sync runs", limit_s=20, every_s=0.01)
    with stopped(argosy, "work"):
        bed.stop_server("hub")
    bed.start_server("hub")
    took = wait_synced(fleet.hub, fleet.names, commits[-1], limit_s=60)
    print(f"all Synced {took:.1f} s after the hub was back")
    fleet.check(commits, "hub away")


def test_a_target_that_goes_away_in_a_sync_holds_up_its_own_apps_only(
    bed: Bed, argosy: Installation, ten: tuple[Fleet, list[str]]
) -> None:
    fleet, commits = ten
    lost, other = bed.targets[1], bed.targets[0]
    here = [name for name in fleet.names if fleet.target_of(name) is other]
    there = [name for name in fleet.names if fleet.target_of(name) is lost]
    commits.append(fleet.push(argosy, "target away"))
    wait_for(lambda: fleet.under_way(commits[-1])[0] >= 1, "a sync runs", limit_s=20, every_s=0.01)
    with stopped(argosy, "work"):
        bed.stop_server(lost.name)
    try:
        took = wait_synced(fleet.hub, here, commits[-1], limit_s=20)
        print(f"the other target's apps Synced {took:.1f} s after it went away")
        commits.append(fleet.push(argosy, "still away", here))
        wait_synced(fleet.hub, here, commits[-1], limit_s=20)
        wait_for(lambda: told(fleet, there), "the lost target's apps say why nothing is known", limit_s=20)
    finally:
        bed.start_server(lost.name)
    took = wait_for(lambda: settled(fleet, there), "operations on the lost target end", limit_s=60)
    print(f"operations on the lost target ended {took:.1f} s after it was back")


def told(fleet: Fleet, names: list[str]) -> bool:
    """Each app whose target is away says so, in its conditions or in the operation that waits for it."""
    return all(
        "cannot be reached" in f"{conditions(app)} {field(app, 'status.operationState.message')}"
        for name, app in fleet.apps().items()
        if name in names
    )


def settled(fleet: Fleet, names: list[str]) -> bool:
    """No operation of these apps runs, and what succeeded is there."""
    apps = fleet.apps()
    return all(
        field(apps[name], "status.operationState.phase") in ("Succeeded", "Failed", "Error") for name in names
    ) and all(fleet.value(n) == "target away" for n in names)
