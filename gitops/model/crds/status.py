"""`status` of an Application (argo-cd.md 18.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from gitops.model.crds.codec import REQUIRED, Part, required
from gitops.model.crds.operation import InitiatedBy, OperationState
from gitops.model.crds.source import Source
from gitops.model.crds.spec import Destination, IgnoreDifference
from gitops.model.objects import JsonMap, ObjectKey


@dataclass(frozen=True)
class ComparedTo(Part):
    """The spec that a comparison was made for."""

    source: Source | None = None
    destination: Destination = required(Destination())  # noqa: RUF009 -- frozen and never changed
    sources: tuple[Source, ...] = ()
    ignore_differences: tuple[IgnoreDifference, ...] = ()


@dataclass(frozen=True)
class SyncStatus(Part):
    """`status` is Synced, OutOfSync or Unknown; revisions are resolved ones."""

    status: str = required("")
    compared_to: ComparedTo = field(default_factory=ComparedTo)
    revision: str = ""
    revisions: tuple[str, ...] = ()


@dataclass(frozen=True)
class HealthStatus(Part):
    """A health code and why; the message is rewritten only when the code changes."""

    status: str = ""
    message: str = ""
    last_transition_time: datetime | None = None


@dataclass(frozen=True)
class ResourceStatus(Part):
    """A managed object; `health` is None unless health is persisted."""

    group: str = ""
    version: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""
    status: str = ""
    health: HealthStatus | None = None
    hook: bool = False
    requires_pruning: bool = False
    sync_wave: int = 0
    requires_deletion_confirmation: bool = False

    @property
    def key(self) -> ObjectKey:
        """The object it speaks of."""
        return ObjectKey(self.group, self.kind, self.namespace, self.name)


@dataclass(frozen=True)
class HistoryEntry(Part):
    """A finished sync; `id` grows by one per entry."""

    revision: str = ""
    deployed_at: datetime | None = field(default=None, metadata=REQUIRED)
    id: int = required(0)
    source: Source | None = None
    deploy_started_at: datetime | None = None
    sources: tuple[Source, ...] = ()
    revisions: tuple[str, ...] = ()
    initiated_by: InitiatedBy = field(default_factory=InitiatedBy)


@dataclass(frozen=True)
class Condition(Part):
    """A condition; a type ending in `Error` is one (argo-cd.md 18.2)."""

    type: str = required("")
    message: str = required("")
    last_transition_time: datetime | None = None


@dataclass(frozen=True)
class Summary(Part):
    """Links, images and app-of-apps mark for list views."""

    external_urls: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    is_app_of_apps: bool = False


@dataclass(frozen=True)
class ApplicationStatus(Part):
    """All of `status`; written on the main resource, as there is no status subresource."""

    resources: tuple[ResourceStatus, ...] = ()
    sync: SyncStatus = field(default_factory=SyncStatus)
    health: HealthStatus = field(default_factory=HealthStatus)
    history: tuple[HistoryEntry, ...] = ()
    conditions: tuple[Condition, ...] = ()
    reconciled_at: datetime | None = None
    operation_state: OperationState | None = None
    observed_at: datetime | None = None
    source_type: str = ""
    summary: Summary = field(default_factory=Summary)
    resource_health_source: str = ""
    source_types: tuple[str, ...] = ()
    controller_namespace: str = ""
    source_hydrator: JsonMap = field(default_factory=dict)
