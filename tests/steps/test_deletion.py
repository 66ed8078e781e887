"""Deleting an app: what is ours goes, waits to be gone, and nothing else is touched (argo-cd.md 2.11)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gitops.errors import LeaseLostError
from gitops.jobs import Advance, Compare, Fetch, Rank
from gitops.model.objects import AppRef
from gitops.model.observed import Absent
from gitops.reconcile.quarantine import CONDITION, quarantine
from gitops.sync.cascade import FINALIZER
from tests.steps.fleet import C1, REPO, Fleet, config, config_file, synced

WEB = AppRef("argocd", "web")


def owned(**files: str) -> Fleet:
    """A synced app with the cascade finalizer."""
    fleet = Fleet()
    fleet.pushes(**(files or {"a": config_file("a"), "b": config_file("b")}))
    fleet.has_app(policy={"automated": {}}, finalizers=[FINALIZER])
    fleet.settles()
    return fleet


def gone(fleet: Fleet) -> bool:
    return isinstance(fleet.hub.application(WEB), Absent)


def test_a_deleted_app_takes_its_objects_along_and_is_forgotten() -> None:
    fleet = owned()
    uid = fleet.uid
    fleet.hub.delete(fleet.app())
    fleet.runs()
    assert not gone(fleet)
    fleet.later(2)
    assert gone(fleet)
    assert fleet.cluster.objects == {}
    assert fleet.fingerprints.fingerprints(uid) == {}
    assert sorted(fleet.writes()) == ["delete a", "delete b"]


def test_a_deletion_waits_until_the_objects_are_really_gone() -> None:
    fleet = owned()
    fleet.cluster.stubborn = {config("a")}
    fleet.hub.delete(fleet.app())
    fleet.runs().later(2)
    assert not gone(fleet)
    fleet.later(2)
    assert fleet.writes().count("delete a") == 1
    fleet.cluster.remove(config("a"))
    fleet.later(2)
    assert gone(fleet)


def test_an_app_without_the_finalizer_leaves_its_objects() -> None:
    fleet = synced()
    fleet.hub.delete(fleet.app())
    fleet.runs()
    assert gone(fleet)
    assert fleet.writes() == []


def test_an_object_that_says_so_stays() -> None:
    fleet = owned(a=config_file("a"), b=config_file("b", sync_options="Delete=false"))
    fleet.hub.delete(fleet.app())
    fleet.runs().later(2)
    assert gone(fleet)
    assert set(fleet.cluster.objects) == {config("b")}


def test_an_object_that_somebody_else_owns_by_now_stays() -> None:
    fleet = owned()
    mark = {"argocd.argoproj.io/tracking-id": "other:/ConfigMap:web/b"}
    fleet.cluster.edit(config("b"), {"metadata": {"annotations": dict(mark)}})
    fleet.hub.delete(fleet.app())
    fleet.runs().later(2)
    assert gone(fleet)
    assert set(fleet.cluster.objects) == {config("b")}


def test_nothing_is_deleted_while_the_project_is_gone_and_a_condition_says_why() -> None:
    fleet = owned()
    whole = fleet.hub.config("")
    fleet.hub.configure(replace(whole, projects={}))
    fleet.hub.delete(fleet.app())
    fleet.runs()
    assert "project default does not exist" in fleet.conditions()["DeletionError"]
    assert fleet.writes() == []
    fleet.hub.configure(whole)
    fleet.later(10).later(2)
    assert gone(fleet)


def test_an_object_that_cannot_be_read_is_not_taken_for_gone() -> None:
    fleet = owned()
    fleet.cluster.silent_kinds = {"ConfigMap"}
    fleet.hub.delete(fleet.app())
    fleet.runs()
    assert "cannot" in fleet.conditions()["DeletionError"]
    assert not gone(fleet)
    fleet.cluster.silent_kinds = set()
    fleet.later(10).later(2)
    assert gone(fleet)


def test_an_app_of_a_cluster_that_is_not_registered_any_more_can_go() -> None:
    fleet = owned()
    fleet.hub.configure(replace(fleet.hub.config(""), clusters=()))
    fleet.hub.delete(fleet.app())
    fleet.runs()
    assert gone(fleet)
    assert fleet.writes() == []


def test_an_object_that_no_record_names_is_found_by_its_mark() -> None:
    fleet = owned()
    fleet.fingerprints.prints.clear()
    status = fleet.app().status
    fleet.edits(status=replace(status, resources=status.resources[:1]))
    fleet.hub.delete(fleet.app())
    fleet.runs().later(2)
    assert fleet.cluster.objects == {}


def test_a_deletion_that_lost_its_lease_deletes_nothing() -> None:
    fleet = owned()
    fleet.hub.delete(fleet.app())
    fleet.lease.lose()
    with pytest.raises(LeaseLostError):
        fleet.run(Advance(WEB, C1))
    assert fleet.writes() == []


def test_an_app_being_deleted_begins_no_operation() -> None:
    fleet = owned()
    fleet.cluster.stubborn = {config("a"), config("b")}
    fleet.pushes(a=config_file("a", "2"))
    fleet.hub.delete(fleet.app())
    fleet.queue.nudge(Compare(WEB, C1), Rank.WEBHOOK)
    fleet.runs()
    assert fleet.live("a") == "1"
    assert "apply a" not in fleet.writes()


def test_read_only_deletes_nothing() -> None:
    fleet = owned()
    fleet.ports = replace(fleet.ports, read_only=True)
    fleet.hub.delete(fleet.app())
    fleet.runs()
    assert fleet.writes() == []
    assert not gone(fleet)


def test_an_app_whose_turns_kill_their_worker_says_so_until_the_next_look() -> None:
    fleet = synced()
    quarantine(Compare(WEB, C1), fleet.ports)
    assert "its worker died in two turns" in fleet.conditions()[CONDITION]
    fleet.refreshes()
    fleet.runs()
    assert fleet.conditions() == {}


def test_a_quarantined_fetch_and_an_app_that_is_gone_write_nothing() -> None:
    fleet = synced()
    quarantine(Fetch(REPO), fleet.ports)
    quarantine(Compare(AppRef("argocd", "other"), C1), fleet.ports)
    assert fleet.hub.requests == []
