"""What a project allows: sources, destinations, objects, and namespaces of apps (argo-cd.md 7).

Each function returns why not, or None. As Argo CD does it (argo-cd-surprises.md 26): `!x` refuses x and by itself
permits everything else. A pattern that cannot be read refuses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from gitops.access.glob import matches
from gitops.access.repo import repo_key, shown
from gitops.errors import InvalidError
from gitops.model.config import ClusterRecord
from gitops.model.crds.application import Destination
from gitops.model.crds.project import AppProject, KindRule
from gitops.model.objects import Manifest


def permits_source(project: AppProject, repo_url: str) -> str | None:
    """Why apps may not read this repository; both sides are compared as the same-URL test writes them."""
    refusal = f"application repo {shown(repo_url)} is not permitted in project '{project.name}'"
    if {".", ".."} & set(unquote(repo_url).split("/")):
        # Clients resolve these segments after the patterns were asked: org/../other would pass for org/**.
        return f"{refusal}: its URL has the segment . or .."
    url = repo_key(repo_url)
    try:
        permitted = _permitted_by([(_plain(rule),) for rule in project.spec.source_repos], (_Text(url, "/"),), all)
    except InvalidError as error:
        return f"{refusal}: {error}"
    return None if permitted else refusal


def permits_destination(project: AppProject, cluster: ClusterRecord, namespace: str) -> str | None:
    """Why apps may not deploy there; rules are asked about the cluster's server and name, however the app says it."""
    refusal = (
        f"application destination server '{cluster.key}' and namespace '{namespace}' do not match any of the allowed "
        f"destinations in project '{project.name}'"
    )
    if project.spec.permit_only_project_scoped_clusters and cluster.project != project.name:
        return f"{refusal}: the cluster does not belong to the project"
    rules = [*project.spec.destinations, *_own_destinations(project, cluster)]
    asked = (_Text(cluster.key), _Text(cluster.name), _Text(namespace))
    try:
        permitted = _permitted_by([(r.server, r.name, r.namespace) for r in rules], asked, _place_and_namespace)
    except InvalidError as error:
        return f"{refusal}: {error}"
    return None if permitted else refusal


def permits_object(
    project: AppProject, manifest: Manifest, cluster: ClusterRecord, namespaced: bool | None
) -> str | None:
    """Why apps may not have this object; `namespaced` None (the cluster does not say) is read off the object."""
    key = manifest.key
    if namespaced is None:
        namespaced = bool(key.namespace)
    try:
        permitted = _permits_kind(project, manifest, namespaced=namespaced)
    except InvalidError as error:
        return f"resource {key.group}:{key.kind} is not permitted in project {project.name}: {error}"
    if not permitted:
        scope = "" if namespaced else f" (cluster-scoped, name {key.name})"
        return f"resource {key.group}:{key.kind} is not permitted in project {project.name}{scope}"
    if namespaced and permits_destination(project, cluster, key.namespace) is not None:
        return f"namespace {key.namespace} is not permitted in project '{project.name}'"
    return None


def permits_namespace(project: AppProject, namespace: str) -> str | None:
    """Why Applications of this namespace may not use the project; those of its own (control) namespace always may."""
    control = project.metadata.namespace
    if namespace == control or not control or _in_namespaces(namespace, project.spec.source_namespaces):
        return None
    return f"app is not allowed in project {project.name}: namespace {namespace} is not among its sourceNamespaces"


@dataclass(frozen=True, slots=True)
class _Text:
    """A text that patterns are asked about, and the character that `*` stops at."""

    text: str
    separator: str = ""

    def fits(self, pattern: str) -> bool:
        if pattern.startswith("!"):
            return not matches(pattern[1:], self.text, separator=self.separator)
        return matches(pattern, self.text, separator=self.separator)


def _permitted_by(rules: Iterable[Sequence[str]], asked: Sequence[_Text], fit: Callable[[list[bool]], bool]) -> bool:
    """Whether some rule fits and no `!` pattern of any rule hits what is asked."""
    permitted = False
    for rule in rules:
        fits = [text.fits(pattern) for text, pattern in zip(asked, rule, strict=True)]
        if any(pattern.startswith("!") and not fitted for pattern, fitted in zip(rule, fits, strict=True)):
            return False
        permitted = permitted or fit(fits)
    return permitted


def _place_and_namespace(fits: list[bool]) -> bool:
    server, name, namespace = fits
    return (server or name) and namespace


def _plain(pattern: str) -> str:
    return f"!{repo_key(pattern[1:])}" if pattern.startswith("!") else repo_key(pattern)


def _own_destinations(project: AppProject, cluster: ClusterRecord) -> list[Destination]:
    """A cluster whose Secret names the project is a destination of it, in its namespaces or everywhere."""
    if not cluster.project or cluster.project != project.name:
        return []
    return [Destination(server="*", namespace=namespace) for namespace in cluster.namespaces or ("*",)]


def _permits_kind(project: AppProject, manifest: Manifest, *, namespaced: bool) -> bool:
    spec = project.spec
    if namespaced:
        allowed, denied = spec.namespace_resource_whitelist, spec.namespace_resource_blacklist
    else:
        allowed, denied = spec.cluster_resource_whitelist, spec.cluster_resource_blacklist
    name = None if namespaced else manifest.name
    if any(_speaks_of(rule, manifest, name) for rule in denied):
        return False
    return allowed is None or any(_speaks_of(rule, manifest, name) for rule in allowed)


def _speaks_of(rule: KindRule, manifest: Manifest, name: str | None) -> bool:
    """Whether a rule is about the kind; names (None: do not count) narrow rules about cluster-scoped kinds only."""
    if not matches(rule.group, manifest.group) or not matches(rule.kind, manifest.kind):
        return False
    return not rule.name or name is None or matches(rule.name, name)


def _in_namespaces(namespace: str, patterns: Iterable[str]) -> bool:
    return any(_namespace_fits(namespace, pattern) for pattern in patterns)


def _namespace_fits(namespace: str, pattern: str) -> bool:
    """A glob, or a regular expression between slashes; one that cannot be read fits nothing."""
    try:
        if len(pattern) > 1 and pattern[0] == pattern[-1] == "/":
            return re.search(pattern[1:-1], namespace) is not None
        return matches(pattern, namespace)
    except (re.error, InvalidError):  # the caller then says that the namespace is not among the patterns
        return False
