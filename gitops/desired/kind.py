"""Which tool a source needs (argo-cd.md 1.2); only plain directories can be rendered so far."""

from __future__ import annotations

from collections.abc import Iterable

from gitops.errors import InvalidError
from gitops.model.crds.application import Source

_KUSTOMIZE_FILES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_OVERRIDES = ".argocd-source"
_BLOCKS = ("helm", "kustomize", "directory", "plugin")


def check_source(source: Source) -> None:
    """Return if the spec alone asks for nothing but a folder of a git repository.

    Raises:
        InvalidError: it asks for a chart, an OCI artefact, a tool block, or a path that leaves the repository.
    """
    blocks = [name for name in _BLOCKS if getattr(source, name) is not None]
    if len(blocks) > 1:
        raise InvalidError(f"a source may have one tool block, not {' and '.join(blocks)}", hint="remove one")
    if source.repo_url.strip().lower().startswith("oci://"):
        raise _missing("an OCI source")
    if source.chart:
        raise _missing(f"chart {source.chart!r} (Helm)")
    if blocks and blocks != ["directory"]:
        raise _missing(f"the {blocks[0]} block ({_TOOLS[blocks[0]]})")
    check_path(source.path)


_TOOLS = {"helm": "Helm", "kustomize": "Kustomize", "plugin": "a config management plugin"}


def check_path(path: str) -> None:
    """Return if a source's path stays inside the repository (S-006).

    Raises:
        InvalidError: it is absolute, climbs with `..`, or holds a control character.
    """
    parts = path.split("/")
    if path.startswith("/") or ".." in parts or "\\" in path or not path.isprintable() or ".git" in parts:
        raise InvalidError("must be a folder inside the repository", about=f"path {path[:200]!a}", hint="correct it")


def check_files(source: Source, names: Iterable[str]) -> None:
    """Return if the files of a folder (names relative to it) are plain manifests for us to read.

    As in Argo CD, any name that ends in `Chart.yaml` makes a chart, Kustomize goes before Helm, and a `directory`
    block forces plain reading.

    Raises:
        InvalidError: the folder is for another tool, or holds overrides that are not applied yet.
    """
    top = [name for name in names if "/" not in name]
    overrides = [name for name in top if name.startswith(_OVERRIDES) and name.endswith(".yaml")]
    if overrides:
        raise _missing(f"{overrides[0]} (parameter overrides in the repository)")
    if source.directory is not None:
        return
    if any(name in _KUSTOMIZE_FILES for name in top):
        raise _missing("the kustomization file of the folder (Kustomize)")
    charts = [name for name in top if name.endswith("Chart.yaml")]
    if charts:
        raise _missing(f"{charts[0]} (Helm)")


def _missing(what: str) -> InvalidError:
    return InvalidError(f"{what} needs a tool that is not available yet", hint="use a directory of plain manifests")
