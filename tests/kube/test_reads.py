"""Reads and lists on the real server: there, absent, or could not ask."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from cli.bed.cluster import Cluster
from cli.bed.rig import Bed
from gitops.adapters.kube.cluster import KubeCluster
from gitops.adapters.kube.listing import PAGE_SIZE
from gitops.errors import InvalidError, RetryableError
from gitops.model.config import Settings, Tracking
from gitops.model.objects import GroupKind, ObjectKey
from gitops.model.observed import Absent, Found, Row, Rows, Unknown
from tests.kube.conftest import SETTINGS, client_at, config_map, record_of

CONFIG_MAP = GroupKind("", "ConfigMap")
NAMESPACE = GroupKind("", "Namespace")


def rows(cluster: KubeCluster, kind: GroupKind, settings: Settings = SETTINGS) -> tuple[Row, ...]:
    listed = cluster.rows(kind, settings)
    assert isinstance(listed, Rows), listed
    return listed.rows


def test_an_object_that_is_not_there_is_absent(cluster: KubeCluster) -> None:
    assert cluster.read(ObjectKey("", "ConfigMap", "default", "nothing")) == Absent()
    assert cluster.read(ObjectKey("", "ConfigMap", "no-such-namespace", "nothing")) == Absent()


def test_an_object_is_read_in_the_version_asked_for(cluster: KubeCluster) -> None:
    key = ObjectKey("apiregistration.k8s.io", "APIService", "", "v1.apps")
    found = cluster.read(key, version="v1")
    assert isinstance(found, Found)
    assert found.object.manifest.api_version == "apiregistration.k8s.io/v1"


def test_what_may_not_be_read_is_unknown(stranger: KubeCluster) -> None:
    answer = stranger.read(ObjectKey("", "ConfigMap", "default", "kube-root-ca.crt"))
    assert isinstance(answer, Unknown)
    assert "argosy-fetch" in answer.reason


def test_a_list_that_is_forbidden_is_unknown_not_empty(stranger: KubeCluster) -> None:
    answer = stranger.rows(CONFIG_MAP, SETTINGS)
    assert isinstance(answer, Unknown)
    assert "forbidden" in answer.reason


def test_a_kind_that_is_not_served_has_no_rows_to_trust(cluster: KubeCluster) -> None:
    assert isinstance(cluster.rows(GroupKind("nowhere.org", "Ghost"), SETTINGS), Unknown)


def test_a_cluster_that_is_down_is_unknown(bed: Bed) -> None:
    down = KubeCluster(record_of("http://127.0.0.1:1"), client_at("http://127.0.0.1:1"))
    assert isinstance(down.rows(CONFIG_MAP, SETTINGS), Unknown)
    assert isinstance(down.read(ObjectKey("", "ConfigMap", "default", "x")), Unknown)
    with pytest.raises(RetryableError, match="cannot be reached"):
        down.discovery()


def test_a_list_longer_than_a_page_comes_whole(cluster: KubeCluster, server: Cluster, namespace: str) -> None:
    server.ensure_namespace(namespace)
    names = [f"many-{number}" for number in range(PAGE_SIZE + 20)]
    with ThreadPoolExecutor(4) as pool:
        wanted = [config_map(name, {}, namespace=namespace) for name in names]
        list(pool.map(lambda manifest: cluster.apply(manifest, SETTINGS), wanted))
    assert {row.key.name for row in rows(cluster, CONFIG_MAP) if row.key.namespace == namespace} == set(names)


def test_a_namespaced_cluster_shows_its_namespaces_only(cluster: KubeCluster, server: Cluster, namespace: str) -> None:
    server.ensure_namespace(namespace)
    cluster.apply(config_map("in", {}, namespace=namespace), SETTINGS)
    cluster.apply(config_map("out", {}), SETTINGS)
    limited = KubeCluster(record_of(server.server, namespace, "absent"), cluster.client)
    assert [row.key.name for row in rows(limited, CONFIG_MAP)] == ["in"]
    assert isinstance(limited.rows(NAMESPACE, SETTINGS), Unknown)
    wider = KubeCluster(record_of(server.server, namespace, cluster_resources=True), cluster.client)
    assert namespace in {row.key.name for row in rows(wider, NAMESPACE)}


@pytest.mark.parametrize(
    ("settings", "owner"),
    [
        (Settings(), "shop:/ConfigMap:default/tracked"),
        (Settings(tracking=Tracking.BOTH), "shop:/ConfigMap:default/tracked"),
        (Settings(tracking=Tracking.LABEL, instance_label_key="team/app"), "store"),
        (Settings(installation_id="east"), "shop:/ConfigMap:default/tracked"),
        (Settings(installation_id="west"), ""),
    ],
)
def test_a_row_says_whose_the_object_is(cluster: KubeCluster, settings: Settings, owner: str) -> None:
    marks = {
        "argocd.argoproj.io/tracking-id": "shop:/ConfigMap:default/tracked",
        "argocd.argoproj.io/installation-id": "east",
    }
    wanted = config_map("tracked", {}, annotations=dict(marks), labels={"team/app": "store"})
    assert cluster.apply(wanted, settings).row.tracking == owner
    assert [row.tracking for row in rows(cluster, CONFIG_MAP, settings) if row.key == wanted.key] == [owner]


def test_discovery_knows_plural_scope_and_versions(cluster: KubeCluster) -> None:
    known = cluster.discovery()
    assert known.version.startswith("v1.")
    assert not known.broken
    scaler = cluster.kind(GroupKind("autoscaling", "HorizontalPodAutoscaler"))
    assert (scaler.plural, scaler.namespaced, scaler.versions) == ("horizontalpodautoscalers", True, ("v2", "v1"))
    assert not cluster.kind(NAMESPACE).namespaced
    with pytest.raises(InvalidError, match=r"no matches for kind nowhere\.org/Ghost"):
        cluster.kind(GroupKind("nowhere.org", "Ghost"))
