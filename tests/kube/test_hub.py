"""The hub on a real API server with Argo CD's definitions: Applications, configuration, accounts, events."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import bcrypt
import pytest

from cli.bed.cluster import Cluster
from gitops.adapters.kube.client import Client
from gitops.adapters.kube.hub import KubeHub
from gitops.errors import ConflictError, RefusedError
from gitops.model.crds.application import Application, HealthStatus, Operation
from gitops.model.objects import IN_CLUSTER, AppRef, JsonMap
from gitops.model.observed import Absent, Found, Unknown
from tests.kube.conftest import client_of

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


@pytest.fixture
def home(hub: Cluster, namespace: str) -> str:
    """A control namespace of this test alone."""
    hub.ensure_namespace(namespace)
    return namespace


@pytest.fixture(scope="session")
def hub_client(hub: Cluster) -> Client:
    return client_of(hub, "argosy")


@pytest.fixture
def ours(hub_client: Client, home: str) -> KubeHub:
    return KubeHub(hub_client, home)


@pytest.fixture
def app(hub: Cluster, ours: KubeHub) -> Iterator[Application]:
    """An Application `shop`, as stored."""
    create(hub, ours.paths.applications, application("shop"))
    yield stored(ours, "shop")
    hub.request("DELETE", f"{ours.paths.applications}/shop")


def application(name: str) -> JsonMap:
    source: JsonMap = {"repoURL": "https://example.org/r.git", "path": "shop", "targetRevision": "main"}
    spec: JsonMap = {"project": "default", "source": source, "destination": {"server": IN_CLUSTER, "namespace": "x"}}
    meta: JsonMap = {"name": name, "annotations": {"argocd.argoproj.io/refresh": "normal"}}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": meta, "spec": spec}


def create(hub: Cluster, path: str, body: object) -> None:
    answer = hub.request("POST", path, body)
    assert answer.good, answer


def stored(ours: KubeHub, name: str) -> Application:
    found = ours.application(AppRef(ours.namespace, name))
    assert isinstance(found, Found), found
    return found.object


def test_an_application_is_found_absent_or_unknown(hub: Cluster, ours: KubeHub, app: Application) -> None:
    assert app.ref == AppRef(ours.namespace, "shop")
    assert ours.application(AppRef(ours.namespace, "other")) == Absent()
    stranger = KubeHub(client_of(hub, "argosy-fetch"), ours.namespace)
    assert isinstance(stranger.application(app.ref), Unknown)
    assert [found.ref for found in ours.applications()] == [app.ref]


def test_a_hub_without_our_definitions_has_no_absent_applications(server: Cluster) -> None:
    bare = KubeHub(client_of(server, "argosy"), "argocd")
    assert isinstance(bare.application(AppRef("argocd", "shop")), Unknown)


def test_one_patch_carries_status_operation_and_annotation(ours: KubeHub, app: Application) -> None:
    status = replace(app.status, health=HealthStatus(status="Healthy"))
    calm = replace(app.metadata, annotations={})
    after = ours.update(app, replace(app, status=status, operation=Operation(), metadata=calm))
    assert after == stored(ours, "shop")
    assert (after.status.health, after.metadata.annotations) == (status.health, {})
    done = ours.update(after, replace(after, operation=None))
    assert done.operation is None
    assert done.spec == app.spec


def test_no_difference_is_no_request(ours: KubeHub, app: Application) -> None:
    assert ours.update(app, app).metadata.resource_version == stored(ours, "shop").metadata.resource_version
    again = ours.update(app, replace(app, status=app.status))
    assert again.metadata.resource_version == app.metadata.resource_version


def test_a_write_on_an_old_reading_is_a_conflict(ours: KubeHub, app: Application) -> None:
    ours.update(app, replace(app, operation=Operation()))
    with pytest.raises(ConflictError):
        ours.update(app, replace(app, status=replace(app.status, source_type="Directory")))


def test_read_only_writes_neither_status_nor_projects_nor_passwords(
    hub: Cluster, hub_client: Client, ours: KubeHub, app: Application
) -> None:
    looking = KubeHub(hub_client, ours.namespace, read_only=True)
    looking.update(app, replace(app, operation=Operation()))
    looking.record(app, reason="X", message="y", warning=False, now=NOW)
    assert looking.config("1").projects["default"].spec.source_repos == ("*",)
    assert looking.accounts(NOW).secret_key == b""
    assert stored(ours, "shop") == app
    for path in (ours.paths.projects, ours.paths.secrets, f"/api/v1/namespaces/{ours.namespace}/events"):
        assert hub.request("GET", path).body["items"] == []


def test_without_permission_the_hub_cannot_be_written(hub: Cluster, ours: KubeHub, app: Application) -> None:
    stranger = KubeHub(client_of(hub, "argosy-fetch"), ours.namespace)
    with pytest.raises(RefusedError, match="argosy-fetch"):
        stranger.update(app, replace(app, operation=Operation()))


def test_the_configuration_is_read_again_when_its_version_changes(hub: Cluster, ours: KubeHub) -> None:
    first = ours.config("1")
    assert [record.key for record in first.clusters] == [IN_CLUSTER]
    assert first.projects["default"].spec.destinations[0].server == "*"
    config_map = {"metadata": {"name": "argocd-cm"}, "data": {"application.resourceTrackingMethod": "label"}}
    create(hub, ours.paths.config_maps, config_map)
    create(hub, ours.paths.secrets, labelled("cluster", server="https://far:6443", name="far"))
    assert ours.config("1") is first
    second = ours.config("2")
    assert second.settings.tracking.value == "label"
    assert {record.name for record in second.clusters} == {"in-cluster", "far"}
    assert hub.request("GET", ours.paths.project("default")).good


def test_repository_credentials_are_read_for_the_vault(hub: Cluster, ours: KubeHub) -> None:
    create(hub, ours.paths.secrets, labelled("repository", url="https://example.org/r.git", password="p"))
    create(hub, ours.paths.secrets, labelled("repo-creds", url="https://example.org", username="u"))
    hosts = {"metadata": {"name": "argocd-ssh-known-hosts-cm"}, "data": {"ssh_known_hosts": "h ssh-rsa x"}}
    create(hub, ours.paths.config_maps, hosts)
    found = ours.credentials()
    assert [(c.url, c.password) for c in found.repositories] == [("https://example.org/r.git", "p")]
    assert [(c.url, c.username) for c in found.templates] == [("https://example.org", "u")]
    assert found.known_hosts == "h ssh-rsa x"


def test_a_fresh_hub_gets_a_key_and_a_first_password_once(hub: Cluster, ours: KubeHub) -> None:
    first = ours.accounts(NOW)
    again = ours.accounts(NOW)
    assert again == first
    assert len(first.secret_key) >= 32
    password = text_of(hub, ours, "argocd-initial-admin-secret", "password")
    assert len(password) == 32
    assert bcrypt.checkpw(password.encode(), first.accounts["admin"].password_hash.encode())
    assert first.accounts["admin"].password_mtime == NOW


def test_a_first_start_that_was_interrupted_keeps_its_password(hub: Cluster, ours: KubeHub) -> None:
    create(
        hub, ours.paths.secrets, {"metadata": {"name": "argocd-initial-admin-secret"}, "stringData": {"password": "x"}}
    )
    create(hub, ours.paths.secrets, {"metadata": {"name": "argocd-secret"}, "stringData": {"server.secretkey": "key"}})
    accounts = ours.accounts(NOW)
    assert accounts.secret_key == b"key"
    assert bcrypt.checkpw(b"x", accounts.accounts["admin"].password_hash.encode())


def test_a_disabled_admin_gets_no_password(hub: Cluster, ours: KubeHub) -> None:
    create(hub, ours.paths.config_maps, {"metadata": {"name": "argocd-cm"}, "data": {"admin.enabled": "false"}})
    assert ours.accounts(NOW).accounts["admin"].password_hash == ""


def test_an_event_names_the_application(hub: Cluster, ours: KubeHub, app: Application) -> None:
    ours.record(app, reason="OperationCompleted", message="m" * 3000, warning=True, now=NOW)
    path = f"/api/v1/namespaces/{ours.namespace}/events?fieldSelector=involvedObject.uid={app.metadata.uid}"
    items = hub.request("GET", path).body["items"]
    assert isinstance(items, list)
    assert [(event["reason"], event["type"], event["firstTimestamp"]) for event in items] == [
        ("OperationCompleted", "Warning", "2026-01-31T12:00:00Z")
    ]


def test_an_event_that_cannot_be_written_disturbs_nobody(hub: Cluster, ours: KubeHub, app: Application) -> None:
    stranger = KubeHub(client_of(hub, "argosy-fetch"), ours.namespace)
    stranger.record(app, reason="X", message="y", warning=False, now=NOW)


def test_a_running_controller_of_argo_cd_is_seen(hub: Cluster, ours: KubeHub) -> None:
    assert ours.competitor() == ""
    labels = {"app": "controller"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    spec = {"replicas": 0, "selector": {"matchLabels": labels}, "serviceName": "s", "template": template}
    path = f"/apis/apps/v1/namespaces/{ours.namespace}/statefulsets"
    create(hub, path, {"metadata": {"name": "argocd-application-controller"}, "spec": spec})
    assert ours.competitor() == ""
    scale = {"spec": {"replicas": 1}}
    one = f"{path}/argocd-application-controller"
    assert hub.request("PATCH", one, scale, content_type="application/merge-patch+json").good
    assert ours.competitor() == "StatefulSet argocd-application-controller"


def labelled(kind: str, **texts: str) -> JsonMap:
    meta: JsonMap = {"name": f"{kind}-one", "labels": {"argocd.argoproj.io/secret-type": kind}}
    return {"metadata": meta, "stringData": dict(texts)}


def text_of(hub: Cluster, ours: KubeHub, name: str, key: str) -> str:
    data = hub.request("GET", ours.paths.secret(name)).body["data"]
    assert isinstance(data, dict)
    return base64.b64decode(data[key]).decode()
