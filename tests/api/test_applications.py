"""Applications over REST: who sees what, what a write changes, and what stays ours."""

from __future__ import annotations

import base64
import json
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest

from gitops.model.crds.application import Operation, OperationState, ResourceStatus, SyncResult
from gitops.model.desired import Desired, Rendering
from gitops.model.objects import IN_CLUSTER, REFRESH, Json, JsonMap, Manifest, as_list, as_map, as_text
from gitops.model.revision import CommitId, RepoKey, TreeKey
from tests.api.house import House, application, body_of, house

APPS = "/api/v1/applications"
AUTOMATED: JsonMap = {"automated": {"selfHeal": True}, "syncOptions": ["CreateNamespace=true"], "retry": {"limit": 3}}


@pytest.fixture
def place() -> House:
    return house().logs_in()


def names(body: JsonMap) -> list[str]:
    return [as_text(as_map(as_map(item)["metadata"])["name"]) for item in as_list(body["items"])]


def refused(place: House, method: str, path: str, body: Json = None) -> tuple[int, int, str]:
    response = place.call(method, path, body)
    told = body_of(response)
    code = told["code"]
    assert isinstance(code, int)
    return response.status_code, code, as_text(told["message"])


def labelled(name: str, **labels: str) -> JsonMap:
    body = application(name)
    return {**body, "metadata": {**as_map(body["metadata"]), "labels": {**labels}}}


def test_a_list_is_sorted_by_name_and_null_when_empty(place: House) -> None:
    assert place.get(APPS) == {"metadata": {"resourceVersion": "100"}, "items": None}
    place.has(application("b"))
    place.has(application("a"))
    assert names(place.get(APPS)) == ["a", "b"]
    assert as_map(place.get(APPS)["metadata"])["resourceVersion"] == "102"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("name=web", ["web"]),
        ("projects=other", ["db"]),
        ("projects=other&projects=default", ["db", "web"]),
        ("project=default&projects=other", ["web"]),
        ("selector=tier%3Dfront", ["web"]),
        ("selector=tier!%3Dfront", ["db"]),
        ("selector=tier+in+(front,back)", ["web"]),
        ("selector=!tier", ["db"]),
        ("repo=https://github.com/acme/shop", ["db", "web"]),
        ("repo=https://github.com/acme/shop.git", None),
        ("appNamespace=elsewhere", None),
        ("selector=&project=&fields=", ["db", "web"]),
    ],
)
def test_a_list_shows_what_is_asked_for(place: House, query: str, expected: list[str] | None) -> None:
    place.has(labelled("web", tier="front"))
    place.has(application("db", project="other"))
    body = place.get(f"{APPS}?{query}")
    assert body["items"] is None if expected is None else names(body) == expected


def test_a_selector_that_cannot_be_read_is_an_error(place: House) -> None:
    assert refused(place, "GET", f"{APPS}?selector=a%3D%3D%3Db")[:2] == (500, 2)


def test_fields_pick_parts_of_items_and_leave_the_list_itself_whole(place: House) -> None:
    place.has(application("a"))
    body = place.get(f"{APPS}?fields=items.metadata.name,items.spec.project,items.metadata.labels")
    assert body["items"] == [{"metadata": {"name": "a", "labels": None}, "spec": {"project": "default"}}]
    assert as_map(body["metadata"])["resourceVersion"] == "101"
    assert place.get(f"{APPS}?fields=items.status.health.status")["items"] == [{}]
    [item] = as_list(place.get(f"{APPS}?fields=-items.spec,-items.metadata")["items"])
    assert sorted(as_map(item)) == ["apiVersion", "kind", "metadata"]


def test_a_missing_app_is_forbidden_without_a_project_and_not_found_with_it(place: House) -> None:
    place.has(application("a"))
    assert refused(place, "GET", f"{APPS}/b") == (403, 7, "permission denied")
    assert refused(place, "GET", f"{APPS}/b?project=default") == (404, 5, 'applications.argoproj.io "b" not found')
    assert refused(place, "GET", f"{APPS}/a?project=other")[:2] == (404, 5)
    assert refused(place, "GET", f"{APPS}/a?project=x&project=y")[:2] == (400, 3)


def test_who_may_nothing_sees_nothing_and_cannot_tell_absent_from_forbidden(place: House) -> None:
    place.has(application("a"))
    bob = place.logs_in("bob")
    assert bob.get(APPS)["items"] is None
    assert refused(bob, "GET", f"{APPS}/a") == refused(bob, "GET", f"{APPS}/b") == (403, 7, "permission denied")
    assert refused(bob, "GET", f"{APPS}/a?project=default")[0] == 403


def test_a_reader_is_told_which_right_he_lacks() -> None:
    place = house(default_role="role:readonly").logs_in("bob")
    place.has(application("a"))
    status, code, message = refused(place, "POST", f"{APPS}/a/sync", {})
    assert (status, code) == (403, 7)
    assert message == "permission denied: applications, sync, default/a, sub: bob, iat: 2026-11-23T12:00:00Z"


def test_a_refresh_answers_when_the_comparison_is_done(place: House) -> None:
    place.has(application("a"))
    worker = threading.Thread(target=compares, args=(place, "a", "hard"))
    worker.start()
    body = place.get(f"{APPS}/a?refresh=hard")
    worker.join()
    assert REFRESH not in as_map(as_map(body["metadata"]).get("annotations"))
    assert as_map(as_map(body["status"])["sync"])["status"] == "Synced"


def compares(place: House, name: str, kind: str) -> None:
    """What a worker does with the annotation."""
    end = time.monotonic() + 5
    while place.stored(name).metadata.annotations.get(REFRESH) != kind:
        assert time.monotonic() < end
        threading.Event().wait(0.005)
    app = place.stored(name)
    status = replace(app.status, sync=replace(app.status.sync, status="Synced"))
    place.hub.update(app, replace(app, metadata=replace(app.metadata, annotations={}), status=status))


def test_a_created_app_has_no_status_and_no_operation_of_the_client(place: House) -> None:
    body: JsonMap = {**application("a"), "operation": {"sync": {}}, "status": {"sync": {"status": "Synced"}}}
    response = place.call("POST", APPS, body)
    assert response.status_code == 200, response.text
    stored = place.stored("a")
    assert (stored.operation, stored.status.sync.status) == (None, "")
    assert names(place.get(APPS)) == ["a"]


def test_the_same_app_again_is_fine_and_another_needs_upsert(place: House) -> None:
    place.call("POST", APPS, application("a"))
    assert place.call("POST", APPS, application("a")).status_code == 200
    other = application("a", destination={"server": IN_CLUSTER, "namespace": "elsewhere"})
    message = "existing application spec is different, use upsert flag to force update"
    assert refused(place, "POST", APPS, other) == (400, 3, message)
    assert place.call("POST", f"{APPS}?upsert=true", other).status_code == 200
    assert place.stored("a").spec.destination.namespace == "elsewhere"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (application("a", project="nothing"), 'app is not allowed in project "nothing", or the project does not exist'),
        (application("a", destination={"server": "https://nowhere"}), "cluster https://nowhere is not registered"),
        (application(""), "application name is missing"),
        ({"metadata": {"name": "a"}, "spec": {"source": 5}}, "spec.source"),
    ],
)
def test_an_app_that_cannot_work_is_not_created(place: House, body: JsonMap, words: str) -> None:
    status, code, message = refused(place, "POST", APPS, body)
    assert (status, code) == (400, 3)
    assert words in message


def test_a_patch_changes_the_spec_and_nothing_that_is_ours(place: House) -> None:
    place.has(application("a"))
    patch = {
        "spec": {"source": {"targetRevision": "v2"}},
        "status": {"sync": {"status": "Synced"}},
        "operation": {"sync": {}},
    }
    response = place.call("PATCH", f"{APPS}/a", {"patchType": "merge", "patch": json.dumps(patch)})
    assert response.status_code == 200, response.text
    stored = place.stored("a")
    assert [source.target_revision for source in stored.spec.effective_sources] == ["v2"]
    assert (stored.status.sync.status, stored.operation) == ("", None)
    steps = json.dumps([{"op": "replace", "path": "/spec/source/path", "value": "other"}])
    assert place.call("PATCH", f"{APPS}/a", {"patchType": "json", "patch": steps}).status_code == 200
    assert [source.path for source in place.stored("a").spec.effective_sources] == ["other"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"patch": "{}"}, (500, 13)),
        ({"patchType": "odd", "patch": "{}"}, (400, 3)),
        ({"patchType": "json", "patch": '[{"op":"remove","path":"/spec/nothing"}]'}, (500, 2)),
        ({"patchType": "json", "patch": '[{"op":"test","path":"/kind","value":"x"}]'}, (500, 2)),
        ({"patchType": "merge", "patch": '{"metadata":{"name":"b"}}'}, (403, 7)),
        ({"patchType": "merge", "patch": '{"spec":{"project":"nothing"}}'}, (400, 3)),
    ],
)
def test_a_bad_patch_changes_nothing(place: House, body: JsonMap, expected: tuple[int, int]) -> None:
    before = place.has(application("a"))
    assert refused(place, "PATCH", f"{APPS}/a", body)[:2] == expected
    assert place.stored("a") == before


def test_a_spec_can_be_replaced(place: House) -> None:
    place.has(application("a"))
    spec = as_map(application("a", syncPolicy=AUTOMATED)["spec"])
    response = place.call("PUT", f"{APPS}/a/spec", spec)
    assert response.status_code == 200, response.text
    assert place.stored("a").spec.is_automated


def test_deleting_takes_the_objects_along_unless_told_not_to(place: House) -> None:
    place.has(application("a"))
    place.has(application("b"))
    assert place.call("DELETE", f"{APPS}/a").text == "{}"
    assert place.stored("a").metadata.finalizers == ("resources-finalizer.argocd.argoproj.io",)
    assert place.stored("a").metadata.deletion_timestamp is not None
    assert place.call("DELETE", f"{APPS}/b?cascade=false").text == "{}"
    assert names(place.get(APPS)) == ["a"]
    assert refused(place, "DELETE", f"{APPS}/a?cascade=perhaps")[2] == (
        'strconv.ParseBool: parsing "perhaps": invalid syntax'
    )


def test_a_sync_writes_the_operation_with_the_apps_own_options(place: House) -> None:
    place.has(application("a", syncPolicy=AUTOMATED))
    response = place.call("POST", f"{APPS}/a/sync", {"prune": True, "infos": [{"name": "why", "value": "now"}]})
    assert response.status_code == 200, response.text
    operation = as_map(body_of(response)["operation"])
    sync = as_map(operation["sync"])
    assert (sync["revision"], sync["prune"], sync["syncOptions"]) == ("main", True, ["CreateNamespace=true"])
    assert as_map(operation["retry"])["limit"] == 3
    assert operation["initiatedBy"] == {"username": "admin"}
    assert refused(place, "POST", f"{APPS}/a/sync") == (400, 9, "another operation is already in progress")


def test_a_request_replaces_the_apps_options_wholly(place: House) -> None:
    place.has(application("a", syncPolicy=AUTOMATED))
    asked: JsonMap = {"syncOptions": {"items": ["PruneLast=true"]}, "retryStrategy": {"limit": 1}, "dryRun": True}
    response = place.call("POST", f"{APPS}/a/sync", {**asked, "strategy": {"apply": {"force": True}}})
    operation = place.stored("a").operation
    assert response.status_code == 200 and operation is not None and operation.sync is not None
    assert (operation.sync.sync_options, operation.retry.limit, operation.sync.dry_run) == (
        ("PruneLast=true",),
        1,
        True,
    )
    assert operation.sync.sync_strategy is not None and operation.sync.sync_strategy.apply is not None


def test_automation_forbids_another_revision_except_for_a_look(place: House) -> None:
    place.has(application("a", syncPolicy=AUTOMATED))
    message = "Cannot sync to dev: auto-sync currently set to main"
    assert refused(place, "POST", f"{APPS}/a/sync", {"revision": "dev"}) == (400, 9, message)
    assert place.call("POST", f"{APPS}/a/sync", {"revision": "dev", "dryRun": True}).status_code == 200


def test_a_running_operation_can_be_terminated_and_an_idle_app_cannot(place: House) -> None:
    app = place.has(application("a"))
    message = "Unable to terminate operation. No operation is in progress"
    assert refused(place, "DELETE", f"{APPS}/a/operation") == (400, 3, message)
    running = OperationState(
        Operation(), "Running", started_at=datetime(2026, 1, 1, tzinfo=UTC), sync_result=SyncResult()
    )
    place.hub.update(app, replace(app, status=replace(app.status, operation_state=running)))
    assert place.call("DELETE", f"{APPS}/a/operation").text == "{}"
    state = place.stored("a").status.operation_state
    assert state is not None and state.phase == "Terminating"


def test_a_write_that_meets_another_is_decided_again(place: House) -> None:
    app = place.has(application("a"))
    original, stale = place.hub.application, [app]

    def once_stale(ref: object) -> object:
        from gitops.model.observed import Found

        return Found(stale.pop()) if stale else original(app.ref)

    place.hub.update(app, replace(app, metadata=replace(app.metadata, labels={"by": "another"})))
    place.hub.application = once_stale  # type: ignore[method-assign, assignment]  # one stale read, as a slow hub gives
    assert place.call("POST", f"{APPS}/a/sync").status_code == 200
    assert place.stored("a").metadata.labels == {"by": "another"}


def test_while_another_controller_owns_the_hub_nothing_is_written() -> None:
    place = house(read_only=True).logs_in()
    before = place.has(application("a"))
    for method, path in (("POST", f"{APPS}/a/sync"), ("DELETE", f"{APPS}/a"), ("GET", f"{APPS}/a?refresh=normal")):
        assert refused(place, method, path)[:2] == (403, 7)
    assert refused(place, "POST", APPS, application("b"))[:2] == (403, 7)
    assert place.hub.applications() == (before,)


CANARY = base64.b64encode(b"canary").decode()


def secret(value: str, **annotations: str) -> JsonMap:
    metadata: JsonMap = {"name": "s", "namespace": "shop", "annotations": {**annotations}}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {"password": value, "same": "b25l"}}


def rendered(place: House, *bodies: JsonMap) -> None:
    app = place.has(application("a"))
    desired = Desired(tuple(Manifest(body) for body in bodies))
    digest = place.desireds.put_desired(desired)
    record = Rendering(CommitId("c" * 40), TreeKey("t"), digest, "s", datetime(2026, 1, 1, tzinfo=UTC))
    place.desireds.put_rendering(app.metadata.uid, RepoKey("shop"), record)
    resource = ResourceStatus(version="v1", kind="Secret", namespace="shop", name="s", status="Synced")
    place.hub.update(app, replace(app, status=replace(app.status, resources=(resource,))))


def test_managed_resources_show_what_differs_in_a_secret_and_never_its_values(place: House) -> None:
    applied = json.dumps(secret(CANARY))
    live = secret(CANARY, **{"kubectl.kubernetes.io/last-applied-configuration": applied})
    rendered(
        place, secret("bmV3"), {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "1"}}
    )
    cluster = place.clusters.open(place.ports.config().clusters[0])
    cluster.objects[Manifest(live).key] = Manifest(live)
    response = place.call("GET", f"{APPS}/a/managed-resources")
    assert response.status_code == 200, response.text
    assert b"canary" not in response.data and CANARY.encode() not in response.data and b"bmV3" not in response.data
    items = [as_map(item) for item in as_list(body_of(response)["items"])]
    assert [item["kind"] for item in items] == ["ConfigMap", "Secret"]
    states = {name: as_map(orjson.loads(as_text(items[1][name]))) for name in ("liveState", "targetState")}
    assert as_map(states["liveState"]["data"]) == {"password": "+" * 8, "same": "+" * 8}
    assert as_map(states["targetState"]["data"]) == {"password": "+" * 12, "same": "+" * 8}
    assert items[0]["liveState"] == "null"
    assert b"tracking-id" in response.data


def test_a_cluster_that_does_not_answer_is_not_shown_as_missing_objects(place: House) -> None:
    rendered(place, secret("bmV3"))
    place.clusters.open(place.ports.config().clusters[0]).away = True
    assert refused(place, "GET", f"{APPS}/a/managed-resources")[:2] == (503, 14)


def test_manifests_are_json_texts_with_masked_secrets(place: House) -> None:
    rendered(place, secret(CANARY))
    body = place.get(f"{APPS}/a/manifests")
    [text] = as_list(body["manifests"])
    assert CANARY not in as_text(text) and body["revision"] == "c" * 40


def test_metrics_have_argo_cds_names_and_labels(place: House) -> None:
    place.has(
        application(
            "a", syncPolicy=AUTOMATED, source={"repoURL": "https://u:p@git/x", "path": ".", "targetRevision": ""}
        )
    )
    labels = {
        "namespace": "argocd",
        "name": "a",
        "project": "default",
        "dest_server": "x",
        "phase": "Succeeded",
        "dry_run": "false",
    }
    place.counters.add("argocd_app_sync_total", labels, 3)
    response = place.call("GET", "/metrics")
    assert response.status_code == 200
    lines = response.text.splitlines()
    assert any(
        line.startswith(
            'argocd_app_info{autosync_enabled="true",dest_namespace="shop",dest_server="https://kubernetes.default.svc",'
        )
        and 'repo="https://git/x"' in line
        and 'sync_status="Unknown"' in line
        for line in (",".join(sorted_labels(line)) for line in lines)
    )
    assert any(line.startswith("argocd_app_sync_total{") and line.endswith(" 3.0") for line in lines)
    assert 'argosy_lane_jobs{queue="fetch",state="ready"} 3.0' in lines


def sorted_labels(line: str) -> list[str]:
    name, brace, rest = line.partition("{")
    return [name + brace + part if number == 0 else part for number, part in enumerate(sorted(rest.split(",")))]
