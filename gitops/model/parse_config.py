"""argocd-cm, argocd-cmd-params-cm and cluster Secrets, as the API server returns them, to values.

One wrong entry never hides the others: it keeps its default and is named in `Problems`, for log and status page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from gitops.errors import InvalidError
from gitops.model.config import ClusterRecord, HubConfig, Params, Settings, Tracking
from gitops.model.crds.project import AppProject
from gitops.model.known_params import KNOWN_PARAMS
from gitops.model.objects import IN_CLUSTER, JsonMap
from gitops.model.parse_clusters import in_cluster, parse_cluster, secret_name
from gitops.model.spelling import about, comma_list, config_texts, duration_s, flag, integer, size_bytes

T = TypeVar("T")

Problems = tuple[str, ...]
"""Sentences that name object, key and next step; nothing secret in them."""


@dataclass(frozen=True)
class Entries:
    """The entries of one ConfigMap, read one by one; what cannot be read is collected in `problems`."""

    name: str
    texts: dict[str, str]
    problems: list[str]

    @classmethod
    def of(cls, body: JsonMap) -> Entries:
        """The entries of a ConfigMap; an empty object stands for an absent one."""
        return cls(about("ConfigMap", body), config_texts(body), [])

    def get(self, key: str, default: T, read: Callable[[str], T]) -> T:
        """The value of a key, its default when absent, empty or unreadable."""
        text = self.texts.get(key, "").strip()
        if not text:
            return default
        try:
            return read(text)
        except InvalidError as error:
            self.problems.append(f'{self.name}: {key} "{text}" {error.message}; the default is used')
            return default


def parse_settings(body: JsonMap) -> tuple[Settings, Problems]:
    """argocd-cm; an empty object gives the defaults."""
    entries, default = Entries.of(body), Settings()
    settings = Settings(
        tracking=entries.get("application.resourceTrackingMethod", default.tracking, _tracking),
        instance_label_key=entries.get("application.instanceLabelKey", default.instance_label_key, str),
        installation_id=entries.get("installationID", "", str),
        reconciliation_s=entries.get("timeout.reconciliation", default.reconciliation_s, duration_s),
        reconciliation_jitter_s=entries.get(
            "timeout.reconciliation.jitter", default.reconciliation_jitter_s, duration_s
        ),
        in_cluster_enabled=entries.get("cluster.inClusterEnabled", default.in_cluster_enabled, flag),
        session_s=entries.get("users.session.duration", default.session_s, duration_s),
        anonymous=entries.get("users.anonymous.enabled", default.anonymous, flag),
        password_pattern=entries.get("passwordPattern", default.password_pattern, str),
        webhook_limit_bytes=entries.get("webhook.maxPayloadSizeMB", default.webhook_limit_bytes, _megabytes),
        url=entries.get("url", "", str),
    )
    return settings, tuple(entries.problems)


def parse_params(body: JsonMap) -> tuple[Params, Problems]:
    """argocd-cmd-params-cm; keys that Argo CD does not know either are named in `Params.unknown`."""
    entries, default = Entries.of(body), Params()
    params = Params(
        application_namespaces=entries.get("application.namespaces", (), comma_list),
        sync_timeout_s=entries.get("controller.sync.timeout.seconds", default.sync_timeout_s, duration_s),
        self_heal_initial_s=entries.get(
            "controller.self.heal.backoff.timeout.seconds", default.self_heal_initial_s, duration_s
        ),
        self_heal_factor=entries.get("controller.self.heal.backoff.factor", default.self_heal_factor, _factor),
        self_heal_cap_s=entries.get("controller.self.heal.backoff.cap.seconds", default.self_heal_cap_s, duration_s),
        directory_limit_bytes=entries.get(
            "reposerver.max.combined.directory.manifests.size", default.directory_limit_bytes, size_bytes
        ),
        persist_resource_health=entries.get("controller.resource.health.persist", False, flag),
        unknown=tuple(sorted(entries.texts.keys() - KNOWN_PARAMS)),
    )
    return params, tuple(entries.problems)


def parse_clusters(
    secrets: Iterable[JsonMap], *, in_cluster_enabled: bool
) -> tuple[tuple[ClusterRecord, ...], Problems]:
    """All registered clusters, sorted by server; the in-cluster one is there without a Secret unless switched off.

    Two Secrets of one server: the first by Secret name counts, the other is reported.
    """
    found: dict[str, ClusterRecord] = {} if not in_cluster_enabled else {IN_CLUSTER: in_cluster()}
    taken: dict[str, str] = {}
    problems: list[str] = []
    for body in sorted(secrets, key=secret_name):
        try:
            record = parse_cluster(body)
        except InvalidError as error:
            problems.append(str(error))
            continue
        if record.key == IN_CLUSTER and not in_cluster_enabled:
            problems.append(f"{secret_name(body)}: not used, cluster.inClusterEnabled is false in argocd-cm")
        elif record.key in taken:
            problems.append(
                f"{secret_name(body)}: not used, {taken[record.key]} is for the same server; remove one of them"
            )
        else:
            found[record.key], taken[record.key] = record, secret_name(body)
        if record.error:
            problems.append(record.error)
    return tuple(found[key] for key in sorted(found)), tuple(problems)


def parse_projects(bodies: Iterable[JsonMap]) -> tuple[dict[str, AppProject], Problems]:
    """Projects by name; one that cannot be read is left out and reported, so its apps say that it is missing."""
    found: dict[str, AppProject] = {}
    problems: list[str] = []
    for body in bodies:
        try:
            project = AppProject.parse(body)
        except InvalidError as error:
            problems.append(f"{about('AppProject', body)}: {error}")
            continue
        found[project.name] = project
    return found, tuple(problems)


def parse_hub(
    namespace: str, *, settings: JsonMap, params: JsonMap, clusters: Iterable[JsonMap], projects: Iterable[JsonMap]
) -> tuple[HubConfig, Problems]:
    """Everything diff and apply workers need, from argocd-cm, argocd-cmd-params-cm, cluster Secrets and AppProjects."""
    read_settings, p1 = parse_settings(settings)
    read_params, p2 = parse_params(params)
    records, p3 = parse_clusters(clusters, in_cluster_enabled=read_settings.in_cluster_enabled)
    by_name, p4 = parse_projects(projects)
    return HubConfig(namespace, read_settings, read_params, records, by_name), p1 + p2 + p3 + p4


def _tracking(text: str) -> Tracking:
    try:
        return Tracking(text)
    except ValueError as error:
        raise InvalidError("must be annotation, label or annotation+label") from error


def _factor(text: str) -> float:
    return float(integer(text))


def _megabytes(text: str) -> int:
    return integer(text) * 1024 * 1024
