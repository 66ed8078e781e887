"""`argosy up` without a kubeconfig: a hub of its own, kept over restarts, gone with the supervisor however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.bed.cluster import Cluster
from cli.bed.gitserver import GitServer
from cli.demo.hub import opened
from tests.bed import fleet
from tests.bed.audit import Audit
from tests.bed.installation import Installation, wait_for

pytestmark = pytest.mark.bed

NAME = "at-home"
CONTROLLER = "/apis/apps/v1/namespaces/argocd/statefulsets/argocd-application-controller"
SELF = "https://kubernetes.default.svc"
LOOK = f'"task": "compare", "lane": "{SELF}", "key": "argocd/{NAME}"'
WARNING = "StatefulSet argocd-application-controller: this role looks and writes nothing (--take-over changes that)"
ROLES = {"api", "watch", "fetch", "work", "beat", "valkey", "up"}


class Embedded:
    """An Argosy on a hub of its own, with one app."""

    def __init__(self, data_dir: Path, git: GitServer) -> None:
        self.data_dir = data_dir
        self.repository = git.create(NAME, dict(fleet.manifests(NAME, replicas=1)))
        self.url = git.url_of(NAME)
        self.argosy = Installation(None, data_dir)

    @property
    def hub(self) -> Cluster:
        return opened(self.data_dir / "hub")

    def again(self, *options: str) -> None:
        """Stop and start, with other options."""
        self.argosy.stop()
        self.argosy = Installation(None, self.data_dir, *options)
        self.argosy.start()

    def commit(self, value: str) -> str:
        return self.repository.commit(fleet.manifests(NAME, value=value, replicas=1))

    def processes(self) -> dict[int, str]:
        """Every running process whose command names the data folder."""
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid() and str(self.data_dir) in _words(entry):
                found[int(entry.name)] = _words(entry)
        return found

    def value(self) -> object:
        """`data.value` of the live ConfigMap."""
        return fleet.field(self.hub.request("GET", f"/api/v1/namespaces/{NAME}/configmaps/{NAME}").body, "data.value")


def _words(entry: Path) -> str:
    """Command and environment of a process, empty when it ended (or is only waiting to be collected)."""
    try:
        return "".join((entry / name).read_text(errors="replace") for name in ("cmdline", "environ"))
    except OSError:
        return ""


@pytest.fixture(scope="module")
def home(git_server: GitServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    made = Embedded(tmp_path_factory.mktemp("home"), git_server)
    made.argosy.start()
    fleet.webhook_secret(made.hub)
    made.hub.ensure_namespace(NAME)
    fleet.create(made.hub, [fleet.application(NAME, repo=made.url, path=".", server=SELF, namespace=NAME)])
    yield made
    made.argosy.stop()


def healthy(home: Embedded) -> bool:
    return fleet.field(fleet.get(home.hub, NAME), "status.health.status") == "Healthy"


def test_pods_come_to_life_on_the_hub_itself(home: Embedded) -> None:
    fleet.wait_synced(home.hub, [NAME], home.repository.head())
    wait_for(lambda: healthy(home), "the Deployment's Pod runs")
    assert home.argosy.pids().keys() == ROLES


def test_a_second_start_on_the_folder_is_refused_with_the_pid_of_the_first(home: Embedded) -> None:
    command = [str(Path(sys.executable).with_name("argosy")), "up", "--data-dir", str(home.data_dir)]
    second = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert second.returncode == 7
    assert f"in use by process {home.argosy.pids()['up']}" in second.stderr
    assert home.hub.ready()


def test_a_stop_leaves_no_process_and_a_start_finds_all_state(home: Embedded) -> None:
    commit = home.commit("before the restart")
    assert home.argosy.push_event(home.url, commit) == 200
    fleet.wait_synced(home.hub, [NAME], commit)
    before = fleet.get(home.hub, NAME)
    home.argosy.stop()
    assert home.processes() == {}
    home.again()
    assert fleet.field(fleet.get(home.hub, NAME), "status.history") == fleet.field(before, "status.history")
    commit = home.commit("after the restart")
    assert home.argosy.push_event(home.url, commit) == 200
    fleet.wait_synced(home.hub, [NAME], commit)


def test_a_role_that_was_killed_comes_back_and_works(home: Embedded) -> None:
    before = home.argosy.pids()["fetch"]
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: home.argosy.pids().get("fetch", before) != before, "fetch starts again")
    commit = home.commit("after a kill")
    assert home.argosy.push_event(home.url, commit) == 200
    fleet.wait_synced(home.hub, [NAME], commit)


@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux'")
def test_a_killed_supervisor_leaves_no_process_behind(home: Embedded) -> None:
    os.kill(home.argosy.pids()["up"], signal.SIGKILL)
    wait_for(lambda: not home.processes(), "every role, the hub and its controllers end")
    home.again()
    fleet.wait_synced(home.hub, [NAME])


def test_beside_argo_cds_controller_it_looks_and_writes_nothing_until_told_to_take_over(home: Embedded) -> None:
    """AC-003: two that write would fight over every object."""
    home.hub.apply(CONTROLLER, controller())
    before, value = fleet.get(home.hub, NAME), home.value()
    home.argosy.stop()
    audit, log = Audit(home.hub.audit_log), home.data_dir / "logs" / "work.log"
    looks = log.read_text().count(LOOK)
    home.again()
    assert WARNING in log.read_text()
    commit = home.commit("not to be live")
    assert home.argosy.push_event(home.url, commit) == 200
    wait_for(lambda: log.read_text().count(LOOK) > looks, "the push was looked at")
    assert [r for r in audit.writes() if "dryRun=All" not in r.uri] == []
    assert (fleet.get(home.hub, NAME), home.value()) == (before, value)
    home.again("--take-over")
    commit = home.commit("ours now")
    assert home.argosy.push_event(home.url, commit) == 200
    fleet.wait_synced(home.hub, [NAME], commit)
    assert home.value() == "ours now"


def controller() -> dict[str, object]:
    """Argo CD's controller as far as we look at it: its StatefulSet with one replica."""
    label = {"app.kubernetes.io/name": "argocd-application-controller"}
    return {
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "argocd-application-controller"},
        "spec": {
            "replicas": 1, "serviceName": "argocd-application-controller", "selector": {"matchLabels": label},
            "template": {
                "metadata": {"labels": label},
                "spec": {"containers": [{"name": "controller", "image": "example.org/argocd:1"}]},
            },
        },
    }  # fmt: skip
