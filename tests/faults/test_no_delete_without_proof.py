"""Automated prune is on and something is wrong: nothing is deleted, and a condition says what (I-4; S-041, R-057)."""

from __future__ import annotations

from collections.abc import Callable

import pygit2
import pytest
import urllib3

from cli.bed.cluster import Cluster
from cli.bed.gitserver import GitServer
from cli.bed.rig import Bed
from gitops.adapters.kube.discovery import AGGREGATED
from tests.bed.audit import Audit
from tests.bed.fleet import SECRETS, conditions, field, get, register, synced, wait_synced
from tests.bed.installation import Installation, wait_for
from tests.faults.conftest import MakeFleet
from tests.faults.yard import Fleet, deletions, refresh

PROJECTS = "/apis/argoproj.io/v1alpha1/namespaces/argocd/appprojects"
API_SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices"
NOWHERE = {
    "apiVersion": "apiregistration.k8s.io/v1",
    "kind": "APIService",
    "metadata": {"name": "v1.nowhere.example"},
    "spec": {
        "group": "nowhere.example", "version": "v1", "groupPriorityMinimum": 1000, "versionPriority": 10,
        "service": {"name": "none", "namespace": "default"}, "insecureSkipTLSVerify": True,
    },
}  # fmt: skip

Says = Callable[[Fleet, str], None]


@pytest.fixture
def says(argosy: Installation, audits: list[Audit]) -> Says:
    """Wait until an app's conditions hold a text, look once more, and assert that nothing was deleted."""

    def check(fleet: Fleet, text: str) -> None:
        name = fleet.names[0]
        wait_for(lambda: text in str(conditions(get(fleet.hub, name))), f"{name} says {text!r}", limit_s=20)
        refresh(fleet)
        assert text in str(conditions(get(fleet.hub, name)))
        assert deletions(audits) == []
        assert fleet.value(name) == "one"

    return check


def groups(target: Cluster) -> str:
    """Aggregated discovery of a cluster, as sent."""
    headers = {"Authorization": f"Bearer {target.token('admin')}", "Accept": AGGREGATED}
    with urllib3.PoolManager(ca_certs=str(target.authority)) as http:
        return http.request("GET", f"{target.server}/apis", headers=headers).data.decode()


def lone(make_fleet: MakeFleet, name: str, targets: list[Cluster], **spec: object) -> Fleet:
    """One app, Synced."""
    fleet = make_fleet(name, 1, targets=targets)
    fleet.install(**spec)
    return fleet


def test_a_source_that_does_not_answer(
    bed: Bed, make_fleet: MakeFleet, git_server: GitServer, says: Says, audits: list[Audit]
) -> None:
    fleet = lone(make_fleet, "unanswered", bed.targets[:1])
    git_server.failing = 500
    try:
        refresh(fleet)
        says(fleet, "ComparisonError")
    finally:
        git_server.failing = 0
    refresh(fleet)
    wait_synced(fleet.hub, fleet.names, limit_s=30)
    assert deletions(audits) == []


def test_a_branch_that_was_deleted(
    bed: Bed, argosy: Installation, make_fleet: MakeFleet, git_server: GitServer, says: Says
) -> None:
    fleet = make_fleet("branchless", 1, targets=bed.targets[:1])
    fleet.repository.commit({"note": "a branch"}, branch="side")
    fleet.repository.move(fleet.repository.head(), branch="side")
    source = {"repoURL": fleet.repo_url, "path": f"apps/{fleet.names[0]}", "targetRevision": "side"}
    commit = fleet.install(source=source)
    pygit2.Repository(str(fleet.repository.path)).references.delete("refs/heads/side")
    assert argosy.push_event(fleet.repo_url, commit, ref="refs/heads/side") == 200
    says(fleet, "ComparisonError")
    assert "side" in conditions(get(fleet.hub, fleet.names[0]))["ComparisonError"]


def test_a_folder_that_is_empty_now(bed: Bed, argosy: Installation, make_fleet: MakeFleet, says: Says) -> None:
    fleet = lone(make_fleet, "emptied", bed.targets[:1])
    folder = f"apps/{fleet.names[0]}"
    files = dict.fromkeys([f"{folder}/{part}.yaml" for part in ("account", "config", "service", "deployment")])
    commit = fleet.repository.commit({**files, f"{folder}/README.md": "nothing is left"})
    assert argosy.push_event(fleet.repo_url, commit) == 200
    says(fleet, "auto-sync will wipe out all resources")


def test_a_folder_that_is_gone(bed: Bed, argosy: Installation, make_fleet: MakeFleet, says: Says) -> None:
    fleet = lone(make_fleet, "folderless", bed.targets[:1])
    folder = f"apps/{fleet.names[0]}"
    files = dict.fromkeys([f"{folder}/{part}.yaml" for part in ("account", "config", "service", "deployment")])
    commit = fleet.repository.commit({**files, "README.md": "nothing is left"})
    assert argosy.push_event(fleet.repo_url, commit) == 200
    says(fleet, "ComparisonError")


def test_a_project_that_is_gone(bed: Bed, make_fleet: MakeFleet, says: Says) -> None:
    project = {
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject",
        "metadata": {"name": "short", "namespace": "argocd"},
        "spec": {"sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "*"}]},
    }  # fmt: skip
    bed.hub.apply(f"{PROJECTS}/short", project)
    fleet = lone(make_fleet, "projectless", bed.targets[:1], project="short")
    bed.hub.request("DELETE", f"{PROJECTS}/short")
    says(fleet, "InvalidSpecError")


def test_a_cluster_that_is_not_registered_any_more(
    bed: Bed, make_fleet: MakeFleet, says: Says, audits: list[Audit]
) -> None:
    target = bed.targets[1]
    fleet = lone(make_fleet, "clusterless", [target])
    bed.hub.request("DELETE", f"{SECRETS}/cluster-{target.name}")
    try:
        says(fleet, "InvalidSpecError")
    finally:
        register(bed.hub, target)
    wait_synced(fleet.hub, fleet.names, limit_s=30)
    assert deletions(audits) == []


def test_a_cluster_whose_discovery_is_partial(
    bed: Bed, argosy: Installation, make_fleet: MakeFleet, audits: list[Audit]
) -> None:
    """With the positive control: the same object is pruned as soon as discovery is whole."""
    target = bed.targets[1]
    fleet = lone(make_fleet, "partial", [target])
    [name] = fleet.names
    service = f"/api/v1/namespaces/{fleet.name}/services/{name}"
    target.apply(f"{API_SERVICES}/v1.nowhere.example", NOWHERE)
    wait_for(lambda: '"Stale"' in groups(target), "the server calls the group stale")
    try:
        commit = fleet.repository.commit({f"apps/{name}/service.yaml": None})
        assert argosy.push_event(fleet.repo_url, commit) == 200
        wait_for(lambda: field(get(bed.hub, name), "status.operationState.syncResult.revision") == commit, "a sync")
        wait_for(lambda: field(get(bed.hub, name), "status.operationState.phase") != "Running", "its end")
        app = get(bed.hub, name)
        assert "discovery is incomplete" in str(field(app, "status.operationState.syncResult.resources"))
        assert not synced(app)
        assert deletions(audits) == []
        assert target.request("GET", service).good
    finally:
        target.request("DELETE", f"{API_SERVICES}/v1.nowhere.example")
    # Nothing in this target collects garbage, so the Service stays marked for deletion: the request is the witness.
    took = wait_for(lambda: deletions(audits) != [], "pruned when discovery is whole", limit_s=30)
    print(f"pruned {took:.1f} s after discovery was whole")
    assert {(r.resource, r.name) for r in deletions(audits)} == {("services", name)}
