"""ConfigMaps and Secrets as the API server returns them."""

from __future__ import annotations

import base64
import json

from gitops.model.objects import Json, JsonMap


def config_map_of(data: dict[str, str]) -> JsonMap:
    return {"metadata": {"name": "argocd-cm", "namespace": "argocd"}, "data": dict(data)}


def secret(name: str, data: dict[str, str], annotations: dict[str, str] | None = None) -> JsonMap:
    meta: JsonMap = {"name": name, "namespace": "argocd", "annotations": dict(annotations or {})}
    return {"metadata": meta, "data": {k: base64.b64encode(v.encode()).decode() for k, v in data.items()}}


def cluster_secret(secret_name: str, server: str, config: Json = None, **data: str) -> JsonMap:
    return secret(secret_name, {"server": server, "config": json.dumps(config or {}), **data})
