"""What the API needs of Redis, in memory. `away` makes a part fail as a Redis that does not answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from gitops.errors import RetryableError
from gitops.jobs import Job, Rank
from gitops.model.crds.application import Application
from gitops.model.desired import Desired, Rendering
from gitops.model.objects import AppRef
from gitops.model.revision import CommitId, RepoKey, TreeKey
from gitops.ports.metrics import Sample


class MemoryQueue:
    """Port `Queue`: remembers nudges; two with one lane and key are one job."""

    def __init__(self) -> None:
        self.jobs: dict[tuple[str, str], tuple[Job, Rank]] = {}
        self.away = False

    def nudge(self, job: Job, rank: Rank, *, after: timedelta = timedelta(0)) -> None:
        """See the port."""
        del after
        if self.away:
            raise RetryableError("Redis does not answer")
        self.jobs[job.lane, job.key] = (job, rank)


class MemoryIndex:
    """Port `Index`."""

    def __init__(self) -> None:
        self.apps: dict[AppRef, tuple[Application, frozenset[RepoKey]]] = {}

    def put(self, app: Application, repos: Iterable[RepoKey]) -> None:
        """See the port."""
        self.apps[app.ref] = (app, frozenset(repos))

    def drop(self, ref: AppRef) -> None:
        """See the port."""
        self.apps.pop(ref, None)

    def of_repo(self, repo: RepoKey) -> Sequence[Application]:
        """See the port."""
        return [app for app, repos in self.apps.values() if repo in repos]

    def repos(self) -> dict[RepoKey, tuple[str, ...]]:
        """See the port."""
        found: dict[RepoKey, set[str]] = {}
        for app, repos in self.apps.values():
            for repo in repos:
                found.setdefault(repo, set()).update(source.repo_url for source in app.spec.effective_sources)
        return {repo: tuple(sorted(urls)) for repo, urls in found.items()}


class MemoryDesireds:
    """Port `Desireds`."""

    def __init__(self) -> None:
        self.renders: dict[str, Desired] = {}
        self.renderings: dict[str, tuple[RepoKey, Rendering]] = {}
        self.verified: dict[tuple[RepoKey, str], CommitId] = {}

    def put_desired(self, desired: Desired) -> str:
        """See the port."""
        self.renders[desired.digest] = desired
        return desired.digest

    def desired(self, digest: str) -> Desired | None:
        """See the port."""
        return self.renders.get(digest)

    def put_rendering(self, uid: str, repo: RepoKey, rendering: Rendering) -> None:
        """See the port."""
        self.renderings[uid] = (repo, rendering)

    def rendering(self, uid: str) -> Rendering | None:
        """See the port."""
        return self.renderings[uid][1] if uid in self.renderings else None

    def lose(self, uid: str, repo: RepoKey) -> None:
        """See the port."""
        del repo
        self.renderings.pop(uid, None)

    def tree_keys(self, repo: RepoKey) -> dict[str, tuple[TreeKey, CommitId]]:
        """See the port."""
        return {uid: (r.tree_key, r.revision) for uid, (of, r) in self.renderings.items() if of == repo}

    def put_verified(self, repo: RepoKey, ref: str, commit: CommitId) -> None:
        """See the port."""
        self.verified[repo, ref] = commit


class MemoryCounters:
    """Port `Counters`."""

    def __init__(self) -> None:
        self.sums: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}

    def add(self, name: str, labels: Mapping[str, str], value: float = 1.0) -> None:
        """See the port."""
        sums = self.sums.setdefault(name, {})
        key = tuple(sorted(labels.items()))
        sums[key] = sums.get(key, 0.0) + value

    def read(self) -> dict[str, tuple[Sample, ...]]:
        """See the port."""
        return {
            name: tuple(Sample(dict(key), value) for key, value in sums.items()) for name, sums in self.sums.items()
        }


class MemoryRevocations:
    """Port `Revocations`."""

    def __init__(self) -> None:
        self.until: dict[str, datetime] = {}

    def revoke(self, token_id: str, until: datetime) -> None:
        """See the port."""
        self.until[token_id] = until

    def revoked(self, token_id: str) -> bool:
        """See the port."""
        return token_id in self.until
