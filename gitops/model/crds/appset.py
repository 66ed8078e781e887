"""The ApplicationSet custom resource (argo-cd.md 6.1); generators stay JSON, they are read where they are expanded."""

from __future__ import annotations

from dataclasses import dataclass, field

from gitops.model.crds.codec import REQUIRED, Part, required
from gitops.model.crds.meta import API_VERSION, ObjectMeta
from gitops.model.objects import JsonMap


@dataclass(frozen=True)
class PreservedFields(Part):
    """Annotation and label keys of generated apps that are left alone."""

    annotations: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class AppSetSyncPolicy(Part):
    """`applications_sync`: create-only, create-update, create-delete, sync or empty (the controller's policy)."""

    preserve_resources_on_deletion: bool = False
    applications_sync: str = ""


@dataclass(frozen=True)
class IgnoreApplicationDifference(Part):
    """Fields of generated apps that the set does not overwrite."""

    name: str = ""
    json_pointers: tuple[str, ...] = ()
    jq_path_expressions: tuple[str, ...] = ()


@dataclass(frozen=True)
class ApplicationSetSpec(Part):
    """How to make Applications; values of `template` hold `{{ }}` and are therefore not typed."""

    go_template: bool = False
    generators: tuple[JsonMap, ...] = required(())
    template: JsonMap = field(default_factory=dict, metadata=REQUIRED)
    sync_policy: AppSetSyncPolicy | None = None
    strategy: JsonMap | None = None
    preserved_fields: PreservedFields | None = None
    go_template_options: tuple[str, ...] = ()
    apply_nested_selectors: bool = False
    ignore_application_differences: tuple[IgnoreApplicationDifference, ...] = ()
    template_patch: str | None = None


@dataclass(frozen=True)
class ApplicationSet(Part):
    """One ApplicationSet."""

    metadata: ObjectMeta = required(ObjectMeta())  # noqa: RUF009 -- frozen and never changed
    spec: ApplicationSetSpec = required(ApplicationSetSpec())  # noqa: RUF009 -- frozen and never changed
    status: JsonMap = field(default_factory=dict)
    api_version: str = required(API_VERSION)
    kind: str = required("ApplicationSet")
