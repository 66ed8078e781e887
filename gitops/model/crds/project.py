"""The AppProject custom resource (argo-cd.md 7): what its apps may read, where they may go, what they may hold."""

from __future__ import annotations

from dataclasses import dataclass, field

from gitops.model.crds.codec import Part, required
from gitops.model.crds.meta import API_VERSION, ObjectMeta
from gitops.model.crds.spec import Destination
from gitops.model.objects import JsonMap


@dataclass(frozen=True)
class KindRule(Part):
    """A group and kind, both globs; `name` (glob, cluster-scoped lists only) narrows it to object names."""

    group: str = required("")
    kind: str = required("")
    name: str = ""


@dataclass(frozen=True)
class JwtToken(Part):
    """A listed token of a role; `exp` 0 never expires. Seconds since 1970."""

    iat: int = required(0)
    exp: int = 0
    id: str = ""


@dataclass(frozen=True)
class ProjectRole(Part):
    """A role: casbin policy lines, groups and tokens that have it."""

    name: str = required("")
    description: str = ""
    policies: tuple[str, ...] = ()
    jwt_tokens: tuple[JwtToken, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class SyncWindow(Part):
    """A time window (argo-cd.md 2.9): `schedule` is cron, `duration` a Go duration, `kind` allow or deny."""

    kind: str = ""
    schedule: str = ""
    duration: str = ""
    applications: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    manual_sync: bool = False
    time_zone: str = ""
    and_operator: bool = False
    description: str = ""
    sync_overrun: bool = False


@dataclass(frozen=True)
class OrphanIgnore(Part):
    """Orphans that are not reported; globs."""

    group: str = ""
    kind: str = ""
    name: str = ""


@dataclass(frozen=True)
class OrphanedResources(Part):
    """Present turns orphan monitoring on; `warn` None counts as False (argo-cd.md 5.5)."""

    warn: bool | None = None
    ignore: tuple[OrphanIgnore, ...] = ()


@dataclass(frozen=True)
class SignatureKey(Part):
    """A GnuPG key that may sign commits."""

    key_id: str = required("")


@dataclass(frozen=True)
class ServiceAccountRule(Part):
    """Which service account syncs into matching destinations (globs, first match)."""

    server: str = required("")
    namespace: str = ""
    default_service_account: str = required("")


@dataclass(frozen=True)
class ProjectSpec(Part):
    """Everything a project allows. An absent namespace white-list allows all kinds, an empty one none."""

    source_repos: tuple[str, ...] = ()
    destinations: tuple[Destination, ...] = ()
    description: str = ""
    roles: tuple[ProjectRole, ...] = ()
    cluster_resource_whitelist: tuple[KindRule, ...] = ()
    namespace_resource_blacklist: tuple[KindRule, ...] = ()
    orphaned_resources: OrphanedResources | None = None
    sync_windows: tuple[SyncWindow, ...] = ()
    namespace_resource_whitelist: tuple[KindRule, ...] | None = None
    signature_keys: tuple[SignatureKey, ...] = ()
    cluster_resource_blacklist: tuple[KindRule, ...] = ()
    source_namespaces: tuple[str, ...] = ()
    permit_only_project_scoped_clusters: bool = False
    destination_service_accounts: tuple[ServiceAccountRule, ...] = ()
    source_integrity: JsonMap | None = None


@dataclass(frozen=True)
class AppProject(Part):
    """One AppProject; `status` mirrors the tokens of the roles."""

    metadata: ObjectMeta = required(ObjectMeta())  # noqa: RUF009 -- frozen and never changed
    spec: ProjectSpec = required(ProjectSpec())  # noqa: RUF009 -- frozen and never changed
    status: JsonMap = field(default_factory=dict)
    api_version: str = required(API_VERSION)
    kind: str = required("AppProject")

    @property
    def name(self) -> str:
        """Its name, what `spec.project` of an app says."""
        return self.metadata.name
