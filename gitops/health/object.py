"""Health of one live object (argo-cd.md 4.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from gitops.health.builtin.apiservice import api_service
from gitops.health.builtin.cronjob import cron_job
from gitops.health.builtin.daemonset import daemon_set
from gitops.health.builtin.deployment import deployment
from gitops.health.builtin.horizontalpodautoscaler import horizontal_pod_autoscaler
from gitops.health.builtin.ingress import ingress
from gitops.health.builtin.job import job
from gitops.health.builtin.persistentvolumeclaim import persistent_volume_claim
from gitops.health.builtin.pod import pod
from gitops.health.builtin.replicaset import replica_set
from gitops.health.builtin.service_object import service
from gitops.health.builtin.statefulset import stateful_set
from gitops.health.builtin.workflow import workflow
from gitops.model.health import Health, HealthVerdict
from gitops.model.objects import GroupKind, Json, as_list
from gitops.model.observed import LiveObject

Rule: TypeAlias = Callable[[Mapping[str, Json]], HealthVerdict]

HOOK_FINALIZER = "argocd.argoproj.io/hook-finalizer"

_RULES: Mapping[GroupKind, Rule] = {
    GroupKind("apps", "Deployment"): deployment,
    GroupKind("apps", "StatefulSet"): stateful_set,
    GroupKind("apps", "DaemonSet"): daemon_set,
    GroupKind("apps", "ReplicaSet"): replica_set,
    GroupKind("networking.k8s.io", "Ingress"): ingress,
    GroupKind("extensions", "Ingress"): ingress,
    GroupKind("", "Service"): service,
    GroupKind("", "PersistentVolumeClaim"): persistent_volume_claim,
    GroupKind("", "Pod"): pod,
    GroupKind("batch", "Job"): job,
    GroupKind("batch", "CronJob"): cron_job,
    GroupKind("autoscaling", "HorizontalPodAutoscaler"): horizontal_pod_autoscaler,
    GroupKind("apiregistration.k8s.io", "APIService"): api_service,
    GroupKind("argoproj.io", "Workflow"): workflow,
}

_ONE_VERSION = {"apps": "apps/v1", "batch": "batch/v1"}
"""Groups whose rules read one version only; an object read in another one is Unknown."""


def has_rule(kind: GroupKind) -> bool:
    """Whether the kind has a health rule: then changes of its status matter."""
    return kind in _RULES


def health_of(live: LiveObject) -> HealthVerdict | None:
    """Deletion first, then the kind's rule; None where there is no rule, which counts as nothing, not as Healthy."""
    if live.deleting and HOOK_FINALIZER not in as_list(live.manifest.metadata.get("finalizers")):
        return HealthVerdict(Health.PROGRESSING, "Pending deletion")
    rule = _RULES.get(live.key.group_kind)
    if rule is None:
        return None
    wanted, version = _ONE_VERSION.get(live.manifest.group), live.manifest.api_version
    if wanted is not None and version != wanted:
        return HealthVerdict(Health.UNKNOWN, f"no health rule for {live.manifest.kind} of {version}")
    return rule(live.manifest.body)
