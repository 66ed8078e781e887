"""Kubernetes Events about Applications (argo-cd.md 14.3)."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from gitops.model.crds.application import Application
from gitops.model.objects import JsonMap

COMPONENT = "argocd-application-controller"
"""The source that dashboards of Argo CD filter by."""
MESSAGE_LIMIT = 1024
"""The API server refuses longer notes, in bytes."""


def event_of(app: Application, *, reason: str, message: str, warning: bool, now: datetime) -> JsonMap:
    """The body of a new Event in the app's namespace."""
    at = f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": f"{app.metadata.name[:200]}.{secrets.token_hex(8)}",
            "namespace": app.metadata.namespace,
        },
        "involvedObject": {
            "apiVersion": app.api_version,
            "kind": app.kind,
            "namespace": app.metadata.namespace,
            "name": app.metadata.name,
            "uid": app.metadata.uid,
            "resourceVersion": app.metadata.resource_version,
        },
        "reason": reason,
        "message": message.encode()[:MESSAGE_LIMIT].decode("utf-8", "ignore"),
        "type": "Warning" if warning else "Normal",
        "source": {"component": COMPONENT},
        "firstTimestamp": at,
        "lastTimestamp": at,
        "count": 1,
    }
