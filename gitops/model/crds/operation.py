"""What is asked for and how it went: `operation`, `status.operationState` (argo-cd.md 2.1, 18.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from gitops.model.crds.codec import REQUIRED, Part, required
from gitops.model.crds.source import Source
from gitops.model.objects import ObjectKey, digest_of


@dataclass(frozen=True)
class Info(Part):
    """A name and a value shown to users; a URL becomes a link."""

    name: str = required("")
    value: str = required("")


@dataclass(frozen=True)
class Backoff(Part):
    """Wait before a retry: `duration` times `factor` per try, at most `max_duration`.

    Durations are Go durations (`5s`, `1h30m`) or plain seconds; empty means the default 5s / 2 / 3m.
    """

    duration: str = ""
    factor: int | None = None
    max_duration: str = ""


@dataclass(frozen=True)
class Retry(Part):
    """Retries of a failed operation; a negative `limit` is for ever. `refresh`: take the newest revision each time."""

    limit: int = 0
    backoff: Backoff | None = None
    refresh: bool = False


@dataclass(frozen=True)
class NamespaceMetadata(Part):
    """Labels and annotations of the namespace that CreateNamespace=true makes."""

    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StrategyForce(Part):
    """`apply` or `hook` of a sync strategy."""

    force: bool = False


@dataclass(frozen=True)
class SyncStrategy(Part):
    """`apply`: no hooks run; `hook` (also when neither is given): hooks run."""

    apply: StrategyForce | None = None
    hook: StrategyForce | None = None


@dataclass(frozen=True)
class SyncResource(Part):
    """An object of a selective sync; without a namespace it matches every namespace."""

    group: str = ""
    kind: str = required("")
    name: str = required("")
    namespace: str = ""


@dataclass(frozen=True)
class SyncOperation(Part):
    """A sync. Empty `revision` means what the spec says; `source` and `sources` override the spec (rollback)."""

    revision: str = ""
    prune: bool = False
    dry_run: bool = False
    sync_strategy: SyncStrategy | None = None
    resources: tuple[SyncResource, ...] = ()
    source: Source | None = None
    manifests: tuple[str, ...] = ()
    sync_options: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    revisions: tuple[str, ...] = ()
    auto_heal_attempts_count: int = 0


@dataclass(frozen=True)
class InitiatedBy(Part):
    """Who started an operation."""

    username: str = ""
    automated: bool = False


@dataclass(frozen=True)
class Operation(Part):
    """A requested operation; writing it into the object starts it."""

    sync: SyncOperation | None = None
    initiated_by: InitiatedBy = field(default_factory=InitiatedBy)
    info: tuple[Info, ...] = ()
    retry: Retry = field(default_factory=Retry)

    @property
    def digest(self) -> str:
        """Names the request: `Rendering.fetched_for` says which one a fetch answered."""
        return digest_of(self.dump())


@dataclass(frozen=True)
class ResourceResult(Part):
    """What became of one object or hook in an operation."""

    group: str = required("")
    version: str = required("")
    kind: str = required("")
    namespace: str = required("")
    name: str = required("")
    status: str = ""
    """`Synced`, `SyncFailed`, `Pruned`, `PruneSkipped`, or empty while it runs."""
    message: str = ""
    hook_type: str = ""
    hook_phase: str = ""
    sync_phase: str = ""
    images: tuple[str, ...] = ()

    @property
    def key(self) -> ObjectKey:
        """The object it speaks of."""
        return ObjectKey(self.group, self.kind, self.namespace, self.name)


@dataclass(frozen=True)
class SyncResult(Part):
    """What an operation synced: pinned revision(s) and source(s), results per object."""

    resources: tuple[ResourceResult, ...] = ()
    revision: str = required("")
    source: Source | None = None
    sources: tuple[Source, ...] = ()
    revisions: tuple[str, ...] = ()
    managed_namespace_metadata: NamespaceMetadata | None = None


@dataclass(frozen=True)
class OperationState(Part):
    """The running or last operation; `phase` is Running, Terminating, Succeeded, Failed or Error."""

    operation: Operation = required(Operation())  # noqa: RUF009 -- frozen and never changed: one default is enough
    phase: str = required("")
    message: str = ""
    sync_result: SyncResult | None = None
    started_at: datetime | None = field(default=None, metadata=REQUIRED)
    finished_at: datetime | None = None
    retry_count: int = 0
