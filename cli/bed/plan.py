"""What a bed consists of: clusters, ports, users and tokens. Stored in bed.json (0600): a restart changes no address.

The first cluster is `hub`, the others are `target-1`, `target-2` … Clusters beyond the number of real API servers are
*slices*: further loopback addresses of a real server, each with a user that may do anything in the namespace of its
name and nothing elsewhere.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from cli.bed.files import write_private
from cli.bed.ports import free_port
from cli.errors import CommandError

MASTERS = "system:masters"
HUB = "hub"
# Every part of the system has its own user, so that audit log and flow-control metrics tell them apart.
USERS = {
    "admin": MASTERS,
    "argosy": MASTERS,
    "observer": MASTERS,
    "argosy-fetch": "",
    "kube-controller-manager": MASTERS,
    "kube-scheduler": MASTERS,
    "kwok": MASTERS,
}
MAX_CLUSTERS = 200


@dataclass(frozen=True)
class ClusterPlan:
    """One cluster: the API server that answers for it (itself, unless it is a slice), and its address."""

    name: str
    server: str
    address: str
    port: int

    @property
    def is_slice(self) -> bool:
        """Is it only a further address of another cluster's server?"""
        return self.name != self.server

    @property
    def url(self) -> str:
        """The server URL as it stands in kubeconfigs and cluster Secrets."""
        return f"https://{self.address}:{self.port}"


@dataclass(frozen=True)
class BedPlan:
    """All clusters of a bed; tokens by server, then by user."""

    etcd_port: int
    peer_port: int
    clusters: tuple[ClusterPlan, ...]
    tokens: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def servers(self) -> list[ClusterPlan]:
        """The clusters with an API server of their own."""
        return [cluster for cluster in self.clusters if not cluster.is_slice]

    def slices_of(self, server: str) -> list[ClusterPlan]:
        """The further addresses of a server."""
        return [cluster for cluster in self.clusters if cluster.is_slice and cluster.server == server]


def slice_user(cluster: str) -> str:
    """The user that owns a slice, on the slice's server."""
    return f"argosy-{cluster}"


def stored(folder: Path) -> BedPlan | None:
    """The plan of an earlier start; None when the folder holds no bed.

    Raises:
        CommandError: bed.json is not readable as a plan; delete the folder.
    """
    path = folder / "bed.json"
    if not path.exists():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=BedPlan)
    except msgspec.DecodeError as error:
        raise CommandError(
            f"is not a plan: {error}", about=str(path), hint="delete the folder and start again"
        ) from error


def planned(folder: Path, *, clusters: int, servers: int) -> BedPlan:
    """The plan for `clusters` clusters (with the hub) on `servers` API servers; keeps ports and tokens of an earlier.

    Raises:
        CommandError: numbers out of range.
    """
    if not 1 <= servers <= clusters <= MAX_CLUSTERS:
        raise CommandError(
            f"1 <= servers <= clusters <= {MAX_CLUSTERS} wanted, not servers={servers}, clusters={clusters}",
            about="test-bed",
        )
    known = stored(folder)
    ports = _Ports(known)
    names = [HUB, *(f"target-{number}" for number in range(1, clusters))]
    real = {name: ports.of(name) for name in names[:servers]}
    hosts = names[1:servers] or [HUB]  # slices burden the targets, not the hub
    plans = [ClusterPlan(name, name, "127.0.0.1", port) for name, port in real.items()]
    for number, name in enumerate(names[servers:]):
        host = hosts[number % len(hosts)]
        plans.append(ClusterPlan(name, host, f"127.0.0.{number + 2}", real[host]))
    fresh = BedPlan(ports.of("etcd"), ports.of("peer"), tuple(plans))
    return _with_tokens(fresh, known)


def store(folder: Path, plan: BedPlan) -> None:
    """Write bed.json."""
    write_private(folder / "bed.json", msgspec.json.encode(plan))


def users_of(plan: BedPlan, server: str) -> dict[str, str]:
    """All users of a server with their group (may be empty): the fixed ones and one per slice."""
    return USERS | {slice_user(cluster.name): "" for cluster in plan.slices_of(server)}


def _with_tokens(plan: BedPlan, known: BedPlan | None) -> BedPlan:
    tokens: dict[str, dict[str, str]] = {}
    for server in plan.servers:
        old = known.tokens.get(server.name, {}) if known else {}
        tokens[server.name] = {user: old.get(user) or secrets.token_hex(20) for user in users_of(plan, server.name)}
    return BedPlan(plan.etcd_port, plan.peer_port, plan.clusters, tokens)


class _Ports:
    """Hands out the ports of the earlier plan, and new ones for what is new."""

    def __init__(self, known: BedPlan | None) -> None:
        self._known: dict[str, int] = {}
        if known is not None:
            self._known = {server.name: server.port for server in known.servers}
            self._known |= {"etcd": known.etcd_port, "peer": known.peer_port}
        self._taken = set(self._known.values())

    def of(self, name: str) -> int:
        port = self._known.get(name) or free_port(self._taken)
        self._taken.add(port)
        return port
