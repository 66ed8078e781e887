"""Drift seen by the watch or a scan, and healed as the policy says (walk B)."""

from __future__ import annotations

import pytest

from gitops.jobs import Compare, Rank, Scan, Sweep
from gitops.model.config import Settings
from gitops.model.credentials import CredentialSet
from gitops.model.fingerprint import GONE, Verdict
from gitops.model.objects import GroupKind, JsonMap
from gitops.model.observed import Rows
from tests.steps.fleet import C1, Fleet, config, config_file, synced

HEAL: JsonMap = {"automated": {"selfHeal": True}}
LOOK: JsonMap = {"automated": {}}


def scanned(fleet: Fleet) -> Fleet:
    """One scan, and what follows."""
    fleet.queue.nudge(Scan(C1), Rank.PERIODIC)
    return fleet.runs()


def test_an_edit_is_healed_at_once_and_only_the_edited_object_is_written() -> None:
    fleet = synced(HEAL, a=config_file("a"), b=config_file("b"))
    fleet.clock.passes(60)
    fleet.cluster.edit(config("a"), {"data": {"v": "9"}})
    fleet.tells("a")
    fleet.later(1)
    assert fleet.live("a") == "1"
    assert fleet.writes() == ["apply a"]
    state = fleet.app().status.operation_state
    assert state
    assert state.operation.sync
    assert [r.name for r in state.operation.sync.resources] == ["a"]
    assert state.operation.sync.auto_heal_attempts_count == 1
    assert len(fleet.app().status.history) == 1


def test_a_second_edit_is_healed_after_a_pause_that_grows() -> None:
    fleet = synced(HEAL, a=config_file("a"))
    fleet.clock.passes(60)
    waits = []
    for _ in range(3):
        fleet.cluster.edit(config("a"), {"data": {"v": "9"}})
        fleet.tells("a")
        fleet.runs()
        waits.append(fleet.wakes["compare"].total_seconds() if fleet.wakes else 0.0)
        if fleet.wakes:
            assert fleet.live("a") == "9"
            fleet.later(waits[-1])
        assert fleet.live("a") == "1"
    assert waits == [0.0, 6.0, 18.0]


def test_drift_is_shown_and_left_alone_without_self_heal() -> None:
    fleet = synced(LOOK, a=config_file("a"))
    fleet.cluster.edit(config("a"), {"data": {"v": "9"}})
    fleet.tells("a")
    fleet.runs()
    assert fleet.status() == ("OutOfSync", "Succeeded")
    assert fleet.writes() == []
    assert fleet.updates() == 1


def test_a_deleted_object_is_made_again() -> None:
    fleet = synced(HEAL, a=config_file("a"), b=config_file("b"))
    fleet.clock.passes(60)
    fleet.cluster.remove(config("a"))
    fleet.tells("a")
    fleet.runs()
    assert fleet.live("a") == "1"
    assert fleet.writes() == ["apply a"]


def test_a_field_that_git_does_not_name_is_left_alone_and_costs_nothing() -> None:
    fleet = synced()
    fleet.cluster.edit(config("a"), {"metadata": {"annotations": {"theirs": "1"}}}, "somebody")
    fleet.tells("a")
    fleet.runs()
    assert fleet.ran == []
    scanned(fleet)
    assert fleet.ran == ["scan"]
    assert fleet.updates() == 0


def test_a_field_edited_there_and_back_is_looked_at_once_and_found_clean() -> None:
    fleet = synced(LOOK, a=config_file("a"))
    fleet.cluster.edit(config("a"), {"data": {"v": "9"}})
    fleet.cluster.edit(config("a"), {"data": {"v": "1"}})
    fleet.tells("a")
    fleet.runs()
    assert fleet.cluster.asked("get") == ["get a"]
    assert fleet.status()[0] == "Synced"
    assert fleet.updates() == 0
    fleet.settles()
    fleet.tells("a")
    fleet.runs()
    assert fleet.ran == []


def test_a_doubt_that_a_newer_look_has_answered_reads_nothing_again() -> None:
    fleet = synced()
    row = fleet.cluster.rows(GroupKind("", "ConfigMap"), Settings())
    assert isinstance(row, Rows)
    fleet.cluster.requests.clear()
    found = {r.key: f"{r.uid} {r.resource_version} {r.generation} {r.entry}" for r in row.rows}
    fleet.fingerprints.suspect(fleet.uid, found)
    fleet.queue.nudge(Compare(fleet.app().ref, C1), Rank.DRIFT)
    fleet.runs()
    assert fleet.cluster.requests == []
    assert fleet.fingerprints.suspects(fleet.uid) == {}


def test_a_doubt_that_came_during_the_look_is_kept_for_the_next() -> None:
    fleet = synced()
    fleet.fingerprints.suspect(fleet.uid, {config("a"): "uid 1 0 e"})
    seen = fleet.fingerprints.suspects(fleet.uid)
    fleet.fingerprints.suspect(fleet.uid, {config("a"): "uid 2 0 e"})
    fleet.fingerprints.cleared(fleet.uid, seen)
    assert fleet.fingerprints.suspects(fleet.uid) == {config("a"): "uid 2 0 e"}


def test_a_field_that_admission_takes_is_compared_on_every_change() -> None:
    fleet = Fleet()
    fleet.pushes(a=config_file("a"))
    fleet.cluster.admit = lambda body: body.update({"data": {"v": "admitted"}})
    fleet.has_app(policy=dict(HEAL))
    fleet.runs()
    assert fleet.fingerprints.fingerprints(fleet.uid)[config("a")].contested
    fleet.settles()
    fleet.cluster.edit(config("a"), {"metadata": {"labels": {"theirs": "1"}}}, "somebody")
    fleet.tells("a")
    fleet.runs()
    assert fleet.cluster.asked("get") == ["get a"]


def test_what_admission_changes_in_our_own_apply_is_not_drift_and_is_not_fought_over() -> None:
    fleet = Fleet()
    fleet.pushes(a=config_file("a"))
    fleet.cluster.admit = lambda body: body.update({"data": {"v": "admitted"}})
    fleet.has_app(policy=dict(HEAL))
    fleet.settles()
    fleet.clock.passes(60)
    fleet.refreshes()
    fleet.runs()
    assert fleet.status() == ("Synced", "Succeeded")
    assert fleet.writes() == []


@pytest.mark.parametrize("harm", ["edited", "deleted", "extra"])
def test_a_scan_finds_what_the_watch_missed_and_nudges_once(harm: str) -> None:
    fleet = synced(LOOK)
    if harm == "edited":
        fleet.cluster.edit(config("a"), {"data": {"v": "9"}})
    if harm == "deleted":
        fleet.cluster.remove(config("a"))
    if harm == "extra":
        twin = fleet.cluster.objects[config("a")]
        meta: JsonMap = {"name": "x", "namespace": "web", "uid": "u-x", "resourceVersion": "9"}
        meta["annotations"] = {"argocd.argoproj.io/tracking-id": "web:/ConfigMap:web/x"}
        fleet.cluster.objects[config("x")] = type(twin)({**twin.body, "metadata": meta})
    scanned(fleet)
    assert fleet.ran == ["scan", "compare"]
    assert fleet.status()[0] == "OutOfSync"
    assert len(fleet.cluster.asked("get")) == 1
    assert fleet.updates() == 1
    scanned(fleet)
    assert fleet.ran == ["scan"]


def test_a_scan_of_a_quiet_cluster_costs_one_list_per_kind_and_nothing_else() -> None:
    fleet = synced()
    scanned(fleet)
    assert fleet.ran == ["scan"]
    assert fleet.cluster.requests == ["list ConfigMap"]
    assert fleet.hub.requests == ["list"]


def test_a_kind_that_cannot_be_listed_is_unknown_and_nothing_is_missed_or_deleted() -> None:
    fleet = synced()
    fleet.cluster.silent_kinds = {"ConfigMap"}
    scanned(fleet)
    assert fleet.fingerprints.suspects(fleet.uid) == {}
    assert fleet.writes() == []
    assert fleet.status()[0] == "Synced"


def test_a_kind_that_no_status_names_is_not_taken_for_gone() -> None:
    fleet = synced()
    prints = fleet.fingerprints.prints[fleet.uid]
    other = type(config("a"))("apps", "Deployment", "web", "d")
    prints[other] = prints[config("a")]
    fleet.queue.nudge(Scan(C1), Rank.PERIODIC)
    fleet.run(fleet.queue.take())  # type: ignore[arg-type]  # the scan waits
    assert fleet.fingerprints.suspects(fleet.uid) == {}


def test_a_scan_after_a_flush_has_every_object_looked_at_and_changes_nothing() -> None:
    fleet = synced()
    fleet.forgets()
    fleet.facts.bump()
    fleet.vault.put(CredentialSet())
    fleet.news.republish()
    fleet.runs()
    assert fleet.writes() == []
    assert fleet.updates() == 0
    assert fleet.verdict("a") is Verdict.CLEAN


def test_a_sweep_nudges_what_has_no_job_and_a_quiet_fleet_gets_none() -> None:
    fleet = synced()
    fleet.queue.nudge(Scan(C1), Rank.PERIODIC)
    fleet.queue.nudge(Sweep(), Rank.PERIODIC)
    fleet.settles()
    fleet.queue.nudge(Sweep(), Rank.PERIODIC)
    fleet.runs()
    assert fleet.ran == ["sweep"]


def test_a_sweep_brings_back_a_lost_operation_a_lost_request_a_lost_app_and_a_lost_look() -> None:
    for lost in ("operation", "request", "app", "look"):
        fleet = Fleet()
        fleet.pushes(a=config_file("a"))
        fleet.has_app(policy=dict(LOOK))
        if lost == "operation":
            while fleet.status()[1] != "Running":
                fleet.run(fleet.queue.take())  # type: ignore[arg-type]  # fetch and compare wait
        if lost == "request":
            fleet.settles()
            fleet.asks()
        if lost == "look":
            fleet.run(fleet.queue.take())  # type: ignore[arg-type]  # the fetch waits; what it rendered is not compared
        fleet.queue.jobs.clear()
        fleet.queue.nudge(Sweep(), Rank.PERIODIC)
        fleet.runs()
        assert fleet.status() == ("Synced", "Succeeded"), lost


def test_a_sweep_brings_back_the_compare_of_a_push_that_was_lost_after_its_render() -> None:
    fleet = synced(LOOK, a=config_file("a"))
    fleet.pushes(a=config_file("a", "2"))
    fleet.webhook()
    fleet.run(fleet.queue.take())  # type: ignore[arg-type]  # the fetch waits
    fleet.queue.jobs.clear()
    fleet.webhook().runs()
    assert fleet.live("a") == "1"  # the tree is known: a second fetch tells nobody
    fleet.queue.nudge(Sweep(), Rank.PERIODIC)
    fleet.runs()
    assert fleet.live("a") == "2"


def test_a_sweep_brings_back_a_self_heal_whose_waiting_was_lost() -> None:
    fleet = synced(HEAL, a=config_file("a"))
    fleet.cluster.edit(config("a"), {"data": {"v": "9"}})
    fleet.tells("a")
    fleet.runs()
    assert fleet.live("a") == "9"  # the last operation ended just now
    fleet.queue.jobs.clear()
    fleet.queue.later.clear()
    fleet.wakes.clear()
    fleet.clock.passes(30)
    fleet.queue.nudge(Sweep(), Rank.PERIODIC)
    fleet.runs()
    assert fleet.live("a") == "1"


def test_a_sweep_polls_repositories_and_scans_clusters_when_they_are_due() -> None:
    fleet = synced()
    fleet.queue.nudge(Scan(C1), Rank.PERIODIC)
    fleet.settles()
    fleet.pushes(a=config_file("a", "2"))
    fleet.clock.passes(60)
    fleet.queue.nudge(Sweep(), Rank.PERIODIC)
    fleet.runs()
    assert fleet.ran == ["sweep"]
    fleet.clock.passes(181)
    fleet.queue.nudge(Sweep(), Rank.PERIODIC)
    fleet.runs()
    assert sorted(fleet.ran) == ["advance", "compare", "fetch", "scan", "sweep"]
    assert fleet.live("a") == "2"


def test_an_object_that_is_gone_is_told_by_its_name_alone() -> None:
    fleet = synced(LOOK, a=config_file("a"))
    fleet.cluster.remove(config("a"))
    fleet.tells("a")
    assert fleet.fingerprints.suspects(fleet.uid) == {config("a"): GONE}
