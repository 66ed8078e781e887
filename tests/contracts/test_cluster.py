"""What a target cluster promises, in memory and on a real API server (gitops/ports/cluster.py)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from cli.bed.rig import Bed
from gitops.adapters.kube.client import Client
from gitops.adapters.kube.cluster import KubeCluster
from gitops.adapters.kube.kubeconfig import load
from gitops.drift.verdict import judge
from gitops.errors import InvalidError
from gitops.model.config import ClusterCredential, ClusterRecord, Settings
from gitops.model.fingerprint import Fingerprint, Verdict
from gitops.model.objects import ClusterKey, GroupKind, JsonMap, Manifest, ObjectKey
from gitops.model.observed import Absent, Found, LiveObject, Row, Rows
from gitops.ports.cluster import Cluster
from tests.fakes.cluster import MemoryCluster
from tests.waiting import eventually

SETTINGS = Settings()
CONFIGS = GroupKind("", "ConfigMap")
OURS = "argocd-controller"


@dataclass
class Side:
    """A cluster, and somebody else who edits and deletes there."""

    cluster: Cluster
    edit: Callable[[ObjectKey, JsonMap], None]
    remove: Callable[[ObjectKey], None]

    def live(self, key: ObjectKey) -> LiveObject:
        found = self.cluster.read(key)
        assert isinstance(found, Found), found
        return found.object

    def row(self, key: ObjectKey) -> Row:
        return self.cluster.row_of(self.live(key), SETTINGS)


def fake_side() -> Side:
    cluster = MemoryCluster(ClusterRecord(ClusterKey("https://c"), "c", ClusterCredential()))
    return Side(cluster, lambda key, patch: _nothing(cluster.edit(key, patch)), cluster.remove)


def _nothing(_: object) -> None:
    """An edit's result is not looked at."""


def real_side(bed: Bed) -> Side:
    server = bed.targets[1]
    record = ClusterRecord(ClusterKey(server.server), "target", ClusterCredential())
    cluster = KubeCluster(record, Client(load(server.kubeconfig("argosy"))))

    def path(key: ObjectKey) -> str:
        prefix = f"/apis/{key.group}/v1" if key.group else "/api/v1"
        return f"{prefix}/namespaces/{key.namespace}/{key.kind.lower()}s/{key.name}"

    def edit(key: ObjectKey, patch: JsonMap) -> None:
        answer = server.request(
            "PATCH", f"{path(key)}?fieldManager=somebody", patch, content_type="application/merge-patch+json"
        )
        assert answer.good, answer

    return Side(cluster, edit, lambda key: _nothing(server.request("DELETE", path(key))))


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.bed)])
def side(request: pytest.FixtureRequest) -> Side:
    return fake_side() if request.param == "fake" else real_side(request.getfixturevalue("bed"))


@pytest.fixture
def name() -> str:
    return f"contract-{secrets.token_hex(4)}"


def config(name: str, **data: str) -> Manifest:
    mark = {"argocd.argoproj.io/tracking-id": f"web:/ConfigMap:default/{name}"}
    meta: JsonMap = {"name": name, "namespace": "default", "annotations": dict(mark)}
    return Manifest({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": dict(data)})


def deployment(name: str, replicas: int) -> Manifest:
    pod: JsonMap = {"containers": [{"name": "web", "image": "web:1"}]}
    template: JsonMap = {"metadata": {"labels": {"app": name}}, "spec": pod}
    spec: JsonMap = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template}
    meta: JsonMap = {"name": name, "namespace": "default"}
    return Manifest({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec})


def test_discovery_tells_served_kinds_and_their_scope(side: Side) -> None:
    found = side.cluster.discovery()
    scopes = {k: i.namespaced for k, i in found.kinds.items() if k in (("", "ConfigMap"), ("", "Namespace"))}
    assert scopes == {("", "ConfigMap"): True, ("", "Namespace"): False}
    assert found.of("nowhere.org", "Ghost") == Absent()


def test_an_applied_object_can_be_read_and_its_row_is_the_same_everywhere(side: Side, name: str) -> None:
    applied = side.cluster.apply(config(name, a="1"), SETTINGS)
    assert applied.verb == "created"
    assert applied.row == side.row(config(name).key)
    listed = side.cluster.rows(CONFIGS, SETTINGS)
    assert isinstance(listed, Rows)
    assert applied.row in listed.rows
    assert applied.row.tracking.startswith("web:")
    assert applied.row.entry


def test_an_object_that_is_not_there_is_absent(side: Side, name: str) -> None:
    assert side.cluster.read(config(name).key) == Absent()
    assert side.cluster.read(ObjectKey("nowhere.org", "Ghost", "default", name)) == Absent()


def test_applying_the_same_again_changes_nothing(side: Side, name: str) -> None:
    first = side.cluster.apply(config(name, a="1"), SETTINGS)
    assert side.cluster.apply(config(name, a="1"), SETTINGS).row == first.row
    same = lambda: side.cluster.apply(config(name, a="1"), SETTINGS).verb == "unchanged"  # noqa: E731 -- a condition
    assert eventually(same)


def test_a_field_that_left_the_manifest_leaves_the_object_and_one_of_others_stays(side: Side, name: str) -> None:
    side.cluster.apply(config(name, a="1", b="2"), SETTINGS)
    side.edit(config(name).key, {"data": {"theirs": "3"}})
    applied = side.cluster.apply(config(name, a="1"), SETTINGS)
    assert applied.live.manifest.body["data"] == {"a": "1", "theirs": "3"}
    assert applied.verb == "configured"


def test_a_dry_run_shows_the_object_and_writes_nothing(side: Side, name: str) -> None:
    assert side.cluster.apply(config(name, a="1"), SETTINGS, dry_run=True).live.manifest.body["data"] == {"a": "1"}
    assert side.cluster.read(config(name).key) == Absent()


def test_our_entry_changes_when_a_field_of_ours_is_edited_and_only_then(side: Side, name: str) -> None:
    ours = side.cluster.apply(config(name, a="1"), SETTINGS).row
    side.edit(ours.key, {"data": {"theirs": "1"}})
    theirs = side.row(ours.key)
    assert (theirs.entry, theirs.uid) == (ours.entry, ours.uid)
    assert theirs.resource_version != ours.resource_version
    side.edit(ours.key, {"data": {"a": "9"}})
    assert side.row(ours.key).entry != ours.entry


def test_our_entry_changes_when_a_field_of_ours_is_edited_there_and_back(side: Side, name: str) -> None:
    ours = side.cluster.apply(config(name, a="1"), SETTINGS).row
    side.edit(ours.key, {"data": {"a": "9"}})
    side.edit(ours.key, {"data": {"a": "1"}})
    assert side.row(ours.key).entry != ours.entry


def test_an_apply_takes_an_edited_field_back(side: Side, name: str) -> None:
    side.cluster.apply(config(name, a="1"), SETTINGS)
    side.edit(config(name).key, {"data": {"a": "9"}})
    applied = side.cluster.apply(config(name, a="1"), SETTINGS)
    assert applied.live.manifest.body["data"] == {"a": "1"}
    fingerprint = Fingerprint(
        applied.row.uid,
        applied.row.entry,
        applied.row.generation,
        applied.row.resource_version,
        "d",
        Verdict.CLEAN,
        None,
    )
    assert fingerprint.still_holds(side.row(applied.row.key), has_health_rule=False)


def test_a_generation_counts_changes_of_the_spec_only(side: Side, name: str) -> None:
    first = side.cluster.apply(deployment(name, 0), SETTINGS).row
    side.edit(first.key, {"metadata": {"labels": {"x": "1"}}})
    assert side.row(first.key).generation == first.generation
    side.edit(first.key, {"spec": {"replicas": 1}})
    assert side.row(first.key).generation == first.generation + 1


@pytest.mark.parametrize(
    ("patch", "verdict"),
    [
        ({"data": {"a": "9"}}, Verdict.DRIFTED),
        ({"data": {"a": None}}, Verdict.DRIFTED),
        ({"data": {"theirs": "1"}}, Verdict.CLEAN),
        ({"metadata": {"labels": {"x": "1"}}}, Verdict.CLEAN),
    ],
)
def test_the_same_edit_is_judged_the_same(side: Side, name: str, patch: JsonMap, verdict: Verdict) -> None:
    wanted = config(name, a="1", b="2")
    side.cluster.apply(wanted, SETTINGS)
    side.edit(wanted.key, patch)
    assert judge(wanted, Found(side.live(wanted.key)), manager=OURS).verdict is verdict


def test_a_delete_means_exactly_one_object(side: Side, name: str) -> None:
    row = side.cluster.apply(config(name, a="1"), SETTINGS).row
    side.cluster.delete(row.key, "11111111-1111-1111-1111-111111111111", propagation="Background")
    assert isinstance(side.cluster.read(row.key), Found)
    side.cluster.delete(row.key, row.uid, propagation="Background")
    assert eventually(lambda: side.cluster.read(row.key) == Absent())
    side.cluster.delete(row.key, row.uid, propagation="Background")


def test_an_object_made_again_is_another_one(side: Side, name: str) -> None:
    first = side.cluster.apply(config(name, a="1"), SETTINGS).row
    side.remove(first.key)
    assert eventually(lambda: side.cluster.read(first.key) == Absent())
    assert side.cluster.apply(config(name, a="1"), SETTINGS).row.uid != first.uid


def test_a_kind_that_is_not_served_is_refused(side: Side) -> None:
    ghost = Manifest({"apiVersion": "nowhere.org/v1", "kind": "Ghost", "metadata": {"name": "g"}})
    with pytest.raises(InvalidError, match='no matches for kind "Ghost"'):
        side.cluster.apply(ghost, SETTINGS)
    assert not isinstance(side.cluster.rows(GroupKind("nowhere.org", "Ghost"), SETTINGS), Rows)
