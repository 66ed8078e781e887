"""Slices: many small clusters out of one API server, each a user who owns one namespace."""

from __future__ import annotations

from cli.bed.cluster import Cluster

_RBAC = "rbac.authorization.k8s.io"


def give_namespace(cluster: Cluster, namespace: str, user: str) -> None:
    """Create a namespace in which `user` may do anything; outside it he has what every authenticated user has."""
    cluster.ensure_namespace(namespace)
    binding = {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "owner", "namespace": namespace},
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"apiGroup": _RBAC, "kind": "User", "name": user}],
    }
    cluster.apply(f"/apis/{_RBAC}/v1/namespaces/{namespace}/rolebindings/owner", binding)
