"""Stopped or killed as a whole and started again on the same folder (R-012, R-022; performance.md 7.4, S1)."""

from __future__ import annotations

import pytest

from cli.bed.rig import Bed
from tests.bed.audit import Audit
from tests.bed.fleet import wait_synced
from tests.bed.installation import Installation, wait_for
from tests.faults.conftest import MakeFleet
from tests.faults.yard import Fleet, deletions, processes_of
from tests.stories.log import entries

READY_S = 15.0
HEALED_S = 15.0


@pytest.fixture(scope="module")
def ten(argosy: Installation, make_fleet: MakeFleet) -> tuple[Fleet, str]:
    """Ten apps over two targets, and the commit they are at."""
    fleet = make_fleet("again", 10)
    return fleet, fleet.install()


def test_a_second_start_is_ready_in_seconds_and_neither_writes_nor_renders(
    bed: Bed, argosy: Installation, ten: tuple[Fleet, str], audits: list[Audit]
) -> None:
    fleet, commit = ten
    argosy.stop()
    hub, fetch, work = Audit(bed.hub.audit_log), entries(argosy, "fetch"), entries(argosy, "work")
    took = argosy.start()
    print(f"ready {took:.1f} s after the second start")
    assert took < READY_S
    wait_for(lambda: any(line["event"] == "fetched" for line in fetch()), "the repository was looked at")
    wait_for(lambda: any(line["event"] == "sweep" for line in work()), "the hub was swept")
    assert {line["changed"] for line in fetch() if line["event"] == "fetched"} == {0}
    assert hub.writes() == []
    assert [r for audit in audits for r in audit.writes()] == []
    fleet.check([commit], "one")


def test_drift_made_while_everything_was_dead_is_healed_within_seconds(
    argosy: Installation, ten: tuple[Fleet, str], audits: list[Audit]
) -> None:
    fleet, commit = ten
    argosy.kill()
    wait_for(lambda: processes_of(argosy.data_dir) == {}, "nothing of it runs", limit_s=10)
    drifted = fleet.names[:3]
    for name in drifted:
        fleet.drift(name)
    ready = argosy.start()
    more = wait_for(lambda: all(fleet.value(name) == "one" for name in drifted), "healed", limit_s=HEALED_S)
    print(f"ready {ready:.1f} s after the start, healed {ready + more:.1f} s after it")
    assert ready + more < HEALED_S
    wait_synced(fleet.hub, fleet.names, limit_s=HEALED_S)
    fleet.check([commit], "one")
    assert deletions(audits) == []


def test_a_push_while_everything_was_dead_is_found_without_its_webhook(
    argosy: Installation, ten: tuple[Fleet, str], audits: list[Audit]
) -> None:
    fleet, first = ten
    argosy.kill()
    commit = fleet.commit("while it was dead")
    ready = argosy.start()
    more = wait_synced(fleet.hub, fleet.names, commit, limit_s=30)
    print(f"at the new commit {ready + more:.1f} s after the start")
    fleet.check([first, commit], "while it was dead")
    assert deletions(audits) == []
