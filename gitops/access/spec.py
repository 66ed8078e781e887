"""Whether an Application can be looked at as it is written (argo-cd.md 1.1, AC-002)."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from gitops.access.destination import resolve
from gitops.access.project import permits_destination, permits_namespace, permits_source
from gitops.errors import InvalidError
from gitops.model.config import ClusterRecord
from gitops.model.crds.application import (
    Application,
    Backoff,
    Directory,
    Helm,
    Kustomize,
    Plugin,
    Source,
    SyncPolicy,
)
from gitops.model.crds.project import AppProject
from gitops.model.spelling import duration_s

MANAGED_BY_URL = "argocd.argoproj.io/managed-by-url"


def normalise(app: Application) -> Application:
    """The app with an empty project as `default`, without empty policy and empty tool blocks; the same if it is so."""
    spec = app.spec
    after = replace(
        spec,
        project=spec.project or "default",
        sync_policy=None if spec.sync_policy == SyncPolicy() else spec.sync_policy,
        source=_slim(spec.source) if spec.source is not None else None,
        sources=tuple(_slim(source) for source in spec.sources),
    )
    return app if after == spec else replace(app, spec=after)


def problems(app: Application, project: AppProject | None, clusters: Sequence[ClusterRecord]) -> list[str]:
    """The texts of InvalidSpecError for a normalised app, empty when it is fine.

    Two tool blocks and sources of one name are no such error (argo-cd-surprises.md, Sources).
    """
    if project is None:
        return [f"Application referencing project {app.spec.project} which does not exist"]
    refusal = permits_namespace(project, app.metadata.namespace)
    if refusal:
        return [refusal]
    return [
        *_source_problems(app, project),
        *_destination_problems(app, project, clusters),
        *_policy_problems(app),
        *_link_problems(app),
    ]


def _slim(source: Source) -> Source:
    after = replace(
        source,
        helm=None if source.helm == Helm() else source.helm,
        kustomize=None if source.kustomize == Kustomize() else source.kustomize,
        directory=None if source.directory == Directory() else source.directory,
        plugin=None if source.plugin == Plugin() else source.plugin,
    )
    return source if after == source else after


def _source_problems(app: Application, project: AppProject) -> list[str]:
    sources = app.spec.effective_sources
    if not sources:
        return ["spec.source.repoURL and either spec.source.path or spec.source.chart are required"]
    several = bool(app.spec.sources) and app.spec.source_hydrator is None
    texts: list[str] = []
    for number, source in enumerate(sources):
        where = f"spec.sources[{number}]" if several else "spec.source"
        wrong = _incomplete(source, where, several=several) or _path_problem(source, where)
        if wrong:
            texts.append(wrong)
        elif refusal := permits_source(project, source.repo_url):
            texts.append(refusal)
    return texts


def _incomplete(source: Source, where: str, *, several: bool) -> str:
    if not source.repo_url or not (source.path or source.chart or (several and source.ref)):
        alternatives = ", {0}.chart or {0}.ref" if several else " or {0}.chart"
        return f"{where}.repoURL and either {where}.path{alternatives.format(where)} are required"
    if source.chart and several and source.ref:
        return f"{where}: a source with ref must not have chart"
    if source.chart and not source.target_revision:
        return f"{where}.targetRevision is required if the manifest source is a helm chart"
    return ""


def _path_problem(source: Source, where: str) -> str:
    """Only folders inside the repository (S-006); links are looked at when the folder is read."""
    path = source.path
    if path.startswith("/"):
        return f'{where}.path "{path}" must be relative to the repository root'
    if any(not char.isprintable() for char in path):
        return f"{where}.path {path!r} holds a character that cannot be printed"
    if posixpath.normpath(path.replace("\\", "/") or ".").split("/")[0] == "..":
        return f'{where}.path "{path}" leads out of the repository'
    return ""


def _destination_problems(app: Application, project: AppProject, clusters: Sequence[ClusterRecord]) -> list[str]:
    try:
        cluster = resolve(app.spec.destination, clusters)
    except InvalidError as error:
        return [str(error)]
    refusal = permits_destination(project, cluster, app.spec.destination.namespace)
    return [refusal] if refusal else []


def _policy_problems(app: Application) -> list[str]:
    retry = app.spec.sync_policy.retry if app.spec.sync_policy else None
    backoff = retry.backoff if retry and retry.backoff else Backoff()
    texts = []
    for name, text in (("duration", backoff.duration), ("maxDuration", backoff.max_duration)):
        try:
            duration_s(text or "0")
        except InvalidError as error:
            texts.append(f'spec.syncPolicy.retry.backoff.{name} "{text}" {error.message}')
    return texts


def _link_problems(app: Application) -> list[str]:
    url = app.metadata.annotations.get(MANAGED_BY_URL, "")
    try:
        parts = urlsplit(url)
        fine = not url or (parts.scheme in ("http", "https") and bool(parts.hostname))
    except ValueError:  # an address that no URL can have, such as a broken IPv6 host
        fine = False
    return [] if fine else [f'annotation {MANAGED_BY_URL} "{url}" is not a valid URL: use http:// or https://']
