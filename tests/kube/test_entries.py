"""What our managedFields entry tells (design.md 7), on the real server: the facts that fingerprints rest on."""

from __future__ import annotations

import msgspec
import pytest

from cli.bed.cluster import Cluster
from gitops.adapters.kube.cluster import KubeCluster
from gitops.adapters.kube.places import collection
from gitops.adapters.kube.rows import METADATA, Item, row_from
from gitops.adapters.kube.stop import Stop
from gitops.adapters.kube.watch import stream
from gitops.model.objects import JsonMap, Manifest
from gitops.model.observed import Found, Row, Rows
from tests.kube.conftest import SETTINGS, config_map, definition, deployment, path_of, until

ODD: JsonMap = {"z": 1, "A": {"b<&>\u00fc\u2028": True, "a": [1, {"x": "<"}]}}


def shaped(kind: str) -> Manifest:
    if kind == "ConfigMap":
        return config_map("same", {"a": "<&>"}, annotations={"argocd.argoproj.io/tracking-id": "shop:x"})
    if kind == "Deployment":
        return deployment("same")
    meta: JsonMap = {"name": "same", "namespace": "default"}
    return Manifest({"apiVersion": "example.org/v1", "kind": "Oddity", "metadata": meta, "spec": ODD})


def watched(cluster: KubeCluster, wanted: Manifest, since: str) -> Row:
    path = collection(cluster.kind(wanted.key.group_kind))
    for _, body in stream(cluster.client, path, wanted.kind, since, Stop(), accept=METADATA):
        row = row_from(msgspec.json.decode(body, type=Item).metadata, wanted.key.group_kind, SETTINGS)
        if row.key == wanted.key:
            return row
    raise AssertionError("the watch ended without the object")


@pytest.mark.parametrize("kind", ["ConfigMap", "Deployment", "Oddity"])
def test_an_entry_hashes_the_same_from_apply_read_list_and_watch(cluster: KubeCluster, kind: str) -> None:
    cluster.apply(definition("Oddity", "oddities"), SETTINGS)
    wanted = shaped(kind)
    until(lambda: isinstance(cluster.discovery(fresh=True).of(wanted.group, kind), Found), f"{kind} is served")
    before = cluster.rows(wanted.key.group_kind, SETTINGS)
    assert isinstance(before, Rows)

    applied = cluster.apply(wanted, SETTINGS).row

    found = cluster.read(wanted.key)
    assert isinstance(found, Found)
    assert cluster.row_of(found.object, SETTINGS) == applied
    listed = cluster.rows(wanted.key.group_kind, SETTINGS)
    assert isinstance(listed, Rows)
    assert applied in listed.rows
    assert watched(cluster, wanted, before.resource_version) == applied
    assert applied.entry


def test_an_identical_apply_changes_nothing(cluster: KubeCluster) -> None:
    wanted = deployment("twice", replicas=2)
    assert cluster.apply(wanted, SETTINGS).row == cluster.apply(wanted, SETTINGS).row


def test_our_entry_changes_when_somebody_edits_a_field_we_set(cluster: KubeCluster, server: Cluster) -> None:
    wanted = deployment("edited", replicas=2)
    ours = cluster.apply(wanted, SETTINGS).row
    edit(server, wanted, {"spec": {"replicas": 5}})
    assert row_now(cluster, wanted).entry != ours.entry


def test_our_entry_changes_when_somebody_scales_and_scales_back(cluster: KubeCluster, server: Cluster) -> None:
    wanted = deployment("scaled", replicas=2)
    ours = cluster.apply(wanted, SETTINGS).row
    for replicas in (5, 2):
        edit(server, wanted, {"spec": {"replicas": replicas}}, below="/scale")
    assert row_now(cluster, wanted).entry != ours.entry


def test_our_entry_stays_when_others_set_other_fields(cluster: KubeCluster, server: Cluster) -> None:
    wanted = deployment("joined")
    ours = cluster.apply(wanted, SETTINGS).row
    edit(server, wanted, {"metadata": {"labels": {"theirs": "1"}}, "spec": {"replicas": 3}})
    theirs = row_now(cluster, wanted)
    assert theirs.entry == ours.entry
    assert theirs.resource_version != ours.resource_version


def test_our_entry_is_not_trusted_when_somebody_updates_under_our_name(cluster: KubeCluster, server: Cluster) -> None:
    wanted = config_map("named", {"a": "1"})
    cluster.apply(wanted, SETTINGS)
    edit(server, wanted, {"data": {"b": "2"}}, query="?fieldManager=argocd-controller")
    assert row_now(cluster, wanted).entry == ""


def edit(server: Cluster, wanted: Manifest, patch: object, *, below: str = "", query: str = "") -> None:
    plural = "deployments" if wanted.kind == "Deployment" else "configmaps"
    path = path_of(wanted, plural) + below + query
    answer = server.request("PATCH", path, patch, content_type="application/merge-patch+json")
    assert answer.good, answer


def row_now(cluster: KubeCluster, wanted: Manifest) -> Row:
    found = cluster.read(wanted.key)
    assert isinstance(found, Found)
    return cluster.row_of(found.object, SETTINGS)
