"""In which order objects of one wave are applied (argo-cd.md 2.5)."""

from __future__ import annotations

from gitops.model.objects import Manifest, ObjectKey, as_text

KINDS = (
    "Namespace", "NetworkPolicy", "ResourceQuota", "LimitRange", "PodSecurityPolicy", "PodDisruptionBudget",
    "ServiceAccount", "Secret", "SecretList", "ConfigMap", "StorageClass", "PersistentVolume",
    "PersistentVolumeClaim", "CustomResourceDefinition", "ClusterRole", "ClusterRoleList", "ClusterRoleBinding",
    "ClusterRoleBindingList", "Role", "RoleList", "RoleBinding", "RoleBindingList", "Service", "DaemonSet", "Pod",
    "ReplicationController", "ReplicaSet", "Deployment", "HorizontalPodAutoscaler", "StatefulSet", "Job", "CronJob",
    "IngressClass", "Ingress", "APIService",
)  # fmt: skip
"""Argo CD's kind order; every other kind comes after these."""

_PLACE = {kind: place for place, kind in enumerate(KINDS)}

WAVE = "argocd.argoproj.io/sync-wave"
HELM_WEIGHT = "helm.sh/hook-weight"


def wave_of(manifest: Manifest) -> int:
    """The sync wave of an object; what is not a number counts as 0 (argo-cd-surprises.md)."""
    for key in (WAVE, HELM_WEIGHT):
        text = as_text(manifest.annotations.get(key))
        if text:
            try:
                return int(text)
            except ValueError:
                return 0
    return 0


def apply_place(manifest: Manifest) -> tuple[int, int, str, str]:
    """Sort key for applying: wave, kind, name, then namespace."""
    return wave_of(manifest), _PLACE.get(manifest.kind, len(KINDS)), manifest.name, manifest.namespace


def prune_place(key: ObjectKey) -> tuple[int, str, str]:
    """Sort key for removing: the reverse of creation."""
    return -_PLACE.get(key.kind, len(KINDS)), key.name, key.namespace
