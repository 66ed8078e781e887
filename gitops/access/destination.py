"""Which registered cluster a destination means (argo-cd.md 1.1, 8.1)."""

from __future__ import annotations

from collections.abc import Sequence

from gitops.errors import InvalidError
from gitops.model.config import ClusterRecord
from gitops.model.crds.application import Destination


class UnknownClusterError(InvalidError):
    """No such cluster is registered; its objects are out of reach for good, unlike those of an ambiguous name."""


def resolve(destination: Destination, clusters: Sequence[ClusterRecord]) -> ClusterRecord:
    """The cluster meant; its `error` may still say that it cannot be used.

    Raises:
        UnknownClusterError: no cluster has this server or name.
        InvalidError: server and name are both or neither given, or several clusters have the name.
    """
    server, name = destination.server.rstrip("/"), destination.name
    if server and name:
        raise InvalidError(
            f"application destination can't have both name and server defined: {name} {server}",
            hint="keep one of them",
        )
    if server:
        return _by_server(server, clusters)
    if name:
        return _by_name(name, clusters)
    raise InvalidError("destination server and name are both missing", hint="set spec.destination.server or .name")


def _by_server(server: str, clusters: Sequence[ClusterRecord]) -> ClusterRecord:
    for cluster in clusters:
        if cluster.key == server:
            return cluster
    raise UnknownClusterError(f"cluster {server} is not registered", hint="add a cluster Secret for it")


def _by_name(name: str, clusters: Sequence[ClusterRecord]) -> ClusterRecord:
    found = [cluster for cluster in clusters if cluster.name == name]
    if len(found) > 1:
        servers = ", ".join(sorted(cluster.key for cluster in found))
        raise InvalidError(f"there are {len(found)} clusters with the name {name}: {servers}", hint="use the server")
    if not found:
        raise UnknownClusterError(f"there are no clusters with this name: {name}", hint="add a cluster Secret for it")
    return found[0]
