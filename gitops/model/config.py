"""The hub's configuration as values: argocd-cm, argocd-cmd-params-cm, cluster and project registrations."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from gitops.model.crds.project import AppProject
from gitops.model.objects import ClusterKey


class Tracking(Enum):
    """How an object is marked as belonging to an app (argo-cd.md 5.1)."""

    ANNOTATION = "annotation"
    BOTH = "annotation+label"
    LABEL = "label"


@dataclass(frozen=True, slots=True)
class ClusterCredential:
    """How to reach and convince one API server; bytes are PEM. Never printed: `repr` of secrets is suppressed."""

    bearer_token: str = field(default="", repr=False)
    username: str = ""
    password: str = field(default="", repr=False)
    ca_data: bytes = b""
    cert_data: bytes = field(default=b"", repr=False)
    key_data: bytes = field(default=b"", repr=False)
    insecure: bool = False
    server_name: str = ""
    proxy_url: str = ""


@dataclass(frozen=True, slots=True)
class ClusterRecord:
    """A registered cluster (argo-cd.md 8.1). `error` says why it cannot be used (unreadable config), else empty."""

    key: ClusterKey
    name: str
    credential: ClusterCredential = field(repr=False)
    namespaces: tuple[str, ...] = ()
    """Not empty: namespaced mode, only these."""
    cluster_resources: bool = False
    project: str = ""
    skip_reconcile: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """argocd-cm, the keys Argosy reads so far; unknown keys are ignored as in Argo CD."""

    tracking: Tracking = Tracking.ANNOTATION
    instance_label_key: str = "app.kubernetes.io/instance"
    installation_id: str = ""
    reconciliation_s: float = 120.0
    """`timeout.reconciliation`; 0 = only events and webhooks."""
    reconciliation_jitter_s: float = 60.0
    in_cluster_enabled: bool = True
    session_s: float = 86400.0
    anonymous: bool = False
    password_pattern: str = "^.{8,32}$"  # noqa: S105 -- the shape of passwords, not one
    webhook_limit_bytes: int = 5 * 1024 * 1024
    """`webhook.maxPayloadSizeMB`; default 5 MB (security-reliability.md 11)."""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Params:
    """argocd-cmd-params-cm, read at start; `unknown` lists keys that mean nothing to Argosy (reported, not fatal)."""

    application_namespaces: tuple[str, ...] = ()
    sync_timeout_s: float = 0.0
    self_heal_initial_s: float = 2.0
    self_heal_factor: float = 3.0
    self_heal_cap_s: float = 300.0
    directory_limit_bytes: int = 10 * 1024 * 1024
    git_timeout_s: float = 300.0
    persist_resource_health: bool = False
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HubConfig:
    """Everything diff and apply workers need besides the Application itself; one consistent reading of the hub."""

    namespace: str
    settings: Settings
    params: Params
    clusters: tuple[ClusterRecord, ...]
    projects: dict[str, AppProject]
