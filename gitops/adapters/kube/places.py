"""REST paths of kinds and objects."""

from __future__ import annotations

from urllib.parse import quote

from gitops.model.observed import KindInfo


def collection(info: KindInfo, namespace: str = "", *, version: str = "") -> str:
    """The path of all objects of a kind, in one namespace if given, in the preferred version unless told."""
    prefix = f"/apis/{info.group}/{version or info.version}" if info.group else f"/api/{version or info.version}"
    place = f"/namespaces/{quote(namespace, safe='')}" if namespace and info.namespaced else ""
    return f"{prefix}{place}/{info.plural}"


def item(info: KindInfo, namespace: str, name: str, *, version: str = "") -> str:
    """The path of one object; the namespace of a cluster-scoped kind is ignored."""
    return f"{collection(info, namespace, version=version)}/{quote(name, safe='')}"
