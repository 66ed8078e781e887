"""Small Applications and manifests for the tables of sync decisions."""

from __future__ import annotations

from datetime import UTC, datetime

from gitops.model.crds.application import Application
from gitops.model.objects import Json, JsonMap, Manifest

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
REVISION = "a" * 40
SOURCE: JsonMap = {"repoURL": "https://git.example/apps.git", "path": "web", "targetRevision": "main"}


def app(policy: JsonMap | None = None, state: JsonMap | None = None, **more: Json) -> Application:
    """An Application with one source."""
    spec: JsonMap = {
        "project": "default",
        "source": dict(SOURCE),
        "destination": {"server": "https://c", "namespace": "web"},
    }
    if policy is not None:
        spec["syncPolicy"] = policy
    body: JsonMap = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "web", "namespace": "argocd", "uid": "u-1", "resourceVersion": "7"},
        "spec": spec,
    }
    if state is not None:
        body["status"] = {"operationState": state}
    return Application.parse({**body, **more})


def ended(phase: str = "Succeeded", *, attempts: int = 0, finished: str = "2026-11-23T11:00:00Z") -> JsonMap:
    """The state of an operation of REVISION that ended."""
    sync: JsonMap = {"revision": REVISION}
    if attempts:
        sync["autoHealAttemptsCount"] = attempts
    return {
        "operation": {"sync": sync, "initiatedBy": {"automated": True}, "retry": {"limit": 5}},
        "phase": phase,
        "message": "it went so",
        "startedAt": "2026-11-23T10:59:59Z",
        "finishedAt": finished,
        "syncResult": {"revision": REVISION, "source": dict(SOURCE)},
    }


def manifest(kind: str, name: str, *, group_version: str = "v1", **annotations: str) -> Manifest:
    """An object with annotations (`__` in a name stands for `/`, `_` for `-`)."""
    metadata: JsonMap = {"name": name, "namespace": "web"}
    if annotations:
        metadata["annotations"] = {f"argocd.argoproj.io/{k.replace('_', '-')}": v for k, v in annotations.items()}
    return Manifest({"apiVersion": group_version, "kind": kind, "metadata": metadata})
