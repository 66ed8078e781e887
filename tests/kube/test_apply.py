"""Server-side apply and deletion on the real server."""

from __future__ import annotations

import json

import pytest

from cli.bed.cluster import Cluster
from gitops.adapters.kube.cluster import KubeCluster
from gitops.errors import ArgosyError, InvalidError, RefusedError
from gitops.model.objects import Json, JsonMap, Manifest
from gitops.model.observed import Absent, Found, LiveObject
from tests.kube.conftest import SETTINGS, config_map, definition, deployment, path_of, record_of, until

CANARY = "canary-value-0451"


def secret(data: Json, **more: Json) -> Manifest:
    meta: JsonMap = {"name": "hidden", "namespace": "default"}
    return Manifest({"apiVersion": "v1", "kind": "Secret", "metadata": meta, "data": data, **more})


def live(cluster: KubeCluster, wanted: Manifest) -> LiveObject:
    found = cluster.read(wanted.key)
    assert isinstance(found, Found), found
    return found.object


def test_the_verb_tells_what_an_apply_did(cluster: KubeCluster) -> None:
    assert cluster.apply(config_map("verb", {"a": "1"}), SETTINGS).verb == "created"
    assert cluster.apply(config_map("verb", {"a": "2"}), SETTINGS).verb == "configured"
    until(lambda: cluster.apply(config_map("verb", {"a": "2"}), SETTINGS).verb == "unchanged", "a quiet second")


def test_a_dry_run_writes_nothing(cluster: KubeCluster) -> None:
    wanted = config_map("never", {"a": "1"})
    assert cluster.apply(wanted, SETTINGS, dry_run=True).live.manifest.body["data"] == {"a": "1"}
    assert cluster.read(wanted.key) == Absent()


def test_read_only_writes_nothing(cluster: KubeCluster) -> None:
    looking = KubeCluster(cluster.record, cluster.client, read_only=True)
    wanted = config_map("looked-at", {"a": "1"})
    for write in (
        lambda: looking.apply(wanted, SETTINGS),
        lambda: looking.delete(wanted.key, "uid", propagation="Background"),
    ):
        with pytest.raises(RefusedError, match="read-only"):
            write()
    assert looking.apply(wanted, SETTINGS, dry_run=True).verb == "created"


def test_a_kind_that_is_not_served_is_refused_without_a_request(cluster: KubeCluster) -> None:
    wanted = Manifest({"apiVersion": "nowhere.org/v1", "kind": "Ghost", "metadata": {"name": "g"}})
    with pytest.raises(InvalidError, match=r'no matches for kind "Ghost" in version "nowhere\.org/v1"'):
        cluster.apply(wanted, SETTINGS)
    with pytest.raises(InvalidError, match=r'no matches for kind "Deployment" in version "apps/v1beta1"'):
        cluster.apply(Manifest({**deployment("old").body, "apiVersion": "apps/v1beta1"}), SETTINGS)


def test_a_new_kind_can_be_applied_as_soon_as_its_definition_is_established(cluster: KubeCluster) -> None:
    cluster.discovery()
    cluster.apply(definition("Fresh", "freshes"), SETTINGS)
    meta: JsonMap = {"name": "first", "namespace": "default"}
    wanted = Manifest({"apiVersion": "example.org/v1", "kind": "Fresh", "metadata": meta})

    def applied() -> bool:
        try:
            return cluster.apply(wanted, SETTINGS).verb == "created"
        except InvalidError:
            return False

    until(applied, "the kind is served")


def test_a_field_the_schema_does_not_know_is_an_error_of_the_object(cluster: KubeCluster) -> None:
    with pytest.raises(InvalidError, match=r"\.spec\.replicaz: field not declared in schema"):
        cluster.apply(deployment("typo", replicaz=3), SETTINGS)


def test_an_immutable_field_is_an_error_of_the_object(cluster: KubeCluster) -> None:
    cluster.apply(deployment("fixed"), SETTINGS)
    other: JsonMap = {"matchLabels": {"app": "other"}}
    with pytest.raises(InvalidError, match=r"default/fixed.*(immutable|does not match)"):
        cluster.apply(deployment("fixed", selector=other), SETTINGS)


def test_a_missing_namespace_is_named(cluster: KubeCluster) -> None:
    with pytest.raises(InvalidError, match=r'namespaces "absent" not found.*Create the namespace'):
        cluster.apply(config_map("lost", {}, namespace="absent"), SETTINGS)


def test_a_namespace_on_a_cluster_scoped_object_is_ignored(cluster: KubeCluster) -> None:
    meta: JsonMap = {"name": "wide", "namespace": "default"}
    wanted = Manifest({"apiVersion": "v1", "kind": "Namespace", "metadata": meta})
    assert cluster.apply(wanted, SETTINGS).live.key.namespace == ""


@pytest.mark.parametrize("data", [{"k": CANARY + "!"}, {"k": {CANARY: "x"}}, {"no such key!": CANARY}])
def test_no_text_of_a_secret_is_in_an_error(cluster: KubeCluster, data: Json) -> None:
    with pytest.raises(ArgosyError) as caught:
        cluster.apply(secret(data), SETTINGS)
    assert CANARY not in f"{caught.value} {caught.value!r} {caught.value.__cause__}"
    assert "hidden" in str(caught.value)


def test_without_permission_a_write_is_refused(stranger: KubeCluster) -> None:
    with pytest.raises(RefusedError, match="argosy-fetch"):
        stranger.apply(config_map("theirs", {}), SETTINGS)


def test_fields_that_left_git_leave_an_object_that_kubectl_applied_before(
    cluster: KubeCluster, server: Cluster
) -> None:
    before = config_map("adopted", {"kept": "1", "dropped": "2"}, labels={"old": "x"})
    applied_by_kubectl(server, before)

    result = cluster.apply(config_map("adopted", {"kept": "1"}), SETTINGS)

    assert result.verb == "configured"
    now = live(cluster, before)
    assert now.manifest.body["data"] == {"kept": "1"}
    assert not now.manifest.labels
    assert not now.manifest.annotations
    assert [entry["manager"] for entry in now.managed_fields] == ["argocd-controller"]
    assert result.row.entry
    assert cluster.row_of(now, SETTINGS) == result.row


def test_an_adoption_leaves_the_fields_of_others_alone(cluster: KubeCluster, server: Cluster) -> None:
    before = config_map("shared", {"ours": "1"})
    applied_by_kubectl(server, before)
    theirs = {"data": {"theirs": "2"}}
    path = path_of(before, "configmaps") + "?fieldManager=someone"
    assert server.request("PATCH", path, theirs, content_type="application/merge-patch+json").good

    cluster.apply(config_map("shared", {"ours": "3"}), SETTINGS)

    assert live(cluster, before).manifest.body["data"] == {"ours": "3", "theirs": "2"}


def test_a_deletion_spares_an_object_with_another_uid(cluster: KubeCluster) -> None:
    wanted = config_map("recreated", {"a": "1"})
    uid = cluster.apply(wanted, SETTINGS).live.uid
    cluster.delete(wanted.key, "another-uid", propagation="Background")
    assert live(cluster, wanted).uid == uid
    cluster.delete(wanted.key, uid, propagation="Background")
    assert cluster.read(wanted.key) == Absent()


def test_deleting_what_is_gone_is_no_error(cluster: KubeCluster) -> None:
    cluster.delete(config_map("gone", {}).key, "uid", propagation="Foreground")
    ghost = Manifest({"apiVersion": "nowhere.org/v1", "kind": "Ghost", "metadata": {"name": "g"}})
    cluster.delete(ghost.key, "uid", propagation="Foreground")


def test_without_permission_a_deletion_is_refused(stranger: KubeCluster, cluster: KubeCluster) -> None:
    wanted = config_map("protected", {})
    uid = cluster.apply(wanted, SETTINGS).live.uid
    with pytest.raises(RefusedError):
        stranger.delete(wanted.key, uid, propagation="Background")


def applied_by_kubectl(server: Cluster, manifest: Manifest) -> None:
    """What `kubectl apply` leaves: its manager, and the annotation with what it applied."""
    text = json.dumps(manifest.body)
    noted = {**manifest.metadata, "annotations": {"kubectl.kubernetes.io/last-applied-configuration": text}}
    path = path_of(manifest, "configmaps").rpartition("/")[0] + "?fieldManager=kubectl-client-side-apply"
    answer = server.request("POST", path, {**manifest.body, "metadata": noted})
    assert answer.good, answer


def test_a_namespaced_cluster_is_not_asked_about_cluster_scoped_kinds(cluster: KubeCluster) -> None:
    limited = KubeCluster(record_of(cluster.client.server, "default"), cluster.client)
    with pytest.raises(RefusedError, match="clusterResources"):
        limited.places(limited.kind(definition("X", "xs").key.group_kind))


def test_every_character_arrives_as_it_is_in_git(cluster: KubeCluster) -> None:
    odd = "".join(map(chr, [*range(1, 0x100), 0x2028, 0x2029, 0xFEFF, 0xFFFD, 0xFFFE, 0xFFFF, 0x1F600])) + "\\u0041"
    assert live(cluster, cluster.apply(config_map("odd-text", {"a": odd}), SETTINGS).live.manifest).manifest.body[
        "data"
    ] == {"a": odd}
