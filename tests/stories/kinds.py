"""A kind of its own for stories: a definition with a status subresource and no health rule."""

from __future__ import annotations

from cli.bed.cluster import Cluster
from tests.bed.installation import wait_for

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def install_kind(cluster: Cluster, plural: str, kind: str) -> None:
    """Serve `<kind>` in group stories.example, version v1, and wait until it can be listed."""
    name = f"{plural}.stories.example"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": "v1", "served": True, "storage": True, "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": schema},
    }  # fmt: skip
    spec = {
        "group": "stories.example", "scope": "Namespaced", "versions": [version],
        "names": {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"},
    }  # fmt: skip
    body = {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": name}, "spec": spec,
    }  # fmt: skip
    cluster.apply(f"{DEFINITIONS}/{name}", body)
    wait_for(lambda: cluster.request("GET", f"/apis/stories.example/v1/{plural}").good, f"{kind} is served")


def remove_kind(cluster: Cluster, plural: str) -> None:
    """Take the definition away, and all its objects with it."""
    cluster.request("DELETE", f"{DEFINITIONS}/{plural}.stories.example")
