"""`spec` of an Application: destination, policy, what differences to ignore (argo-cd.md 1.1, 2.2, 3.3)."""

from __future__ import annotations

from dataclasses import dataclass

from gitops.model.crds.codec import Part, required
from gitops.model.crds.operation import Info, NamespaceMetadata, Retry
from gitops.model.crds.source import Source
from gitops.model.objects import JsonMap, as_map, as_text


@dataclass(frozen=True)
class Destination(Part):
    """Exactly one of server and name; `namespace` is for namespaced objects that name none."""

    server: str = ""
    namespace: str = ""
    name: str = ""


@dataclass(frozen=True)
class Automated(Part):
    """Automated sync; present means on unless `enabled` is False (None counts as True)."""

    prune: bool = False
    self_heal: bool = False
    allow_empty: bool = False
    enabled: bool | None = None


@dataclass(frozen=True)
class SyncPolicy(Part):
    """When and how to sync; without a `retry` block: no retry by hand, 5 when automated."""

    automated: Automated | None = None
    sync_options: tuple[str, ...] = ()
    retry: Retry | None = None
    managed_namespace_metadata: NamespaceMetadata | None = None


@dataclass(frozen=True)
class IgnoreDifference(Part):
    """Fields to ignore when comparing; `group` and `kind` are globs, an empty group is the core group only."""

    group: str = ""
    kind: str = required("")
    name: str = ""
    namespace: str = ""
    json_pointers: tuple[str, ...] = ()
    jq_path_expressions: tuple[str, ...] = ()
    managed_fields_managers: tuple[str, ...] = ()


@dataclass(frozen=True)
class ApplicationSpec(Part):
    """What to run and where; `sources` wins over `source`, `source_hydrator` over both."""

    source: Source | None = None
    destination: Destination = required(Destination())  # noqa: RUF009 -- frozen and never changed
    project: str = required("")
    sync_policy: SyncPolicy | None = None
    ignore_differences: tuple[IgnoreDifference, ...] = ()
    info: tuple[Info, ...] = ()
    revision_history_limit: int | None = None
    sources: tuple[Source, ...] = ()
    source_hydrator: JsonMap | None = None

    @property
    def effective_sources(self) -> tuple[Source, ...]:
        """The sources that are rendered, after the precedence above; empty when none is given."""
        if self.source_hydrator is not None:
            return (_sync_source(self.source_hydrator),)
        if self.sources:
            return self.sources
        return (self.source,) if self.source is not None else ()

    @property
    def is_automated(self) -> bool:
        """Whether automated sync is on."""
        automated = self.sync_policy.automated if self.sync_policy else None
        return automated is not None and automated.enabled is not False


def _sync_source(hydrator: JsonMap) -> Source:
    """The hydrator's sync source; its repository defaults to that of the dry source (argo-cd.md 1.10)."""
    dry, sync = as_map(hydrator.get("drySource")), as_map(hydrator.get("syncSource"))
    return Source(
        repo_url=as_text(sync.get("repoURL")) or as_text(dry.get("repoURL")),
        path=as_text(sync.get("path")),
        target_revision=as_text(sync.get("targetBranch")),
    )
