"""From a push to Synced, and what a look costs when nothing changed (walk A)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gitops.errors import LeaseLostError
from gitops.jobs import Advance, Compare, Rank
from gitops.model.config import HubConfig
from gitops.model.crds.application import Destination
from gitops.model.objects import JsonMap
from tests.steps.fleet import C1, REPO, URL, Fleet, config, config_file, synced

AUTOMATED: JsonMap = {"automated": {"selfHeal": True}}


def test_the_first_sight_of_an_app_ends_synced_with_two_hub_updates_and_one_history_entry() -> None:
    fleet = Fleet()
    revision = fleet.pushes(a=config_file("a"), b=config_file("b"))
    fleet.has_app(policy={"automated": {}})
    fleet.hub.requests.clear()
    fleet.runs()
    assert fleet.status() == ("Synced", "Succeeded")
    assert fleet.updates() == 2
    assert [(h.id, h.revision) for h in fleet.app().status.history] == [(0, revision)]
    assert (fleet.live("a"), fleet.live("b")) == ("1", "1")
    assert fleet.ran == ["fetch", "compare", "advance"]


def test_a_push_writes_only_the_object_that_changed_and_reads_only_that_one() -> None:
    fleet = synced()
    revision = fleet.pushes(a=config_file("a", "2"))
    fleet.webhook().runs()
    assert fleet.ran == ["fetch", "compare", "advance"]
    assert fleet.cluster.requests == ["get a", "apply a"]
    assert fleet.updates() == 2
    assert fleet.app().status.sync.revision == revision
    assert fleet.results() == {"a": "Synced: configmap/a configured", "b": "Synced: configmap/b unchanged"}


def test_a_push_that_changes_no_app_costs_no_message_and_no_write() -> None:
    fleet = synced()
    fleet.repository.commit({"other/x.yaml": config_file("x")})
    fleet.webhook().runs()
    assert fleet.ran == ["fetch"]
    assert fleet.cluster.requests == []
    assert fleet.hub.requests == []


def test_a_look_at_an_app_where_nothing_changed_reads_no_object_and_writes_nothing() -> None:
    fleet = synced()
    fleet.queue.nudge(Compare(fleet.app().ref, C1), Rank.PERIODIC)
    fleet.runs()
    assert fleet.ran == ["compare"]
    assert fleet.cluster.requests == []
    assert fleet.hub.requests == []


def test_a_refresh_reads_every_object_and_is_answered_by_taking_the_annotation_away() -> None:
    fleet = synced()
    before = fleet.app().status.reconciled_at
    fleet.clock.passes(10)
    fleet.refreshes()
    fleet.runs()
    assert fleet.cluster.requests == ["get a", "get b"]
    assert "argocd.argoproj.io/refresh" not in fleet.app().metadata.annotations
    assert fleet.app().status.reconciled_at != before


def test_a_refresh_is_not_answered_by_a_look_that_did_not_ask_git() -> None:
    fleet = synced()
    fleet.refreshes()
    fleet.queue.jobs.clear()  # the fetch is late; some other news brings a compare first
    revision = fleet.pushes(a=config_file("a", "2"))
    job = Compare(fleet.app().ref, C1)
    fleet.run(job)
    assert "argocd.argoproj.io/refresh" in fleet.app().metadata.annotations
    fleet.runs()
    assert "argocd.argoproj.io/refresh" not in fleet.app().metadata.annotations
    assert fleet.app().status.sync.revision == revision


def test_a_refresh_of_a_broken_repository_is_answered_too() -> None:
    fleet = Fleet()
    fleet.pushes(a="kind: [")
    fleet.has_app(path="nowhere")
    fleet.settles()
    fleet.refreshes()
    fleet.runs()
    assert fleet.ran == ["fetch", "compare"]
    assert "argocd.argoproj.io/refresh" not in fleet.app().metadata.annotations


def test_without_automated_sync_an_app_is_shown_out_of_sync_and_left_alone() -> None:
    fleet = Fleet()
    fleet.pushes(a=config_file("a"))
    fleet.has_app()
    fleet.runs()
    assert fleet.status() == ("OutOfSync", "")
    assert fleet.app().status.health.status == "Missing"
    assert fleet.resources() == {"a": "OutOfSync"}
    assert fleet.writes() == []


def test_somebody_who_writes_first_is_never_overwritten_and_nothing_is_doubled() -> None:
    fleet = synced()
    fleet.pushes(a=config_file("a", "2"))
    fleet.hub.before_update = lambda: fleet.edits(
        metadata=replace(fleet.app().metadata, annotations={"by": "somebody"})
    )
    fleet.webhook().runs()
    assert fleet.app().metadata.annotations == {"by": "somebody"}
    assert fleet.status() == ("Synced", "Succeeded")
    assert [h.id for h in fleet.app().status.history] == [0, 1]
    assert fleet.writes() == ["apply a"]


def test_a_conflict_when_the_operation_ends_repeats_the_turn_without_a_second_write() -> None:
    fleet = synced()
    fleet.pushes(a=config_file("a", "2"))
    fleet.webhook()
    for _ in range(2):
        fleet.run(fleet.queue.take())  # type: ignore[arg-type]  # fetch and compare wait
    fleet.hub.before_update = lambda: fleet.edits(
        metadata=replace(fleet.app().metadata, annotations={"by": "somebody"})
    )
    fleet.runs()
    assert fleet.ran == ["advance", "advance"]
    assert fleet.writes() == ["apply a"]
    assert [h.id for h in fleet.app().status.history] == [0, 1]


@pytest.mark.parametrize("checks", [0, 1])
def test_a_turn_that_lost_its_lease_before_a_write_does_not_make_it(checks: int) -> None:
    fleet = synced()
    fleet.pushes(a=config_file("a", "2"), b=config_file("b", "2"))
    fleet.webhook()
    for _ in range(2):
        fleet.run(fleet.queue.take())  # type: ignore[arg-type]  # fetch and compare wait
    fleet.hub.requests.clear()
    fleet.lease.lose(after=checks)
    with pytest.raises(LeaseLostError):
        fleet.run(Advance(fleet.app().ref, C1))
    assert len(fleet.writes()) == checks
    assert fleet.updates() == 0


def test_the_next_turn_finishes_what_a_lost_one_began() -> None:
    fleet = synced()
    fleet.pushes(a=config_file("a", "2"), b=config_file("b", "2"))
    fleet.webhook()
    for _ in range(2):
        fleet.run(fleet.queue.take())  # type: ignore[arg-type]  # fetch and compare wait
    fleet.lease.lose(after=1)
    with pytest.raises(LeaseLostError):
        fleet.run(Advance(fleet.app().ref, C1))
    fleet.lease = type(fleet.lease)()
    fleet.runs()
    assert (fleet.live("a"), fleet.live("b")) == ("2", "2")
    assert [h.id for h in fleet.app().status.history] == [0, 1]


def test_a_lost_render_is_asked_for_again_and_nothing_else_is_lost() -> None:
    fleet = synced()
    fleet.desireds.renders.clear()
    fleet.queue.nudge(Compare(fleet.app().ref, C1), Rank.PERIODIC)
    fleet.runs()
    assert fleet.ran == ["compare", "fetch", "compare"]
    assert fleet.status() == ("Synced", "Succeeded")
    assert fleet.writes() == []


def test_a_lost_render_in_the_middle_of_an_operation_is_made_again_for_the_same_commit() -> None:
    fleet = synced()
    pinned = fleet.pushes(a=config_file("a", "2"))
    fleet.webhook()
    for _ in range(2):
        fleet.run(fleet.queue.take())  # type: ignore[arg-type]  # fetch and compare wait
    fleet.desireds.renders.clear()
    fleet.pushes(a=config_file("a", "3"))
    fleet.runs().later(1)
    assert [h.revision for h in fleet.app().status.history][1] == pinned
    fleet.later(1)
    assert fleet.live("a") == "3"


def test_a_source_that_fails_is_told_and_recovers_with_the_same_tree() -> None:
    fleet = synced()
    fleet.pushes(a=config_file("a", "2"))
    fleet.sources.away = "the remote hung up"
    fleet.webhook().runs()
    assert fleet.status()[0] == "Unknown"
    assert "the remote hung up" in fleet.conditions()["ComparisonError"]
    fleet.repository.commit({"web/a.yaml": config_file("a")})
    fleet.sources.away = ""
    fleet.later(5)
    assert fleet.status()[0] == "Synced"
    assert fleet.conditions() == {}


def test_an_edited_revision_that_names_the_same_files_is_told() -> None:
    fleet = synced()
    release = fleet.repository.commit(
        {"web/a.yaml": config_file("a"), "web/b.yaml": config_file("b")}, branch="release"
    )
    app = fleet.app()
    assert app.spec.source
    fleet.edits(spec=replace(app.spec, source=replace(app.spec.source, target_revision="release")))
    fleet.runs()
    assert fleet.app().status.sync.revision == release
    assert fleet.app().status.sync.compared_to.source == fleet.app().spec.source


def test_an_object_written_twice_counts_once_and_is_warned_of() -> None:
    fleet = Fleet()
    fleet.pushes(a=config_file("a", "1"), b=config_file("a", "2"))
    fleet.has_app(policy=dict(AUTOMATED))
    fleet.runs()
    assert fleet.live("a") == "2"
    assert "ConfigMap" in fleet.conditions()["RepeatedResourceWarning"]


def test_a_project_that_is_gone_is_an_error_and_comes_back_with_the_project() -> None:
    fleet = synced()
    config_ = fleet.hub.config("")
    fleet.hub.configure(HubConfig("argocd", config_.settings, config_.params, config_.clusters, {}))
    fleet.queue.nudge(Compare(fleet.app().ref, C1), Rank.PERIODIC)
    fleet.runs()
    assert "does not exist" in fleet.conditions()["InvalidSpecError"]
    assert fleet.writes() == []
    fleet.hub.configure(config_)
    fleet.queue.nudge(Compare(fleet.app().ref, C1), Rank.PERIODIC)
    fleet.runs()
    assert (fleet.status()[0], fleet.conditions()) == ("Synced", {})


def test_a_cluster_that_does_not_answer_is_asked_again_without_any_news() -> None:
    fleet = synced()
    fleet.cluster.away = True
    fleet.refreshes()
    fleet.runs()
    assert fleet.status()[0] == "Unknown"
    assert "cluster https://c1" in fleet.conditions()["ComparisonError"]
    fleet.cluster.away = False
    fleet.later(15)
    assert (fleet.status()[0], fleet.conditions()) == ("Synced", {})


def test_an_app_created_while_its_cluster_is_away_is_synced_when_it_comes_back() -> None:
    fleet = Fleet()
    fleet.pushes(a=config_file("a"))
    fleet.cluster.away = True
    fleet.has_app(policy=dict(AUTOMATED))
    fleet.runs()
    assert fleet.status() == ("Unknown", "")
    fleet.cluster.away = False
    fleet.later(15)
    assert fleet.status() == ("Synced", "Succeeded")


def test_an_object_that_cannot_be_read_makes_the_app_unknown_and_stops_prune() -> None:
    fleet = synced()
    fleet.pushes(a=None)
    fleet.cluster.silent_kinds = {"ConfigMap"}
    fleet.webhook().runs()
    assert fleet.status()[0] == "Unknown"
    assert fleet.writes() == []
    fleet.cluster.silent_kinds = set()
    fleet.later(15)
    assert fleet.status()[0] == "Synced"
    assert fleet.live("a") is None


def test_an_app_with_nowhere_to_go_says_so_and_ends_what_was_asked() -> None:
    fleet = synced()
    fleet.edits(spec=replace(fleet.app().spec, destination=Destination(server="https://gone", namespace="web")))
    fleet.asks()
    fleet.runs()
    assert fleet.status() == ("Unknown", "Error")
    assert "https://gone is not registered" in fleet.message()
    assert fleet.app().operation is None


def test_an_app_without_a_source_says_so_and_ends_what_was_asked() -> None:
    fleet = synced()
    fleet.edits(spec=replace(fleet.app().spec, source=None))
    fleet.asks()
    fleet.queue.nudge(Compare(fleet.app().ref, C1), Rank.HUMAN)
    fleet.runs()
    assert fleet.status()[1] == "Error"
    assert "InvalidSpecError" in fleet.conditions()


def test_a_hook_and_a_skipped_object_have_no_sync_status_and_are_not_compared() -> None:
    fleet = Fleet()
    fleet.pushes(a=config_file("a"), s=config_file("s", sync_options="Prune=false", hook="Skip"))
    fleet.has_app(policy={"automated": {"prune": True, "selfHeal": True}})
    fleet.runs()
    assert fleet.status() == ("Synced", "Succeeded")
    assert fleet.live("s") is None
    assert fleet.resources() == {"a": "Synced"}


def test_an_object_that_becomes_skipped_is_neither_compared_nor_pruned() -> None:
    fleet = synced()
    fleet.pushes(b=config_file("b", "9", hook="Skip"))
    fleet.webhook().runs()
    assert (fleet.status()[0], fleet.live("b")) == ("Synced", "1")
    assert fleet.resources() == {"a": "Synced", "b": ""}
    fleet.settles()
    fleet.tells("b")
    fleet.runs()
    assert fleet.ran == []


def test_an_object_that_allows_it_may_be_extra_in_a_synced_app() -> None:
    fleet = synced(
        policy={"automated": {"selfHeal": True}},
        a=config_file("a"),
        b=config_file("b", compare_options="IgnoreExtraneous"),
    )
    fleet.pushes(b=None)
    fleet.webhook().runs()
    assert fleet.status()[0] == "Synced"
    assert fleet.resources() == {"a": "Synced", "b": "OutOfSync"}


def test_an_app_told_to_be_skipped_is_not_looked_at() -> None:
    fleet = synced()
    fleet.edits(metadata=replace(fleet.app().metadata, annotations={"argocd.argoproj.io/skip-reconcile": "true"}))
    fleet.pushes(a=config_file("a", "2"))
    fleet.webhook().settles()
    assert fleet.live("a") == "1"
    assert fleet.hub.requests == []


def test_read_only_looks_and_writes_nothing() -> None:
    fleet = Fleet(read_only=True)
    fleet.pushes(a=config_file("a"))
    fleet.has_app(policy=dict(AUTOMATED))
    fleet.asks()
    fleet.hub.requests.clear()
    fleet.runs()
    assert fleet.hub.requests == []
    assert fleet.writes() == []
    assert fleet.fingerprints.fingerprints(fleet.uid)[config("a")].verdict.value == "missing"


def test_all_apps_of_a_repository_share_one_fetch() -> None:
    fleet = Fleet()
    fleet.pushes(a=config_file("a"))
    for n in range(5):
        fleet.has_app(f"app-{n}")
    assert URL in fleet.index.repos()[REPO]
    fleet.runs()
    assert fleet.sources.fetches == 1
    assert len(fleet.desireds.renders) == 1
