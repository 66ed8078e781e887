"""News of hub and targets: what becomes a job, and what is no news at all."""

from __future__ import annotations

from dataclasses import replace

from gitops.jobs import Advance, Compare, Fetch, Job, Rank
from gitops.model.config import Settings
from gitops.model.crds.application import Destination, Operation
from gitops.model.credentials import CredentialSet
from gitops.model.objects import AppRef, ClusterKey, GroupKind, JsonMap, as_map
from gitops.model.observed import Rows
from tests.steps.fleet import C1, REPO, URL, Fleet, config, config_file, synced
from workers.watch.publish import ConfigNews, Publisher

WEB = AppRef("argocd", "web")
FETCH, COMPARE, ADVANCE = Fetch(REPO), Compare(WEB, C1), Advance(WEB, C1)


def jobs(fleet: Fleet) -> dict[Job, Rank]:
    """What waits, and how urgently."""
    return dict(fleet.queue.jobs.values())


def test_a_new_app_and_an_edited_source_ask_for_a_fetch() -> None:
    fleet = Fleet()
    fleet.has_app()
    assert jobs(fleet) == {FETCH: Rank.WEBHOOK}
    fleet.queue.jobs.clear()
    app = fleet.app()
    assert app.spec.source
    fleet.edits(spec=replace(app.spec, source=replace(app.spec.source, path="other")))
    assert jobs(fleet) == {FETCH: Rank.WEBHOOK}


def test_our_own_status_writes_are_no_news() -> None:
    fleet = synced()
    fleet.edits(status=replace(fleet.app().status, reconciled_at=fleet.clock.now()))
    assert jobs(fleet) == {}


def test_an_operation_and_a_refresh_are_asked_for_by_a_person() -> None:
    fleet = synced()
    fleet.edits(operation=Operation())
    assert jobs(fleet) == {FETCH: Rank.HUMAN}
    fleet.queue.jobs.clear()
    fleet.refreshes()
    assert jobs(fleet) == {FETCH: Rank.HUMAN}


def test_a_changed_policy_is_judged_without_a_fetch() -> None:
    fleet = synced()
    fleet.edits(spec=replace(fleet.app().spec, sync_policy=None))
    assert jobs(fleet) == {COMPARE: Rank.HUMAN}


def test_a_deletion_and_a_termination_go_on_at_once() -> None:
    fleet = Fleet()
    fleet.pushes(a=config_file("a"))
    fleet.has_app(finalizers=["resources-finalizer.argocd.argoproj.io"])
    fleet.settles()
    fleet.hub.delete(fleet.app())
    assert jobs(fleet) == {ADVANCE: Rank.HUMAN}


def test_an_app_that_left_while_nobody_watched_is_forgotten() -> None:
    fleet = synced()
    uid = fleet.uid
    fleet.news.listed([])
    assert fleet.index.apps == {}
    assert fleet.fingerprints.fingerprints(uid) == {}
    assert fleet.apps.all() == ()


def test_one_unreadable_app_does_not_hide_the_others() -> None:
    fleet = synced()
    body = fleet.app().dump()
    fleet.news.listed([{"metadata": {"name": "odd"}, "spec": []}, body])
    assert [app.ref for app in fleet.apps.all()] == [WEB]


def test_an_app_that_moves_is_filed_under_its_new_repository() -> None:
    fleet = synced()
    app = fleet.app()
    assert app.spec.source
    moved = replace(app.spec.source, repo_url="https://git.example/other.git")
    fleet.edits(spec=replace(app.spec, source=moved))
    assert list(fleet.index.of_repo(REPO)) == []
    assert URL not in {url for urls in fleet.index.repos().values() for url in urls}


def test_rows_of_our_own_writes_are_no_news() -> None:
    fleet = synced()
    fleet.tells("a", "b")
    assert jobs(fleet) == {}
    assert fleet.fingerprints.suspects(fleet.uid) == {}


def test_while_our_own_operation_runs_a_row_waits_until_it_is_done() -> None:
    fleet = synced({"automated": {}})
    fleet.facts.running = {WEB}
    fleet.cluster.edit(config("a"), {"data": {"v": "9"}})
    fleet.tells("a")
    assert jobs(fleet) == {}
    fleet.recheck.come()
    assert jobs(fleet) == {}
    fleet.facts.running = set()
    fleet.recheck.come()
    assert jobs(fleet) == {COMPARE: Rank.DRIFT}


def test_a_row_of_nobody_and_a_copied_mark_are_no_news() -> None:
    fleet = synced()
    for mark in ("", "web:/ConfigMap:web/a", "other:/ConfigMap:web/x"):
        twin = fleet.cluster.objects[config("a")]
        annotations = {"argocd.argoproj.io/tracking-id": mark} if mark else {}
        meta: JsonMap = {**as_map(twin.body["metadata"]), "name": "x", "uid": "u-x"}
        meta["annotations"] = dict(annotations)
        fleet.cluster.objects[config("x")] = type(twin)({**twin.body, "metadata": meta})
        fleet.tells("x")
    assert jobs(fleet) == {}


def test_a_list_finds_what_changed_and_what_is_gone_since_the_last_one() -> None:
    fleet = synced({"automated": {}})
    fleet.cluster.edit(config("a"), {"data": {"v": "9"}})
    fleet.cluster.remove(config("b"))
    rows = fleet.cluster.rows(GroupKind("", "ConfigMap"), Settings())
    assert isinstance(rows, Rows)
    fleet.rows.listed(C1, GroupKind("", "ConfigMap"), rows.rows, Settings())
    assert set(fleet.fingerprints.suspects(fleet.uid)) == {config("a"), config("b")}
    assert jobs(fleet) == {COMPARE: Rank.DRIFT}


def test_a_list_of_one_kind_or_namespace_says_nothing_about_others() -> None:
    fleet = synced()
    fleet.rows.listed(C1, GroupKind("apps", "Deployment"), (), Settings())
    fleet.rows.listed(C1, GroupKind("", "ConfigMap"), (), Settings(), namespace="elsewhere")
    fleet.rows.listed(ClusterKey("https://c2"), GroupKind("", "ConfigMap"), (), Settings())
    assert jobs(fleet) == {}


def test_an_app_that_moves_to_another_cluster_no_longer_owns_rows_of_the_old_one() -> None:
    fleet = synced()
    fleet.edits(spec=replace(fleet.app().spec, destination=Destination(server="https://c2", namespace="web")))
    fleet.queue.jobs.clear()
    fleet.rows.gone(C1, config("a"))
    assert jobs(fleet) == {}


def publisher(fleet: Fleet) -> Publisher:
    return Publisher(fleet.news, fleet.facts, fleet.vault, fleet.queue, CredentialSet)


def test_after_a_flush_everything_is_published_again_and_ends_as_it_was() -> None:
    fleet = synced()
    fleet.forgets()
    publisher(fleet)._once()
    assert fleet.facts.version()
    assert fleet.vault.credentials() is not None
    assert [app.ref for app in fleet.index.of_repo(REPO)] == [WEB]
    fleet.runs()
    assert fleet.status() == ("Synced", "Succeeded")
    assert fleet.writes() == []
    assert fleet.updates() == 0


def test_a_flush_in_the_middle_of_an_operation_costs_time_and_nothing_else() -> None:
    fleet = synced()
    fleet.pushes(a=config_file("a", "2"))
    fleet.webhook()
    while fleet.status()[1] != "Running":
        fleet.run(fleet.queue.take())  # type: ignore[arg-type]  # fetch and compare wait
    fleet.forgets()
    publisher(fleet)._once()
    fleet.runs().later(1)
    assert fleet.live("a") == "2"
    assert [h.id for h in fleet.app().status.history] == [0, 1]
    assert fleet.status() == ("Synced", "Succeeded")


def test_a_changed_setting_has_every_app_judged_again_and_an_unchanged_one_none() -> None:
    fleet = synced()
    told = publisher(fleet)
    news = ConfigNews(told)
    news.listed([{"metadata": {"name": "argocd-cm", "resourceVersion": "1"}, "data": {"a": "1"}}])
    told._once()
    assert jobs(fleet) == {}
    news.changed({"metadata": {"name": "argocd-cm", "resourceVersion": "2"}, "data": {"a": "1"}})
    told._once()
    assert jobs(fleet) == {}
    news.changed({"metadata": {"name": "argocd-cm", "resourceVersion": "3"}, "data": {"a": "2"}})
    told._once()
    assert jobs(fleet) == {COMPARE: Rank.PERIODIC}
