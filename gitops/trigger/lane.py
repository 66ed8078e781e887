"""Which lane an app's jobs wait in, and which repository it reads, from the Application alone: no look-up, no error."""

from __future__ import annotations

from gitops.access.repo import repo_key
from gitops.model.crds.application import Application
from gitops.model.objects import ClusterKey
from gitops.model.revision import RepoKey


def lane_of(app: Application) -> ClusterKey:
    """The cluster lane: `destination.server` without trailing slash, or `name:<destination.name>`.

    A cluster addressed both ways has two lanes, which costs a second connection cap and nothing else.
    """
    destination = app.spec.destination
    if destination.server or not destination.name:
        return ClusterKey(destination.server.rstrip("/"))
    return ClusterKey(f"name:{destination.name}")


def repo_of(app: Application) -> RepoKey:
    """The repository lane of an app's first source; an app without a source has the empty one."""
    sources = app.spec.effective_sources
    return repo_key(sources[0].repo_url) if sources else RepoKey("")


def repos_of(app: Application) -> tuple[RepoKey, ...]:
    """Every repository some source of the app names, each once: what the index files the app under."""
    return tuple(dict.fromkeys(repo_key(source.repo_url) for source in app.spec.effective_sources))
