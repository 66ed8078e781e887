"""What the test-bed promises: real servers, apart from each other, whose data stays and whose programs go."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.bed.cluster import Cluster
from cli.bed.crds import install_crds
from cli.bed.rig import Bed, stop_all
from cli.errors import CommandError, Exit
from cli.main import run
from tests.waiting import eventually

CONFIG_MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "note"}, "data": {"text": "hello"}}


def test_every_cluster_is_a_kubernetes_of_the_pinned_version(bed: Bed) -> None:
    versions = [cluster.request("GET", "/version").body["gitVersion"] for cluster in bed.clusters]
    assert versions == ["v1.36.1"] * 3
    assert [cluster.name for cluster in bed.clusters] == ["hub", "target-1", "target-2"]


def test_two_servers_do_not_see_each_others_objects(bed: Bed, namespace: str) -> None:
    first, second = bed.targets
    first.ensure_namespace(namespace)
    assert first.request("GET", f"/api/v1/namespaces/{namespace}").status == 200
    assert second.request("GET", f"/api/v1/namespaces/{namespace}").status == 404


def test_users_have_the_rights_of_their_part(bed: Bed) -> None:
    statuses = {
        user: bed.hub.request("GET", "/api/v1/secrets", user=user).status
        for user in ("admin", "argosy", "observer", "argosy-fetch")
    }
    assert statuses == {"admin": 200, "argosy": 200, "observer": 200, "argosy-fetch": 403}


def test_the_audit_log_names_who_wrote_what(bed: Bed, namespace: str) -> None:
    bed.hub.ensure_namespace(namespace)
    bed.hub.request("POST", f"/api/v1/namespaces/{namespace}/configmaps", CONFIG_MAP, user="argosy")
    events = [json.loads(line) for line in bed.hub.audit_log.read_text().splitlines()]
    written = [event for event in events if event.get("objectRef", {}).get("namespace") == namespace]
    assert [(event["verb"], event["user"]["username"]) for event in written if event["verb"] == "create"] == [
        ("create", "argosy")
    ]


def test_a_kubeconfig_is_private_and_works_for_other_clients(bed: Bed) -> None:
    config = bed.hub.kubeconfig("observer")
    assert config.stat().st_mode & 0o777 == 0o600
    assert bed.hub.token("observer") in config.read_text()


def test_an_unknown_user_is_refused_with_the_list_of_users(bed: Bed) -> None:
    with pytest.raises(CommandError, match=r"no user 'nobody'.*observer"):
        bed.hub.token("nobody")


def test_pods_run_where_controllers_run(live_target: Cluster, namespace: str) -> None:
    live_target.ensure_namespace(namespace)
    labels = {"app": "web"}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "web", "image": "web:1"}], "terminationGracePeriodSeconds": 0},
            },
        },
    }
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/web"
    live_target.apply(path, deployment)

    def available() -> object:
        status = live_target.request("GET", path).body["status"]
        return status.get("availableReplicas") if isinstance(status, dict) else None

    assert eventually(lambda: available() == 2)
    live_target.request("DELETE", f"/api/v1/namespaces/{namespace}")
    assert eventually(lambda: live_target.request("GET", f"/api/v1/namespaces/{namespace}").status == 404)


def test_a_lost_cluster_comes_back_with_its_data_and_the_others_never_notice(bed: Bed, namespace: str) -> None:
    lost, other = bed.targets[1], bed.hub
    lost.ensure_namespace(namespace)
    bed.stop_server(lost.name)
    assert not lost.ready()
    assert other.ready()
    bed.start_server(lost.name)
    assert lost.request("GET", f"/api/v1/namespaces/{namespace}").status == 200


def test_definitions_are_served_once_installed_and_installing_again_changes_nothing(bed: Bed, tmp_path: Path) -> None:
    (tmp_path / "widget.yaml").write_text(WIDGET)
    assert install_crds(bed.hub, tmp_path, namespace="argocd") == ["widgets.bed.example"]
    assert bed.hub.request("GET", "/apis/bed.example/v1/widgets").status == 200
    before = bed.hub.request("GET", WIDGET_PATH).body["metadata"]
    install_crds(bed.hub, tmp_path, namespace="argocd")
    assert bed.hub.request("GET", WIDGET_PATH).body["metadata"] == before
    assert bed.hub.request("GET", "/api/v1/namespaces/argocd").status == 200


@pytest.mark.bed
def test_a_restart_keeps_data_and_addresses_and_the_end_leaves_no_program(tmp_path: Path) -> None:
    with Bed(tmp_path, fsync=False) as first:
        first.hub.ensure_namespace("kept")
        address = first.hub.server
    assert stop_all(tmp_path) == []
    with Bed(tmp_path, clusters=3, servers=1, fsync=False) as again:
        assert again.hub.server == address
        assert again.hub.request("GET", "/api/v1/namespaces/kept").status == 200
        _slices_are_small_clusters(again)
        pids = _pids(tmp_path)
        assert len(pids) == 2
    assert not any(_alive(pid) for pid in pids)


def _slices_are_small_clusters(bed: Bed) -> None:
    first, second = bed.targets
    assert (first.namespaces, second.namespaces) == (("target-1",), ("target-2",))
    assert first.server != second.server != bed.hub.server
    assert first.request("GET", "/api/v1/namespaces/target-1/secrets", user="argosy").status == 200
    assert first.request("GET", "/api/v1/namespaces/target-2/secrets", user="argosy").status == 403


@pytest.mark.bed
def test_up_leaves_the_bed_running_and_down_ends_it(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["bed", "up", "--dir", str(tmp_path)]) == Exit.DONE
    out, err = capfd.readouterr()
    name, url, kubeconfig = out.strip().split("\t")
    assert (name, url.startswith("https://127.0.0.1:"), Path(kubeconfig).exists()) == ("hub", True, True)
    assert "ready after" in err
    pids = _pids(tmp_path)
    assert all(_alive(pid) for pid in pids)
    assert run(["bed", "down", "--dir", str(tmp_path)]) == Exit.DONE
    assert not any(_alive(pid) for pid in pids)


@pytest.mark.bed
def test_a_killed_parent_leaves_no_program(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib, cli.bed.rig as r\nwith r.Bed(pathlib.Path(sys.argv[1])): print('up', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"up\n"
        pids = _pids(tmp_path)
        os.kill(parent.pid, signal.SIGKILL)
    assert eventually(lambda: not any(_alive(pid) for pid in pids))


@pytest.mark.bed
def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "etcd").write_text("a file where a folder should be")
    with pytest.raises(CommandError, match=r"(?s)etcd: ended while starting; its log ends with:\n.*not a directory"):
        Bed(tmp_path).start()


def test_more_servers_than_clusters_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="servers=3, clusters=2"):
        Bed(tmp_path, clusters=2, servers=3).start()


def _pids(folder: Path) -> list[int]:
    return [int(path.read_text().split()[0]) for path in (folder / "run").glob("*.pid")]


def _alive(pid: int) -> bool:
    try:
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


WIDGET_PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.bed.example"
WIDGET = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.bed.example}
spec:
  group: bed.example
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
"""
