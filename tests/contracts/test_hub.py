"""What the hub promises, in memory and on a real API server (gitops/ports/hub.py)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from cli.bed.cluster import Cluster
from gitops.adapters.kube.client import Client
from gitops.adapters.kube.hub import KubeHub
from gitops.adapters.kube.kubeconfig import load
from gitops.errors import ConflictError, RetryableError
from gitops.model.config import HubConfig, Params, Settings
from gitops.model.crds.application import Application, HealthStatus, Operation, SyncOperation
from gitops.model.objects import IN_CLUSTER, AppRef, JsonMap
from gitops.model.observed import Absent, Found
from gitops.ports.hub import Hub
from tests.fakes.hub import DEFAULT_PROJECT, MemoryHub

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


@dataclass
class Side:
    """A hub, and somebody who creates and deletes Applications there."""

    hub: Hub
    namespace: str
    create: Callable[[JsonMap], None]
    delete: Callable[[str], None]

    def app(self, name: str) -> Application:
        found = self.hub.application(AppRef(self.namespace, name))
        assert isinstance(found, Found), found
        return found.object


def fake_side() -> Side:
    hub = MemoryHub(HubConfig("argocd", Settings(), Params(), (), {"default": DEFAULT_PROJECT}))

    def delete(name: str) -> None:
        found = hub.application(AppRef("argocd", name))
        assert isinstance(found, Found)
        hub.delete(found.object)

    def create(body: JsonMap) -> None:
        hub.create(Application.parse(body))

    return Side(hub, "argocd", create, delete)


def real_side(server: Cluster) -> Side:
    namespace = f"contract-{secrets.token_hex(4)}"
    server.ensure_namespace(namespace)
    hub = KubeHub(Client(load(server.kubeconfig("argosy"))), namespace)

    def create(body: JsonMap) -> None:
        meta = body["metadata"]
        assert isinstance(meta, dict)
        answer = server.request("POST", hub.paths.applications, {**body, "metadata": {**meta, "namespace": namespace}})
        assert answer.good, answer

    def delete(name: str) -> None:
        assert server.request("DELETE", f"{hub.paths.applications}/{name}").good

    return Side(hub, namespace, create, delete)


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.bed)])
def side(request: pytest.FixtureRequest) -> Side:
    made = fake_side() if request.param == "fake" else real_side(request.getfixturevalue("hub"))
    made.create(application("shop"))
    return made


def application(name: str, *finalizers: str) -> JsonMap:
    source: JsonMap = {"repoURL": "https://example.org/r.git", "path": "shop", "targetRevision": "main"}
    spec: JsonMap = {"project": "default", "source": source, "destination": {"server": IN_CLUSTER, "namespace": "x"}}
    annotations: JsonMap = {"argocd.argoproj.io/refresh": "normal"}
    meta: JsonMap = {"name": name, "namespace": "argocd", "annotations": annotations, "finalizers": list(finalizers)}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": meta, "spec": spec}


def healthy(app: Application) -> Application:
    return replace(app, status=replace(app.status, health=HealthStatus(status="Healthy")))


def test_an_application_is_found_or_absent(side: Side) -> None:
    assert side.app("shop").ref == AppRef(side.namespace, "shop")
    assert side.hub.application(AppRef(side.namespace, "other")) == Absent()
    assert [app.ref.name for app in side.hub.applications()] == ["shop"]


def test_one_write_carries_status_operation_and_annotation_and_returns_what_is_stored(side: Side) -> None:
    app = side.app("shop")
    wanted = replace(healthy(app), operation=Operation(sync=SyncOperation(prune=True)))
    after = side.hub.update(app, replace(wanted, metadata=replace(app.metadata, annotations={})))
    assert after == side.app("shop")
    assert (after.status.health.status, after.metadata.annotations) == ("Healthy", {})
    assert after.operation
    assert after.metadata.resource_version != app.metadata.resource_version
    assert side.hub.update(after, replace(after, operation=None)).operation is None


def test_no_difference_is_no_write(side: Side) -> None:
    app = side.app("shop")
    assert side.hub.update(app, replace(app)).metadata.resource_version == app.metadata.resource_version
    assert side.app("shop").metadata.resource_version == app.metadata.resource_version


def test_a_write_on_an_old_reading_is_a_conflict_and_changes_nothing(side: Side) -> None:
    old = side.app("shop")
    newer = side.hub.update(old, replace(old, operation=Operation()))
    with pytest.raises(ConflictError):
        side.hub.update(old, healthy(old))
    assert side.app("shop") == newer


def test_a_write_on_an_app_that_is_gone_is_asked_again_later(side: Side) -> None:
    app = side.app("shop")
    side.delete("shop")
    with pytest.raises(RetryableError):
        side.hub.update(app, healthy(app))


def test_an_app_with_a_finalizer_stays_until_it_is_taken_away(side: Side) -> None:
    side.create(application("kept", "resources-finalizer.argocd.argoproj.io"))
    side.delete("kept")
    going = side.app("kept")
    assert going.metadata.deletion_timestamp is not None
    side.hub.update(going, replace(going, metadata=replace(going.metadata, finalizers=())))
    assert side.hub.application(going.ref) == Absent()


def test_an_event_is_written_without_touching_the_app(side: Side) -> None:
    app = side.app("shop")
    side.hub.record(app, reason="OperationCompleted", message="done", warning=False, now=NOW)
    assert side.app("shop") == app
