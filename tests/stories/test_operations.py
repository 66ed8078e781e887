"""Whoever writes `operation` starts a sync, and the Application says field by field how it went."""

from __future__ import annotations

import re

from tests.bed.audit import WRITES
from tests.bed.fleet import APPS, conditions, field
from tests.bed.installation import wait_for
from tests.stories.log import entries
from tests.stories.story import Story, config_map, files, phase, sync_status

INSTANT = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ")
LOCKED = config_map("locked", "one") | {"immutable": True}
"""An object whose change the API server refuses: the way to a failed sync."""


def test_writing_operation_starts_a_sync_of_a_manual_app_which_stays_out_of_sync_until_then(story: Story) -> None:
    """AC-027: `kubectl patch` is all that is needed."""
    repository = story.repository(files(config_map(story.name)))
    story.app(automated={})
    story.until(lambda app: sync_status(app) == "OutOfSync", "the app is compared")
    app = story.settled()
    assert phase(app) is None
    assert story.live("configmaps").status == 404, "nobody asked for a sync"
    story.sync()
    app = story.synced(repository.head())
    assert field(app, "operation") is None, "the request is taken off the object"
    assert story.value() == "one"


def test_the_revision_that_an_operation_names_is_synced_instead_of_the_target_revision(story: Story) -> None:
    """AC-027: pinned, so the app is Synced by the operation and OutOfSync for its branch."""
    repository = story.repository(files(config_map(story.name)))
    old = repository.head()
    repository.commit(files(config_map(story.name, "two")))
    story.app(automated={})
    story.until(lambda app: sync_status(app) == "OutOfSync", "the app is compared")
    story.sync(revision=old)
    app = story.until(lambda body: phase(body) == "Succeeded", "the sync ends")
    assert field(app, "status.operationState.syncResult.revision") == old
    assert field(app, "status.history.0.revision") == old
    assert story.value() == "one"
    app = story.until(lambda body: sync_status(body) == "OutOfSync", "it is compared with its branch again")
    assert field(app, "status.sync.revision") == repository.head()


def test_the_status_after_a_sync_has_every_field_that_argo_cd_writes(story: Story) -> None:
    """AC-160, argo-cd.md 18.1."""
    repository = story.repository(files(config_map(story.name)))
    story.app(automated={})
    story.until(lambda app: sync_status(app) == "OutOfSync", "the app is compared")
    story.sync()
    app = story.synced(repository.head())
    source = {"repoURL": story.url, "path": "app", "targetRevision": "main"}
    head = repository.head()
    assert field(app, "status.sync") == {
        "status": "Synced",
        "revision": head,
        "comparedTo": {"source": source, "destination": {"server": story.target.server, "namespace": story.name}},
    }
    assert field(app, "status.health.status") == "Healthy"
    assert field(app, "status.resources") == [
        {"version": "v1", "kind": "ConfigMap", "namespace": story.name, "name": story.name, "status": "Synced"}
    ]
    assert field(app, "status.sourceType") == "Directory"
    assert field(app, "status.resourceHealthSource") == "appTree"
    assert field(app, "status.controllerNamespace") == "argocd"
    assert field(app, "status.conditions") in (None, [])
    for instant in ("reconciledAt", "observedAt", "health.lastTransitionTime"):
        assert INSTANT.fullmatch(str(field(app, f"status.{instant}"))), instant


def test_an_operation_tells_who_asked_when_and_what_became_of_each_object(story: Story) -> None:
    """AC-160: operationState and history, field by field."""
    repository = story.repository(files(config_map(story.name)))
    story.app(automated={})
    story.until(lambda app: sync_status(app) == "OutOfSync", "the app is compared")
    story.sync(prune=True)
    app = story.synced(repository.head())
    state = field(app, "status.operationState")
    assert isinstance(state, dict)
    assert state["operation"] == {"initiatedBy": {"username": "kubectl"}, "sync": {"prune": True}}
    assert (state["phase"], state["message"]) == ("Succeeded", "successfully synced (all tasks run)")
    assert INSTANT.fullmatch(state["startedAt"])
    assert INSTANT.fullmatch(state["finishedAt"])
    source = {"repoURL": story.url, "path": "app", "targetRevision": "main"}
    assert (field(state, "syncResult.revision"), field(state, "syncResult.source")) == (repository.head(), source)
    assert field(state, "syncResult.resources") == [
        {
            "group": "", "version": "v1", "kind": "ConfigMap", "namespace": story.name, "name": story.name,
            "status": "Synced", "message": f"configmap/{story.name} created",
            "hookPhase": "Running", "syncPhase": "Sync",
        }
    ]  # fmt: skip
    assert field(app, "status.history") == [
        {
            "id": 0, "revision": repository.head(), "source": source, "deployStartedAt": state["startedAt"],
            "deployedAt": state["finishedAt"], "initiatedBy": {"username": "kubectl"},
        }
    ]  # fmt: skip


def test_history_grows_by_one_entry_a_sync_and_keeps_as_many_as_the_spec_says(story: Story) -> None:
    """AC-047, AC-160: ids go up by one, the oldest entry goes."""
    repository = story.repository(files(config_map(story.name)))
    story.app(revisionHistoryLimit=2)
    story.synced(repository.head())
    for value in ("two", "three"):
        app = story.synced(story.push(repository, files(config_map(story.name, value))))
    history = field(app, "status.history")
    assert isinstance(history, list)
    assert [entry["id"] for entry in history] == [1, 2]
    assert history[-1]["revision"] == repository.head()
    assert history[-1]["initiatedBy"] == {"automated": True}


def test_every_ended_operation_is_an_event_of_the_application(story: Story) -> None:
    """argo-cd.md 14.3: OperationCompleted, Normal or Warning."""
    repository = story.repository(files(config_map(story.name)))
    story.app()
    story.synced(repository.head())
    wait_for(lambda: bool(events(story)), "an event is there")
    event = events(story)[0]
    assert (event["type"], event["reason"]) == ("Normal", "OperationCompleted")
    assert event["message"] == f"Sync operation to {repository.head()} succeeded"


def events(story: Story) -> list[dict[str, object]]:
    """Completed operations of the story's app."""
    path = f"/api/v1/namespaces/argocd/events?fieldSelector=involvedObject.name={story.name},reason=OperationCompleted"
    items = story.hub.request("GET", path).body["items"]
    assert isinstance(items, list)
    return items


def test_a_dry_run_reports_each_object_and_changes_nothing(story: Story) -> None:
    """AC-046."""
    story.repository(files(config_map(story.name)))
    story.app(automated={})
    story.until(lambda app: sync_status(app) == "OutOfSync", "the app is compared")
    audit = story.audit()
    story.sync(dryRun=True)
    app = story.until(lambda body: phase(body) == "Succeeded", "the dry run ends")
    assert field(app, "status.operationState.syncResult.resources.0.message") == (
        f"configmap/{story.name} created (dry run)"
    )
    assert sync_status(app) == "OutOfSync"
    assert field(app, "status.history") in (None, [])
    assert story.live("configmaps").status == 404
    assert all("dryRun=All" in r.uri for r in story.mine(audit.writes()))


def test_an_object_that_left_git_is_pruned_only_when_asked(story: Story) -> None:
    """AC-036: otherwise it is reported as ignored (requires pruning) and the app stays OutOfSync."""
    repository = story.repository(files(config_map(story.name), config_map("old")))
    story.app(automated={})
    story.until(lambda app: sync_status(app) == "OutOfSync", "the app is compared")
    story.sync()
    story.synced(repository.head())
    story.push(repository, {"app/old.yaml": None})
    story.until(lambda app: sync_status(app) == "OutOfSync", "the extra object is seen")
    audit = story.audit()
    story.sync()
    app = story.until(lambda body: len(history(body)) == 2, "the second sync ends")
    assert results(app)["old"] == ("PruneSkipped", "ignored (requires pruning)")
    assert sync_status(app) == "OutOfSync"
    assert [entry["requiresPruning"] for entry in resources(app) if entry["name"] == "old"] == [True]
    assert not [r for r in audit.writes() if r.verb == "delete"]
    story.sync(prune=True)
    app = story.until(lambda body: len(history(body)) == 3, "the third sync ends")
    assert results(app)["old"] == ("Pruned", "pruned")
    story.until(lambda body: sync_status(body) == "Synced", "nothing is left to do")
    wait_for(lambda: story.live("configmaps", "old").status == 404, "the garbage collector removes it")
    assert story.value() == "one"


def test_an_object_marked_prune_false_survives_a_prune(story: Story) -> None:
    """AC-043."""
    kept = config_map("kept", annotations={"argocd.argoproj.io/sync-options": "Prune=false"})
    repository = story.repository(files(config_map(story.name), kept))
    story.app(automated={})
    story.until(lambda app: sync_status(app) == "OutOfSync", "the app is compared")
    story.sync()
    story.synced(repository.head())
    story.push(repository, {"app/kept.yaml": None})
    story.until(lambda app: sync_status(app) == "OutOfSync", "the extra object is seen")
    story.sync(prune=True)
    app = story.until(lambda body: len(history(body)) == 2, "the sync ends")
    assert results(app)["kept"] == ("PruneSkipped", "ignored (no prune)")
    assert story.value("kept") == "one"


def test_a_selective_sync_writes_only_the_named_objects_and_no_history(story: Story) -> None:
    """AC-046, argo-cd.md 2.10."""
    story.repository(files(config_map(story.name), config_map("second")))
    story.app(automated={})
    story.until(lambda app: sync_status(app) == "OutOfSync", "the app is compared")
    audit = story.audit()
    story.sync(resources=[{"kind": "ConfigMap", "name": "second"}])
    app = story.until(lambda body: phase(body) == "Succeeded", "the sync ends")
    assert results(app).keys() == {"second"}
    assert history(app) == []
    assert sync_status(app) == "OutOfSync"
    assert {r.name for r in story.mine(audit.writes())} == {"second"}


def test_a_failed_sync_says_which_object_and_why_and_leaves_no_history(story: Story) -> None:
    """AC-160: SyncFailed beside Synced; the other objects are applied."""
    repository = story.repository(files(LOCKED, config_map(story.name)))
    story.app(automated={})
    story.until(lambda app: sync_status(app) == "OutOfSync", "the app is compared")
    story.sync()
    story.synced(repository.head())
    story.push(repository, files(LOCKED | {"data": {"value": "two"}}, config_map(story.name, "two")))
    story.until(lambda app: sync_status(app) == "OutOfSync", "the commit is seen")
    story.sync()
    app = story.until(lambda body: phase(body) == "Failed", "the sync fails")
    status, message = results(app)["locked"]
    assert (status, "field is immutable" in message) == ("SyncFailed", True), message
    assert results(app)[story.name][0] == "Synced"
    assert "one or more objects failed to apply" in str(field(app, "status.operationState.message"))
    assert len(history(app)) == 1
    wait_for(lambda: any(e["type"] == "Warning" for e in events(story)), "the failure is an event")


def test_an_automated_sync_that_failed_is_not_tried_again_for_the_same_revision(story: Story) -> None:
    """AC-029: the condition says so; a new commit is tried at once."""
    repository = story.repository(files(LOCKED))
    story.app(syncPolicy={"automated": {"prune": True, "selfHeal": True}, "retry": {"limit": 0}})
    story.synced(repository.head())
    bad = story.push(repository, files(LOCKED | {"data": {"value": "two"}}))
    text = story.condition("SyncError", has=f"Failed last sync attempt to {bad}")
    assert "immutable" in text
    audit = story.audit()
    before = field(story.get(), "status.operationState.startedAt")
    app = story.settled()
    assert field(app, "status.operationState.startedAt") == before, "no second attempt"
    assert not story.mine(r for r in audit.writes() if "dryRun" not in r.uri)
    story.synced(story.push(repository, files(LOCKED, config_map(story.name))))
    assert "SyncError" not in conditions(story.settled())


def test_a_failed_sync_starts_again_after_its_back_off_and_says_when(story: Story) -> None:
    """AC-044: Running with finishedAt set and the time of the next attempt, then success without a new request."""
    repository = story.repository(files(LOCKED))
    story.app(automated={})
    story.until(lambda app: sync_status(app) == "OutOfSync", "the app is compared")
    story.sync()
    story.synced(repository.head())
    story.push(repository, files(LOCKED | {"data": {"value": "two"}}))
    story.until(lambda app: sync_status(app) == "OutOfSync", "the commit is seen")
    story.edit({"operation": {"sync": {}, "retry": {"limit": 3, "backoff": {"duration": "2s", "factor": 1}}}})
    app = story.until(lambda body: field(body, "status.operationState.retryCount") == 1, "the first try fails")
    assert phase(app) == "Running"
    assert INSTANT.fullmatch(str(field(app, "status.operationState.finishedAt")))
    assert re.search(r"Retrying attempt #1 at \d+:\d\d[AP]M\.", str(field(app, "status.operationState.message")))
    assert story.target.request("DELETE", story.path("configmaps", "locked")).good
    app = story.until(lambda body: phase(body) == "Succeeded", "a retry succeeds")
    assert story.value("locked") == "two"
    assert len(history(app)) == 2


def test_a_running_operation_ends_as_terminated_when_told_so_and_the_one_that_waited_runs_next(story: Story) -> None:
    """AC-027, AC-048: the second request does not disturb the first and is not lost."""
    repository = story.repository(files(LOCKED))
    story.app(automated={})
    story.until(lambda app: sync_status(app) == "OutOfSync", "the app is compared")
    story.sync()
    good = repository.head()
    story.synced(good)
    bad = story.push(repository, files(LOCKED | {"data": {"value": "two"}}))
    story.until(lambda app: sync_status(app) == "OutOfSync", "the commit is seen")
    story.edit({"operation": {"sync": {}, "retry": {"limit": 3, "backoff": {"duration": "5m"}}}})
    story.until(lambda body: field(body, "status.operationState.retryCount") == 1, "it waits for its retry")
    looked = entries(story.argosy, "fetch")
    story.sync(revision=good)
    wait_for(lambda: any(line["event"] == "fetch" for line in looked()), "the second request is seen")
    app = story.get()
    assert field(app, "status.operationState.syncResult.revision") == bad, "the first goes on"
    assert field(app, "operation.sync.revision") == good, "the second waits"
    story.edit({"status": {"operationState": {"phase": "Terminating"}}})
    app = story.until(
        lambda body: phase(body) == "Succeeded" and field(body, "status.operationState.syncResult.revision") == good,
        "the second runs",
    )
    assert "Operation terminated" in " ".join(str(event["message"]) for event in events(story))
    assert len(history(app)) == 2


def test_automated_sync_refuses_to_wipe_out_an_app_unless_emptiness_is_allowed(story: Story) -> None:
    """AC-028: the guard fires, `allowEmpty` lifts it."""
    repository = story.repository(files(config_map(story.name)))
    story.app()
    story.synced(repository.head())
    audit = story.audit()
    story.push(repository, {f"app/{story.name}.yaml": None, "app/README.md": "Nothing left."})
    text = story.condition("SyncError", has="auto-sync will wipe out all resources")
    assert repository.head() in text
    assert not [r for r in audit.writes() if r.verb == "delete"]
    story.edit({"spec": {"syncPolicy": {"automated": {"allowEmpty": True}}}})
    story.until(lambda app: sync_status(app) == "Synced" and not resources(app), "it is emptied")
    wait_for(lambda: story.live("configmaps").status == 404, "the garbage collector removes it")


def test_automated_without_prune_leaves_what_only_needs_pruning(story: Story) -> None:
    """AC-028, argo-cd.md 2.8 rule 2."""
    repository = story.repository(files(config_map(story.name), config_map("old")))
    story.app(automated={"selfHeal": True})
    story.synced(repository.head())
    story.push(repository, {"app/old.yaml": None})
    story.until(lambda app: sync_status(app) == "OutOfSync", "the extra object is seen")
    app = story.settled()
    assert len(history(app)) == 1
    assert story.value("old") == "one"


def test_automated_false_means_manual_and_keeps_the_settings(story: Story) -> None:
    """AC-028: `enabled: false`."""
    story.repository(files(config_map(story.name)))
    story.app(automated={"enabled": False, "prune": True})
    story.until(lambda app: sync_status(app) == "OutOfSync", "the app is compared")
    assert phase(story.settled()) is None
    story.edit({"spec": {"syncPolicy": {"automated": {"enabled": True}}}})
    story.synced()


def test_nothing_but_the_application_is_needed_to_follow_an_operation(story: Story) -> None:
    """Two writes of the Application for a whole sync: it began, it ended (design.md 8)."""
    repository = story.repository(files(config_map(story.name)))
    hub = story.hub_audit()
    story.app()
    story.synced(repository.head())
    story.settled()
    wrote = [r for r in story.mine(hub.requests()) if r.verb in WRITES and r.resource == "applications"]
    assert len(wrote) <= 3, "began, ended, and the refresh of this test"
    assert {r.uri.partition("?")[0] for r in wrote} == {f"{APPS}/{story.name}"}


def history(app: dict[str, object]) -> list[dict[str, object]]:
    """`status.history`, empty when there is none."""
    found = field(app, "status.history")
    return found if isinstance(found, list) else []


def resources(app: dict[str, object]) -> list[dict[str, object]]:
    """`status.resources`, empty when there is none."""
    found = field(app, "status.resources")
    return found if isinstance(found, list) else []


def results(app: dict[str, object]) -> dict[str, tuple[str, str]]:
    """Status and message of each object of the last operation, by name."""
    found = field(app, "status.operationState.syncResult.resources")
    assert isinstance(found, list)
    return {entry["name"]: (entry["status"], entry["message"]) for entry in found}
