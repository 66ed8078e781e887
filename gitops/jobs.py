"""THE MAP: every message there is, its queue, its lane and key, who takes it, what follows.

| job | put by | taken by | followed by |
|---|---|---|---|
| Fetch | receive, watch, sweep, tick | fetch | Compare per app whose rendering changed |
| Compare | fetch, scan, sweep, watch | diff | Advance, or nothing |
| Scan | sweep, watch | diff | Compare per suspect app |
| Advance | compare (begin), watch, itself | apply | itself with a wake time, or nothing |
| Sweep | beat, every worker's timer | diff | Fetch, Compare, Scan, Advance for what has no job |

A job carries ids only; everything else is read again from the hub. A job never goes back: fetch -> diff -> apply.
Jobs of one lane share cap and order; two nudges with one (queue, lane, key) are one job.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import TypeAlias

from gitops.model.objects import AppRef, ClusterKey
from gitops.model.revision import RepoKey


class Queue(Enum):
    """A Celery queue: one per kind of worker, never per cluster."""

    FETCH = "fetch"
    DIFF = "diff"
    APPLY = "apply"


class Rank(IntEnum):
    """Who goes first within a lane: lower first, then by time."""

    HUMAN = 0
    ROLLBACK = 1
    WEBHOOK = 2
    DRIFT = 3
    PERIODIC = 4
    FAILING = 5


@dataclass(frozen=True, slots=True)
class Fetch:
    """Look at a repository: fetch its mirror once, render each app of it whose tree key changed."""

    repo: RepoKey

    queue = Queue.FETCH

    @property
    def lane(self) -> str:
        """One lane per repository."""
        return self.repo

    @property
    def key(self) -> str:
        """One job per repository."""
        return self.repo


@dataclass(frozen=True, slots=True)
class Compare:
    """Compare one app with its cluster, write its status, begin an operation if one is due."""

    app: AppRef
    cluster: ClusterKey

    queue = Queue.DIFF

    @property
    def lane(self) -> str:
        """One lane per cluster."""
        return self.cluster

    @property
    def key(self) -> str:
        """One job per app."""
        return str(self.app)


@dataclass(frozen=True, slots=True)
class Scan:
    """Prove by one metadata list per kind that no change of a cluster was missed."""

    cluster: ClusterKey

    queue = Queue.DIFF

    @property
    def lane(self) -> str:
        """The cluster's lane."""
        return self.cluster

    @property
    def key(self) -> str:
        """One scan per cluster."""
        return ""


@dataclass(frozen=True, slots=True)
class Advance:
    """One step of an app's running operation, or of its deletion."""

    app: AppRef
    cluster: ClusterKey

    queue = Queue.APPLY

    @property
    def lane(self) -> str:
        """One lane per cluster."""
        return self.cluster

    @property
    def key(self) -> str:
        """One job per app: operations of an app never run side by side."""
        return str(self.app)


@dataclass(frozen=True, slots=True)
class Sweep:
    """Read the hub and nudge whatever has no job: the recovery after any loss in Redis."""

    queue = Queue.DIFF

    @property
    def lane(self) -> str:
        """A lane of its own, so that no cluster's backlog delays it."""
        return "hub"

    @property
    def key(self) -> str:
        """One sweep at a time."""
        return ""


Job: TypeAlias = Fetch | Compare | Scan | Advance | Sweep


def name_of(job: type[Job] | Job) -> str:
    """The one verb of a job: step module, task, log event and metric label are called the same."""
    kind = job if isinstance(job, type) else type(job)
    return kind.__name__.lower()


def parse(name: str, lane: str, key: str) -> Job:
    """The job that (name, lane, key) stands for, the inverse of `name_of`, `lane` and `key`.

    Raises:
        KeyError: no job has this name (a message of another version): drop it, the sweep covers.
    """
    made: dict[str, Callable[[], Job]] = {
        "fetch": lambda: Fetch(RepoKey(key)),
        "compare": lambda: Compare(AppRef.parse(key), ClusterKey(lane)),
        "scan": lambda: Scan(ClusterKey(lane)),
        "advance": lambda: Advance(AppRef.parse(key), ClusterKey(lane)),
        "sweep": Sweep,
    }
    return made[name]()
