"""A real API server for the Kubernetes adapter, and short ways to ask it."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from cli.bed.cluster import Cluster
from cli.bed.rig import Bed
from gitops.adapters.kube.client import Client, Endpoint
from gitops.adapters.kube.cluster import KubeCluster
from gitops.adapters.kube.kubeconfig import load
from gitops.model.config import ClusterCredential, ClusterRecord, Settings
from gitops.model.objects import ClusterKey, Json, JsonMap, Manifest

SETTINGS = Settings()
DEADLINE_S = 15.0


@pytest.fixture(scope="session")
def server(bed: Bed) -> Cluster:
    """A target without controllers: nothing but the tests writes there."""
    return bed.targets[1]


@pytest.fixture(scope="session")
def client(server: Cluster) -> Client:
    return client_of(server, "argosy")


@pytest.fixture
def cluster(client: Client) -> KubeCluster:
    return KubeCluster(record_of(client.server), client)


@pytest.fixture
def stranger(server: Cluster) -> KubeCluster:
    """A cluster as seen by an account without any right."""
    return KubeCluster(record_of(server.server), client_of(server, "argosy-fetch"))


def client_of(server: Cluster, user: str) -> Client:
    return Client(load(server.kubeconfig(user)))


def client_at(url: str) -> Client:
    return Client(Endpoint(url, ClusterCredential(bearer_token="canary-token")))


def record_of(url: str, *namespaces: str, cluster_resources: bool = False) -> ClusterRecord:
    return ClusterRecord(
        ClusterKey(url), "target", ClusterCredential(), namespaces=namespaces, cluster_resources=cluster_resources
    )


def config_map(name: str, data: dict[str, str], **metadata: Json) -> Manifest:
    meta: JsonMap = {"name": name, "namespace": "default", **metadata}
    return Manifest({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": dict(data)})


def deployment(name: str, **spec: Json) -> Manifest:
    container: JsonMap = {"name": "web", "image": "web:1", "ports": [{"containerPort": 80}]}
    template: JsonMap = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
    body: JsonMap = {"selector": {"matchLabels": {"app": name}}, "template": template, **spec}
    meta: JsonMap = {"name": name, "namespace": "default"}
    return Manifest({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": body})


def path_of(manifest: Manifest, plural: str) -> str:
    prefix = "/apis/" if manifest.group else "/api/"
    return f"{prefix}{manifest.api_version}/namespaces/{manifest.namespace}/{plural}/{manifest.name}"


def until(holds: Callable[[], bool], what: str) -> None:
    """Poll a condition; fails with `what` after the deadline."""
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline, f"not in {DEADLINE_S:.0f} s: {what}"
        time.sleep(0.02)


def definition(kind: str, plural: str, group: str = "example.org") -> Manifest:
    schema: JsonMap = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    names: JsonMap = {"kind": kind, "plural": plural, "singular": kind.lower()}
    version: JsonMap = {"name": "v1", "served": True, "storage": True, "schema": schema}
    return Manifest(
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{plural}.{group}"},
            "spec": {"group": group, "names": names, "scope": "Namespaced", "versions": [version]},
        }
    )
