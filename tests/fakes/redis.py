"""What the steps and the API need of Redis, in memory. `away` makes a part fail as a Redis that does not answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from gitops.errors import RetryableError
from gitops.jobs import Job, Rank
from gitops.model.crds.application import Application
from gitops.model.credentials import CredentialSet
from gitops.model.desired import Desired, Rendering
from gitops.model.fingerprint import Fingerprint
from gitops.model.objects import AppRef, ObjectKey
from gitops.model.revision import CommitId, RepoKey, TreeKey
from gitops.ports.metrics import Sample


class MemoryQueue:
    """Port `Queue`: two nudges for one job are one job, the better rank and the earlier time count."""

    def __init__(self) -> None:
        self.jobs: dict[Job, tuple[Job, Rank]] = {}
        self.later: dict[Job, timedelta] = {}
        self.away = False

    def nudge(self, job: Job, rank: Rank, *, after: timedelta = timedelta(0)) -> None:
        """See the port."""
        if self.away:
            raise RetryableError("Redis does not answer")
        if after and job not in self.jobs:
            self.later[job] = min(after, self.later.get(job, after))
            return
        self.jobs[job] = (job, min(rank, self.jobs.get(job, (job, rank))[1]))

    def take(self) -> Job | None:
        """The next job to run, None when nothing waits."""
        if not self.jobs:
            return None
        job, _ = min(self.jobs.values(), key=lambda pair: pair[1])
        del self.jobs[job]
        return job

    def wake(self) -> None:
        """Time passes: everything that was to come later is due."""
        for job in self.later:
            self.jobs.setdefault(job, (job, Rank.PERIODIC))
        self.later.clear()


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
        self.good: dict[tuple[RepoKey, str], Rendering] = {}
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
        if rendering.failure is None:
            self.good[repo, uid] = rendering

    def rendering(self, uid: str) -> Rendering | None:
        """See the port."""
        return self.renderings[uid][1] if uid in self.renderings else None

    def lose(self, uid: str, repo: RepoKey) -> None:
        """See the port."""
        self.renderings.pop(uid, None)
        self.good.pop((repo, uid), None)

    def tree_keys(self, repo: RepoKey) -> dict[str, tuple[TreeKey, CommitId]]:
        """See the port."""
        return {uid: (r.tree_key, r.revision) for (of, uid), r in self.good.items() if of == repo}

    def put_verified(self, repo: RepoKey, ref: str, commit: CommitId) -> None:
        """See the port."""
        self.verified[repo, ref] = commit


class MemoryFingerprints:
    """Port `Fingerprints`; `desireds` is what a deleted app leaves there."""

    def __init__(self, desireds: MemoryDesireds | None = None) -> None:
        self.prints: dict[str, dict[ObjectKey, Fingerprint]] = {}
        self.doubts: dict[str, dict[ObjectKey, str]] = {}
        self._desireds = desireds or MemoryDesireds()

    def fingerprints(self, uid: str) -> dict[ObjectKey, Fingerprint]:
        """See the port."""
        return dict(self.prints.get(uid, {}))

    def put(self, uid: str, changed: Mapping[ObjectKey, Fingerprint], gone: Iterable[ObjectKey] = ()) -> None:
        """See the port."""
        known = self.prints.setdefault(uid, {})
        known.update(changed)
        for key in gone:
            known.pop(key, None)

    def suspect(self, uid: str, seen: Mapping[ObjectKey, str]) -> None:
        """See the port."""
        self.doubts.setdefault(uid, {}).update(seen)

    def suspects(self, uid: str) -> dict[ObjectKey, str]:
        """See the port."""
        return dict(self.doubts.get(uid, {}))

    def cleared(self, uid: str, seen: Mapping[ObjectKey, str]) -> None:
        """See the port."""
        open_ = self.doubts.get(uid, {})
        for key, doubt in seen.items():
            if open_.get(key) == doubt:
                del open_[key]

    def forget(self, uid: str) -> None:
        """See the port."""
        self.prints.pop(uid, None)
        self.doubts.pop(uid, None)
        for repo in [of for of, app in self._desireds.good if app == uid]:
            self._desireds.lose(uid, repo)


class MemoryVault:
    """Port `Vault`."""

    def __init__(self) -> None:
        self.kept: CredentialSet | None = None

    def put(self, credentials: CredentialSet) -> None:
        """See the port."""
        self.kept = credentials

    def credentials(self) -> CredentialSet | None:
        """See the port."""
        return self.kept


class MemoryFacts:
    """Port `Facts`; `running` are the apps whose turn of Advance runs."""

    def __init__(self) -> None:
        self.running: set[AppRef] = set()
        self.done: dict[str, datetime] = {}
        self.looks: set[str] = set()
        self._version = ""
        self._bumps = 0

    def version(self) -> str:
        """See the port."""
        return self._version

    def bump(self) -> None:
        """See the port."""
        self._bumps += 1
        self._version = f"v{self._bumps}"

    def mark(self, what: str, now: datetime) -> None:
        """See the port."""
        self.done[what] = now

    def marks(self) -> dict[str, datetime]:
        """See the port."""
        return dict(self.done)

    def busy(self, app: AppRef) -> bool:
        """See the port."""
        return app in self.running

    def put_look(self, uid: str) -> None:
        """See the port."""
        self.looks.add(uid)

    def has_look(self, uid: str) -> bool:
        """See the port."""
        return uid in self.looks

    def drop_look(self, uid: str) -> None:
        """See the port."""
        self.looks.discard(uid)

    def flush(self) -> None:
        """Forget everything, as an emptied Redis does."""
        self._version = ""
        self.done.clear()
        self.looks.clear()


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
