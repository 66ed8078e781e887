"""Operations that somebody asked for: pinned, planned, proved, ended (walk C)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gitops.errors import InvalidError, RetryableError
from gitops.jobs import Advance, Compare, Rank
from gitops.model.crds.application import Backoff, Retry, SyncResource
from gitops.model.objects import ObjectKey, as_map
from tests.fakes.hub import DEFAULT_PROJECT
from tests.steps.fleet import C1, Fleet, config, config_file, synced

GHOST = "apiVersion: nowhere.org/v1\nkind: Ghost\nmetadata: {name: g}\n"


def asked(**files: str | None) -> Fleet:
    """An app that is synced by hand only, with a push it has not taken."""
    fleet = Fleet()
    fleet.pushes(a=config_file("a"), b=config_file("b"))
    fleet.has_app()
    fleet.asks()
    fleet.settles()
    assert fleet.status() == ("Synced", "Succeeded")
    fleet.pushes(**files)
    return fleet


def begun(fleet: Fleet) -> Fleet:
    """Run until the operation is written and its first turn waits."""
    while not any(isinstance(job, Advance) for job in fleet.queue.jobs):
        job = fleet.queue.take()
        assert job is not None
        fleet.run(job)
    fleet.cluster.requests.clear()
    fleet.hub.requests.clear()
    return fleet


def test_an_operation_written_by_hand_is_begun_and_taken_away_in_one_write() -> None:
    fleet = asked(a=config_file("a", "2"))
    fleet.asks()
    begun(fleet)
    app = fleet.app()
    assert app.operation is None
    assert app.status.operation_state
    assert app.status.operation_state.phase == "Running"
    fleet.runs()
    assert fleet.status() == ("Synced", "Succeeded")
    assert fleet.updates() == 1


def test_an_operation_keeps_its_commit_while_the_branch_moves_and_the_app_then_catches_up() -> None:
    fleet = asked(a=config_file("a", "2"))
    fleet.asks()
    begun(fleet)
    fleet.pushes(a=config_file("a", "3"))
    fleet.webhook().runs()
    assert fleet.live("a") == "2"
    assert fleet.status() == ("OutOfSync", "Succeeded")


def test_a_second_request_waits_for_the_first_and_is_then_begun() -> None:
    fleet = asked(a=config_file("a", "2"))
    fleet.asks()
    begun(fleet)
    fleet.asks(prune=True)
    fleet.runs().later(1)
    assert fleet.app().operation is None
    assert [h.id for h in fleet.app().status.history] == [0, 1, 2]
    state = fleet.app().status.operation_state
    assert state
    assert state.operation.sync
    assert state.operation.sync.prune


def test_without_prune_what_left_git_is_reported_and_stays() -> None:
    fleet = asked(b=None)
    fleet.asks()
    fleet.runs()
    assert fleet.results()["b"] == "PruneSkipped: ignored (requires pruning)"
    assert fleet.live("b") == "1"
    assert fleet.status() == ("OutOfSync", "Succeeded")


def test_prune_removes_what_left_git_and_nothing_else() -> None:
    fleet = asked(b=None)
    fleet.asks(prune=True)
    fleet.runs().later(1)
    assert fleet.writes() == ["delete b"]
    assert fleet.results() == {"a": "Synced: configmap/a unchanged", "b": "Pruned: pruned"}
    assert fleet.status() == ("Synced", "Succeeded")


def test_a_deletion_rests_on_a_render_of_this_operation_and_no_older_one() -> None:
    fleet = synced()
    fleet.pushes(b=None)
    fleet.webhook().run(fleet.queue.take())  # type: ignore[arg-type]  # the fetch waits
    fleet.clock.passes(60)
    fleet.runs()
    assert fleet.ran == ["compare", "advance", "fetch", "compare", "advance"]
    assert fleet.live("b") is None
    assert fleet.status() == ("Synced", "Succeeded")


def test_the_same_request_made_twice_is_rendered_twice() -> None:
    fleet = asked()
    fleet.asks(prune=True)
    fleet.runs()
    fleet.pushes(b=None)
    fleet.asks(prune=True)
    fleet.queue.jobs.clear()
    fleet.queue.nudge(Compare(fleet.app().ref, C1), Rank.HUMAN)
    fleet.runs()
    assert fleet.ran == ["compare", "fetch", "compare", "advance"]
    assert fleet.live("b") is None


def test_a_failed_render_answers_one_request_and_not_the_next() -> None:
    fleet = asked(a="apiVersion: v1\nkind: ConfigMap\nmetadata: {")
    fleet.asks()
    fleet.runs()
    assert fleet.status()[1] == "Error"
    fleet.pushes(a=config_file("a", "2"))
    fleet.asks()
    fleet.queue.jobs.clear()
    fleet.queue.nudge(Compare(fleet.app().ref, C1), Rank.HUMAN)
    fleet.runs()
    assert fleet.status() == ("Synced", "Succeeded")


def test_a_partial_discovery_deletes_nothing() -> None:
    fleet = asked(b=None)
    fleet.cluster.broken = frozenset({"metrics.k8s.io"})
    fleet.asks(prune=True)
    fleet.runs().later(1)
    assert fleet.results()["b"] == "PruneSkipped: ignored (the cluster's API discovery is incomplete)"
    assert fleet.live("b") == "1"


def test_an_extra_object_that_cannot_be_read_is_not_pruned_and_not_forgotten() -> None:
    fleet = asked(b=None)
    fleet.asks(prune=True)
    begun(fleet)
    fleet.cluster.silent_kinds = {"ConfigMap"}
    fleet.runs().later(1)
    assert fleet.cluster.asked("delete") == []
    assert fleet.status()[0] == "Unknown"
    assert fleet.resources()["b"] == "Unknown"


def test_an_object_that_is_no_longer_marked_as_ours_is_not_pruned() -> None:
    fleet = asked(b=None)
    fleet.cluster.edit(config("b"), {"metadata": {"annotations": {"argocd.argoproj.io/tracking-id": None}}})
    fleet.asks(prune=True)
    fleet.runs().later(1)
    assert fleet.live("b") == "1"
    assert fleet.status() == ("Synced", "Succeeded")


def test_an_object_that_says_so_is_kept() -> None:
    fleet = Fleet()
    fleet.pushes(a=config_file("a"), b=config_file("b", sync_options="Prune=false"))
    fleet.has_app()
    fleet.asks()
    fleet.settles()
    fleet.pushes(b=None)
    fleet.asks(prune=True)
    fleet.runs().later(1)
    assert fleet.results()["b"] == "PruneSkipped: ignored (no prune)"
    assert fleet.live("b") == "1"


def test_an_extra_object_is_pruned_even_when_redis_was_emptied_in_between() -> None:
    fleet = asked(b=None)
    fleet.asks(prune=True)
    begun(fleet)
    fleet.fingerprints.prints.clear()
    fleet.runs().later(1)
    assert fleet.live("b") is None


def test_a_kind_that_is_not_served_fails_the_operation_before_anything_is_applied() -> None:
    fleet = asked(a=config_file("a", "2"), g=GHOST)
    fleet.asks()
    fleet.runs()
    assert fleet.status()[1] == "Failed"
    assert 'no matches for kind "Ghost"' in fleet.message()
    assert fleet.writes() == []


def test_a_refused_object_fails_the_operation_and_the_others_are_applied() -> None:
    fleet = asked(a=config_file("a", "2"), b=config_file("b", "2"))
    fleet.cluster.refusals = {config("a"): InvalidError("data is immutable")}
    fleet.asks()
    fleet.runs()
    assert fleet.status() == ("OutOfSync", "Failed")
    assert "data is immutable" in fleet.results()["a"]
    assert fleet.live("b") == "2"
    assert fleet.counters.sums["argocd_app_sync_total"]


def test_a_failed_operation_waits_and_starts_again_until_it_succeeds() -> None:
    fleet = asked(a=config_file("a", "2"))
    fleet.cluster.refusals = {config("a"): RetryableError("time-out")}
    fleet.asks(retry=Retry(limit=2, backoff=Backoff(duration="5s", factor=2)))
    fleet.runs()
    assert "Retrying attempt #1" in fleet.message()
    assert fleet.wakes["advance"].total_seconds() == 5
    fleet.later(5)
    assert "Retrying attempt #2" in fleet.message()
    assert fleet.wakes["advance"].total_seconds() == 10
    fleet.cluster.refusals = {}
    fleet.later(10)
    assert fleet.status() == ("Synced", "Succeeded")
    assert len(fleet.app().status.history) == 2


def test_an_operation_without_retries_left_has_failed_and_says_how_often_it_tried() -> None:
    fleet = asked(a=config_file("a", "2"))
    fleet.cluster.refusals = {config("a"): RetryableError("time-out")}
    fleet.asks(retry=Retry(limit=1))
    fleet.runs().later(5)
    assert fleet.status()[1] == "Failed"
    assert fleet.message().endswith("(retried 1 times).")


@pytest.mark.parametrize("waiting", [False, True])
def test_a_terminated_operation_fails_and_applies_no_more(waiting: bool) -> None:
    fleet = asked(a=config_file("a", "2"))
    if waiting:
        fleet.cluster.refusals = {config("a"): RetryableError("time-out")}
    fleet.asks(retry=Retry(limit=3))
    begun(fleet)
    if waiting:
        fleet.runs()
        fleet.cluster.requests.clear()
    state = fleet.app().status.operation_state
    assert state
    fleet.edits(status=replace(fleet.app().status, operation_state=replace(state, phase="Terminating")))
    fleet.runs()
    assert fleet.status()[1] == "Failed"
    assert fleet.message().startswith("Operation terminated")
    assert fleet.writes() == []


def test_a_source_edited_while_the_operation_runs_ends_it() -> None:
    fleet = asked(a=config_file("a", "2"))
    fleet.asks()
    begun(fleet)
    app = fleet.app()
    assert app.spec.source
    fleet.edits(spec=replace(app.spec, source=replace(app.spec.source, path="other")))
    fleet.runs()
    assert fleet.status()[1] == "Failed"
    assert "edited while the operation ran" in fleet.message()


def test_a_spec_that_names_two_sources_meanwhile_ends_the_operation_too() -> None:
    fleet = asked(a=config_file("a", "2"))
    fleet.asks()
    begun(fleet)
    app = fleet.app()
    assert app.spec.source
    fleet.edits(spec=replace(app.spec, sources=(app.spec.source, app.spec.source)))
    fleet.runs()
    assert fleet.status()[1] == "Failed"


def test_a_dry_run_changes_nothing_and_is_no_history() -> None:
    fleet = asked(a=config_file("a", "2"), b=None)
    fleet.asks(dry_run=True, prune=True)
    fleet.runs().later(1)
    assert fleet.writes() == []
    assert fleet.results() == {"a": "Synced: configmap/a configured (dry run)", "b": "Pruned: pruned (dry run)"}
    assert fleet.status() == ("OutOfSync", "Succeeded")
    assert len(fleet.app().status.history) == 1


def test_a_selective_sync_touches_what_it_names_and_is_no_history() -> None:
    fleet = asked(a=config_file("a", "2"), b=config_file("b", "2"))
    fleet.asks(resources=(SyncResource(kind="ConfigMap", name="b"),))
    fleet.runs()
    assert fleet.writes() == ["apply b"]
    assert fleet.status() == ("OutOfSync", "Succeeded")
    assert len(fleet.app().status.history) == 1


def test_an_operation_on_a_named_revision_syncs_that_one() -> None:
    fleet = asked()
    older = fleet.app().status.sync.revision
    fleet.pushes(a=config_file("a", "2"))
    fleet.asks()
    fleet.runs()
    assert fleet.live("a") == "2"
    fleet.asks(revision=older)
    fleet.runs()
    assert fleet.live("a") == "1"
    assert fleet.app().status.history[-1].revision == older
    fleet.later(1)
    assert fleet.status() == ("OutOfSync", "Succeeded")


def test_an_app_of_more_objects_than_one_turn_writes_goes_on_in_the_next() -> None:
    fleet = Fleet()
    fleet.pushes(**{f"c{n:03}": config_file(f"c{n:03}") for n in range(250)})
    fleet.has_app(policy={"automated": {}})
    fleet.runs()
    assert fleet.ran == ["fetch", "compare", "advance", "advance"]
    assert fleet.status() == ("Synced", "Succeeded")
    assert len(fleet.writes()) == 250
    assert len(fleet.results()) == 250


def test_a_kind_the_project_refuses_is_not_applied() -> None:
    fleet = asked(a=config_file("a", "2"), n="apiVersion: v1\nkind: Namespace\nmetadata: {name: n}\n")
    config_ = fleet.hub.config("")
    project = config_.projects["default"]
    tight = replace(project, spec=replace(project.spec, cluster_resource_whitelist=()))
    fleet.hub.configure(replace(config_, projects={"default": tight}))
    fleet.asks()
    fleet.runs()
    assert fleet.status()[1] == "Failed"
    assert ObjectKey("", "Namespace", "", "n") not in fleet.cluster.objects


def test_a_cluster_that_goes_away_in_the_middle_is_no_success_and_the_retry_finishes() -> None:
    fleet = asked(a=config_file("a", "2"))
    fleet.asks(retry=Retry(limit=5))
    begun(fleet)
    fleet.cluster.away = True
    fleet.runs()
    assert "Retrying attempt #1" in fleet.message()
    fleet.cluster.away = False
    fleet.later(5)
    assert fleet.status() == ("Synced", "Succeeded")


def windowed(fleet: Fleet) -> Fleet:
    """Give the project a sync window, which this version cannot evaluate."""
    config_ = fleet.hub.config("")
    shut = DEFAULT_PROJECT.parse(
        {
            **DEFAULT_PROJECT.dump(),
            "spec": {
                **as_map(DEFAULT_PROJECT.dump()["spec"]),
                "syncWindows": [{"kind": "deny", "schedule": "0 22 * * *", "duration": "1h", "applications": ["*"]}],
            },
        }
    )
    fleet.hub.configure(replace(config_, projects={"default": shut}))
    return fleet


def test_a_project_with_windows_syncs_nothing_by_itself_and_says_why() -> None:
    fleet = windowed(synced({"automated": {}}, a=config_file("a")))
    fleet.pushes(a=config_file("a", "2"))
    fleet.webhook().runs()
    assert fleet.live("a") == "1"
    assert "does not evaluate yet" in fleet.conditions()["SyncError"]
    assert fleet.app().status.sync.status == "OutOfSync"


def test_a_project_with_windows_refuses_a_request_and_says_why() -> None:
    fleet = windowed(asked(a=config_file("a", "2")))
    fleet.asks()
    fleet.runs()
    assert fleet.live("a") == "1"
    assert fleet.app().operation is None
    assert fleet.status() == ("OutOfSync", "Error")
    assert "sync window" in fleet.message()


def test_sync_options_that_nothing_obeys_are_named() -> None:
    options = ["CreateNamespace=true", "ServerSideApply=true", "Prune=false", "Replace=true"]
    fleet = synced({"automated": {}, "syncOptions": options}, a=config_file("a"))
    text = fleet.conditions()["UnsupportedOptionWarning"]
    assert text.endswith("CreateNamespace=true, Replace=true")
