"""The Application custom resource; its parts are in source, spec, operation and status beside this file."""

from __future__ import annotations

from dataclasses import dataclass, field

from gitops.model.crds.codec import Part, required
from gitops.model.crds.meta import API_VERSION, ObjectMeta
from gitops.model.crds.operation import (
    Backoff,
    Info,
    InitiatedBy,
    NamespaceMetadata,
    Operation,
    OperationState,
    ResourceResult,
    Retry,
    StrategyForce,
    SyncOperation,
    SyncResource,
    SyncResult,
    SyncStrategy,
)
from gitops.model.crds.source import (
    Directory,
    EnvEntry,
    Helm,
    HelmFileParameter,
    HelmParameter,
    Jsonnet,
    JsonnetVariable,
    Kustomize,
    KustomizePatch,
    KustomizeReplica,
    KustomizeTarget,
    Plugin,
    PluginParameter,
    Source,
)
from gitops.model.crds.spec import ApplicationSpec, Automated, Destination, IgnoreDifference, SyncPolicy
from gitops.model.crds.status import (
    ApplicationStatus,
    ComparedTo,
    Condition,
    HealthStatus,
    HistoryEntry,
    ResourceStatus,
    Summary,
    SyncStatus,
)
from gitops.model.objects import AppRef

__all__ = [
    "Application",
    "ApplicationSpec",
    "ApplicationStatus",
    "Automated",
    "Backoff",
    "ComparedTo",
    "Condition",
    "Destination",
    "Directory",
    "EnvEntry",
    "HealthStatus",
    "Helm",
    "HelmFileParameter",
    "HelmParameter",
    "HistoryEntry",
    "IgnoreDifference",
    "Info",
    "InitiatedBy",
    "Jsonnet",
    "JsonnetVariable",
    "Kustomize",
    "KustomizePatch",
    "KustomizeReplica",
    "KustomizeTarget",
    "NamespaceMetadata",
    "ObjectMeta",
    "Operation",
    "OperationState",
    "Plugin",
    "PluginParameter",
    "ResourceResult",
    "ResourceStatus",
    "Retry",
    "Source",
    "StrategyForce",
    "Summary",
    "SyncOperation",
    "SyncPolicy",
    "SyncResource",
    "SyncResult",
    "SyncStatus",
    "SyncStrategy",
]


@dataclass(frozen=True)
class Application(Part):
    """One Application as the hub holds it."""

    metadata: ObjectMeta = required(ObjectMeta())  # noqa: RUF009 -- frozen and never changed
    spec: ApplicationSpec = required(ApplicationSpec())  # noqa: RUF009 -- frozen and never changed
    operation: Operation | None = None
    status: ApplicationStatus = field(default_factory=ApplicationStatus)
    api_version: str = required(API_VERSION)
    kind: str = required("Application")

    @property
    def ref(self) -> AppRef:
        """Its namespace and name."""
        return AppRef(self.metadata.namespace, self.metadata.name)
