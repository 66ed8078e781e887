"""Makes a cluster of the bed a hub: Argo CD's custom resource definitions, and a namespace for the Applications."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import msgspec
import yaml

from cli.bed.cluster import Cluster
from cli.errors import CommandError, Exit

_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_POLL_S = 0.02
LIMIT = timedelta(seconds=20)


class _Names(msgspec.Struct):
    plural: str


class _Version(msgspec.Struct):
    name: str
    served: bool


class _Definition(msgspec.Struct):
    group: str
    names: _Names
    versions: list[_Version]


def install_crds(cluster: Cluster, folder: Path, *, namespace: str = "argocd") -> list[str]:
    """Apply every definition of the YAML files in `folder`, wait until all are served, create `namespace`; their names.

    A second call changes nothing.

    Raises:
        CommandError: no definition in the folder, one was refused, or one was not served in time.
    """
    found = [manifest for path in sorted(folder.glob("*.y*ml")) for manifest in _manifests(path)]
    if not found:
        raise CommandError("holds no CustomResourceDefinition", about=str(folder), hint="generate charts/argosy/crds")
    names = [_apply(cluster, manifest) for manifest in found]
    deadline = time.monotonic() + LIMIT.total_seconds()
    for name, manifest in zip(names, found, strict=True):
        while not _served(cluster, manifest):
            if time.monotonic() > deadline:
                raise CommandError("not served in time", code=Exit.TIMED_OUT, about=name)
            time.sleep(_POLL_S)
    cluster.ensure_namespace(namespace)
    return names


def _manifests(path: Path) -> list[dict[str, object]]:
    with path.open("rb") as text:
        found: list[object] = list(yaml.load_all(text, Loader=yaml.CSafeLoader))
    return [doc for doc in found if isinstance(doc, dict) and doc.get("kind") == "CustomResourceDefinition"]


def _apply(cluster: Cluster, manifest: dict[str, object]) -> str:
    metadata = manifest.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if not isinstance(name, str):
        raise CommandError("a definition has no metadata.name", about=cluster.name)
    cluster.apply(f"{_DEFINITIONS}/{name}", manifest)
    return name


def _served(cluster: Cluster, manifest: dict[str, object]) -> bool:
    """Can its objects be listed? `Established` alone is too early: for a moment the answer is 429."""
    definition = msgspec.convert(manifest["spec"], _Definition)
    versions = [version.name for version in definition.versions if version.served]
    paths = [f"/apis/{definition.group}/{version}/{definition.names.plural}?limit=1" for version in versions]
    return all(cluster.request("GET", path).good for path in paths)
