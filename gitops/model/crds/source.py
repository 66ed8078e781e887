"""Where an Application reads from: one source with its tool blocks (argo-cd.md 1.2 to 1.7)."""

from __future__ import annotations

from dataclasses import dataclass, field

from gitops.model.crds.codec import Part, required
from gitops.model.objects import JsonMap


@dataclass(frozen=True)
class HelmParameter(Part):
    """`--set`, or `--set-string` with `force_string`."""

    name: str = ""
    value: str = ""
    force_string: bool = False


@dataclass(frozen=True)
class HelmFileParameter(Part):
    """`--set-file`; `path` as in `value_files`."""

    name: str = ""
    path: str = ""


@dataclass(frozen=True)
class Helm(Part):
    """Helm block (1.4). Precedence rises: value_files, values, values_object (replaces values), parameters."""

    value_files: tuple[str, ...] = ()
    parameters: tuple[HelmParameter, ...] = ()
    release_name: str = ""
    values: str = ""
    file_parameters: tuple[HelmFileParameter, ...] = ()
    version: str = ""
    pass_credentials: bool = False
    ignore_missing_value_files: bool = False
    skip_crds: bool = False
    values_object: JsonMap | None = None
    namespace: str = ""
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()
    skip_tests: bool = False
    skip_schema_validation: bool = False


@dataclass(frozen=True)
class KustomizeReplica(Part):
    """Replica count of a Deployment, StatefulSet or ReplicaSet by name; a number or text holding one."""

    name: str = required("")
    count: int | str = required(0)


@dataclass(frozen=True)
class KustomizeTarget(Part):
    """Which objects a patch is for; names and namespaces are anchored regular expressions."""

    group: str = ""
    version: str = ""
    kind: str = ""
    name: str = ""
    namespace: str = ""
    label_selector: str = ""
    annotation_selector: str = ""


@dataclass(frozen=True)
class KustomizePatch(Part):
    """A patch, inline or from a file of the source."""

    path: str = ""
    patch: str = ""
    target: KustomizeTarget | None = None
    options: dict[str, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class Kustomize(Part):
    """Kustomize block (1.5); each field but the last three edits the kustomization file."""

    name_prefix: str = ""
    name_suffix: str = ""
    images: tuple[str, ...] = ()
    """`old=new:tag@digest`, as `kustomize edit set image` takes it."""
    common_labels: dict[str, str] = field(default_factory=dict)
    version: str = ""
    common_annotations: dict[str, str] = field(default_factory=dict)
    force_common_labels: bool = False
    force_common_annotations: bool = False
    namespace: str = ""
    common_annotations_envsubst: bool = False
    replicas: tuple[KustomizeReplica, ...] = ()
    patches: tuple[KustomizePatch, ...] = ()
    components: tuple[str, ...] = ()
    ignore_missing_components: bool = False
    label_without_selector: bool = False
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()
    label_include_templates: bool = False


@dataclass(frozen=True)
class JsonnetVariable(Part):
    """A variable; `code` says that the value is Jsonnet code and not text."""

    name: str = required("")
    value: str = required("")
    code: bool = False


@dataclass(frozen=True)
class Jsonnet(Part):
    """Jsonnet variables, and library folders relative to the repository root."""

    ext_vars: tuple[JsonnetVariable, ...] = ()
    tlas: tuple[JsonnetVariable, ...] = ()
    libs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Directory(Part):
    """Plain files (1.6); `exclude` is applied before `include`, both are globs with `{a,b}`."""

    recurse: bool = False
    jsonnet: Jsonnet = field(default_factory=Jsonnet)
    exclude: str = ""
    include: str = ""
    disable_extension_filter: bool = False


@dataclass(frozen=True)
class EnvEntry(Part):
    """An environment variable of a plugin, without its `ARGOCD_ENV_` prefix."""

    name: str = required("")
    value: str = required("")


@dataclass(frozen=True)
class PluginParameter(Part):
    """A parameter of a plugin: one of text, list or map; None means not given (empty is given)."""

    name: str = ""
    string: str | None = None
    map: dict[str, str] | None = None
    array: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Plugin(Part):
    """Config management plugin (1.7)."""

    name: str = ""
    env: tuple[EnvEntry, ...] = ()
    parameters: tuple[PluginParameter, ...] = ()


@dataclass(frozen=True)
class Source(Part):
    """One source. At most one tool block may be set; an empty `target_revision` means HEAD."""

    repo_url: str = required("")
    path: str = ""
    target_revision: str = ""
    helm: Helm | None = None
    kustomize: Kustomize | None = None
    directory: Directory | None = None
    plugin: Plugin | None = None
    chart: str = ""
    ref: str = ""
    name: str = ""
    tag_prefix: str = ""
