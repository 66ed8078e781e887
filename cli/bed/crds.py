"""Makes a cluster of the bed a hub: Argo CD's custom resource definitions, and a namespace for the Applications."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import yaml

from cli.bed.cluster import Cluster
from cli.errors import CommandError, Exit

_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_POLL_S = 0.02
LIMIT = timedelta(seconds=20)


def install_crds(cluster: Cluster, folder: Path, *, namespace: str = "argocd") -> list[str]:
    """Apply every definition of the YAML files in `folder`, wait until all are served, create `namespace`; their names.

    A second call changes nothing.

    Raises:
        CommandError: no definition in the folder, one was refused, or one was not served in time.
    """
    names = [_apply(cluster, manifest) for path in sorted(folder.glob("*.y*ml")) for manifest in _manifests(path)]
    if not names:
        raise CommandError("holds no CustomResourceDefinition", about=str(folder), hint="generate charts/argosy/crds")
    deadline = time.monotonic() + LIMIT.total_seconds()
    for name in names:
        while not _established(cluster, name):
            if time.monotonic() > deadline:
                raise CommandError("not Established in time", code=Exit.TIMED_OUT, about=name)
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


def _established(cluster: Cluster, name: str) -> bool:
    status = cluster.request("GET", f"{_DEFINITIONS}/{name}").body.get("status")
    conditions = status.get("conditions") if isinstance(status, dict) else None
    wanted = ("Established", "True")
    return any((entry.get("type"), entry.get("status")) == wanted for entry in conditions or ())
