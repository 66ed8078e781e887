"""Applications, repositories and clusters for stories, faults and the bench: 4 objects an app (performance.md 7.3)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from cli.bed.cluster import Cluster
from tests.bed.installation import WEBHOOK_SECRET, wait_for

APPS = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications"
SECRETS = "/api/v1/namespaces/argocd/secrets"


def manifests(name: str, *, value: str = "one", replicas: int = 0, padding: int = 2000) -> dict[str, str]:
    """The files of one app's folder: ServiceAccount, ConfigMap (about `padding` bytes), Service, Deployment."""
    label = {"app": name}
    objects: dict[str, dict[str, object]] = {
        "account": {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}},
        "config": {
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name},
            "data": {"value": value, "padding": "x" * padding},
        },
        "service": {
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
            "spec": {"selector": label, "ports": [{"port": 80, "targetPort": 8080}]},
        },
        "deployment": {
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
            "spec": {
                "replicas": replicas, "selector": {"matchLabels": label},
                "template": {
                    "metadata": {"labels": label},
                    "spec": {"serviceAccountName": name, "containers": [{"name": "web", "image": "example.org/web:1"}]},
                },
            },
        },
    }  # fmt: skip
    return {f"{part}.yaml": json.dumps(body) for part, body in objects.items()}


def application(
    name: str,
    *,
    repo: str,
    path: str,
    server: str,
    namespace: str,
    automated: dict[str, bool] | None = None,
    finalizer: bool = False,
    **spec: object,
) -> dict[str, object]:
    """An Application as a user writes it; automated with prune and self-heal unless said otherwise."""
    policy = {"prune": True, "selfHeal": True} if automated is None else automated
    metadata: dict[str, object] = {"name": name, "namespace": "argocd"}
    if finalizer:
        metadata["finalizers"] = ["resources-finalizer.argocd.argoproj.io"]
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": metadata,
        "spec": {
            "project": "default",
            "source": {"repoURL": repo, "path": path, "targetRevision": "main"},
            "destination": {"server": server, "namespace": namespace},
            **({"syncPolicy": {"automated": policy}} if policy else {}),
            **spec,
        },
    }


def register(hub: Cluster, target: Cluster, *, name: str | None = None, token: str | None = None) -> None:
    """A cluster Secret for `target`, as `argocd cluster add` leaves it."""
    config = {
        "bearerToken": token or target.token("argosy"),
        "tlsClientConfig": {"caData": base64.b64encode(target.ca_pem.encode()).decode()},
    }
    data = {"name": name or target.name, "server": target.server, "config": json.dumps(config)}
    if target.namespaces:
        data["namespaces"] = ",".join(target.namespaces)
    secret(hub, f"cluster-{name or target.name}", "cluster", data)


def secret(hub: Cluster, name: str, kind: str, data: dict[str, str]) -> None:
    """A Secret of the control namespace with Argo CD's secret-type label."""
    hub.apply(
        f"{SECRETS}/{name}",
        {
            "apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": name, "namespace": "argocd", "labels": {"argocd.argoproj.io/secret-type": kind}},
            "stringData": data,
        },
    )  # fmt: skip


def webhook_secret(hub: Cluster) -> None:
    """argocd-secret with the GitHub webhook secret of the bed."""
    hub.apply(
        f"{SECRETS}/argocd-secret",
        {
            "apiVersion": "v1", "kind": "Secret",
            "metadata": {
                "name": "argocd-secret", "namespace": "argocd", "labels": {"app.kubernetes.io/part-of": "argocd"},
            },
            "stringData": {"webhook.github.secret": WEBHOOK_SECRET},
        },
    )  # fmt: skip


def create(hub: Cluster, apps: Iterable[dict[str, object]]) -> None:
    """Create Applications, eight at a time."""
    with ThreadPoolExecutor(8) as pool:
        for answer in pool.map(lambda app: hub.request("POST", APPS, app), apps):
            assert answer.status == 201, answer.body


def get(hub: Cluster, name: str) -> dict[str, object]:
    """One Application."""
    return hub.request("GET", f"{APPS}/{name}").body


def every(hub: Cluster) -> dict[str, dict[str, object]]:
    """All Applications by name."""
    items = hub.request("GET", APPS).body.get("items")
    assert isinstance(items, list)
    return {item["metadata"]["name"]: item for item in items}


def field(app: dict[str, object], path: str) -> object:
    """A value by its dotted path, None where there is nothing."""
    found: object = app
    for part in path.split("."):
        if isinstance(found, list):
            found = found[int(part)] if int(part) < len(found) else None
        else:
            found = found.get(part) if isinstance(found, dict) else None
    return found


def synced(app: dict[str, object], revision: str = "") -> bool:
    """Synced, with the last operation succeeded, at the revision if one is given."""
    return (
        field(app, "status.sync.status") == "Synced"
        and field(app, "status.operationState.phase") == "Succeeded"
        and (not revision or field(app, "status.sync.revision") == revision)
    )


def wait_synced(hub: Cluster, names: Iterable[str], revision: str = "", *, limit_s: float = 60.0) -> float:
    """Wait until all named apps are Synced; returns the seconds, fails naming those that are not."""
    wanted = set(names)

    def check() -> bool:
        apps = every(hub)
        wanted.difference_update({n for n in wanted if n in apps and synced(apps[n], revision)})
        return not wanted

    every_s = 0.02 if len(wanted) < 10 else 0.25
    try:
        return wait_for(check, "all apps Synced", limit_s=limit_s, every_s=every_s)
    except AssertionError:
        name = min(wanted)
        raise AssertionError(
            f"{len(wanted)} apps are not Synced, e.g. {name}: {field(get(hub, name), 'status')}"
        ) from None


def conditions(app: dict[str, object]) -> dict[str, str]:
    """Conditions by type."""
    found = field(app, "status.conditions")
    return {c["type"]: c["message"] for c in found} if isinstance(found, list) else {}
