"""What makes Deployments roll out: controller-manager, scheduler, and kwok in place of kubelets, for one cluster.

About 230 MB and some CPU per cluster, so only clusters that ask for them get them. Without them nothing creates
ReplicaSets or Pods, owner references delete nothing, and a deleted namespace stays in Terminating.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cli.bed.cluster import Cluster
from cli.bed.pki import Pki
from cli.bed.programs import Program

_STAGES = Path(__file__).with_name("stages.yaml")
NODE = "bed-node"


def controller_names(server: str) -> list[str]:
    """Names of the controllers' programs, in the order in which they are stopped."""
    return [f"{program}-{server}" for program in ("kwok", "kube-scheduler", "kube-controller-manager")]


def controllers(binaries: Mapping[str, Path], cluster: Cluster, pki: Pki) -> list[Program]:
    """The three programs of a cluster whose API server answers; none opens a port."""
    manager = [
        "--controllers=*,-bootstrap-signer-controller,-token-cleaner-controller",
        f"--service-account-private-key-file={pki.token_key}",
        f"--root-ca-file={pki.authority}",
        *_LIGHT,
    ]
    kwok = [f"--config={_STAGES}", "--manage-all-nodes=true", "--node-lease-duration-seconds=40"]
    return [
        _program(binaries, "kube-controller-manager", cluster, manager),
        _program(binaries, "kube-scheduler", cluster, _LIGHT),
        _program(binaries, "kwok", cluster, kwok),
    ]


_LIGHT = ["--leader-elect=false", "--profiling=false", "--secure-port=0"]


def add_node(cluster: Cluster) -> None:
    """Create the one Node that all Pods run on."""
    room = {"cpu": "1000", "memory": "1Ti", "pods": "10000"}
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": NODE, "labels": {"kubernetes.io/hostname": NODE, "kubernetes.io/os": "linux"}},
        "status": {"allocatable": room, "capacity": room},
    }
    cluster.apply(f"/api/v1/nodes/{NODE}", node)
    cluster.apply(f"/api/v1/nodes/{NODE}/status", node)


def _program(binaries: Mapping[str, Path], name: str, cluster: Cluster, flags: list[str]) -> Program:
    command = [str(binaries[name]), f"--kubeconfig={cluster.kubeconfig(name)}", *flags]
    return Program(f"{name}-{cluster.name}", command)
