"""What the API's schema says about fields of built-in kinds, as far as comparing needs it (argo-cd.md 3.2).

Custom resources have no entry here: what their server makes of a value, only the server knows.
"""

from __future__ import annotations

from collections.abc import Sequence

from gitops.model.objects import GroupKind, Json

BUILT_IN = frozenset(
    {
        "", "apps", "batch", "autoscaling", "policy", "admissionregistration.k8s.io", "apiextensions.k8s.io",
        "apiregistration.k8s.io", "certificates.k8s.io", "discovery.k8s.io", "extensions",
        "flowcontrol.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io", "rbac.authorization.k8s.io",
        "scheduling.k8s.io", "storage.k8s.io",
    }
)  # fmt: skip
"""API groups whose kinds are Kubernetes' own; others, also those ending in k8s.io, are custom resources."""

REWRITTEN = frozenset(
    {
        GroupKind("", "Endpoints"),
        GroupKind("discovery.k8s.io", "EndpointSlice"),
        GroupKind("apiextensions.k8s.io", "CustomResourceDefinition"),
    }
)
"""Built-in kinds whose content the server sorts or rewrites: a difference there is for the server to judge."""

FREE_MAPS = frozenset(
    {
        "annotations", "labels", "matchLabels", "nodeSelector", "selector", "data", "binaryData", "stringData",
        "limits", "requests", "hard", "capacity", "overhead", "parameters", "volumeAttributes", "allocatable",
        "default", "defaultRequest", "max", "min", "maxLimitRequestRatio", "options", "attributes",
    }
)  # fmt: skip
"""Maps whose keys are the user's: the server keeps every key it is given, and drops the map when it is empty."""

_QUANTITY_MAPS = frozenset(
    {
        "limits", "requests", "hard", "capacity", "overhead", "default", "defaultRequest", "max", "min",
        "maxLimitRequestRatio", "allocatable", "used", "allocatedResources",
    }
)  # fmt: skip
_QUANTITIES = frozenset({"sizeLimit", "divisor", "averageValue", "targetAverageValue", "targetValue", "storage"})

INT_OR_STRING = frozenset({"targetPort", "port", "maxSurge", "maxUnavailable", "minAvailable"})
"""Fields that are a number or a name; 80 and "80" differ, and the server keeps which one was given."""

DROPPED_WHEN_ZERO = frozenset(
    {
        "hostNetwork", "hostPID", "hostIPC", "paused", "readOnly", "tty", "stdin", "stdinOnce", "unschedulable",
        "value", "publishNotReadyAddresses", "subPath", "subPathExpr", "minReadySeconds", "initialDelaySeconds",
        "hostPort", "hostname", "subdomain", "nodeName", "priorityClassName", "externalName", "loadBalancerIP",
        "namespace", "preserveUnknownFields", "workingDir", "fsType", "allowExpansion", "healthCheckNodePort",
        "nodePort", "schedulerName", "serviceAccountName", "serviceAccount", "volumeName", "message", "host", "path",
        "prefix", "secretName", "claimName", "name", "description",
    }
)  # fmt: skip
"""Plain (not optional) fields: false, 0 and "" mean the same as leaving them out, and the server leaves them out."""

_KEYS: dict[str, tuple[str, ...]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "ephemeralContainers": ("name",),
    "volumes": ("name",),
    "env": ("name",),
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
    "imagePullSecrets": ("name",),
    "hostAliases": ("ip",),
    "topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
    "schedulingGates": ("name",),
    "resourceClaims": ("name",),
    "claims": ("name",),
    "conditions": ("type",),
    "ownerReferences": ("uid",),
    "webhooks": ("name",),
    "matchConditions": ("name",),
    "variables": ("name",),
}
_KIND_KEYS: dict[tuple[str, str], tuple[str, ...] | None] = {
    ("ServiceAccount", "secrets"): ("name",),
    ("ServiceAccount", "imagePullSecrets"): None,
    ("Service", "ports"): ("port", "protocol"),
    ("NetworkPolicy", "ports"): None,
    ("Endpoints", "ports"): None,
    ("EndpointSlice", "ports"): None,
    ("PodDisruptionBudget", "conditions"): ("type",),
}

KEY_DEFAULTS: dict[str, str] = {"protocol": "TCP"}
"""What the server fills in for a key that an item leaves out."""

SETS = frozenset({"finalizers"})
"""Lists that are sets: desired must be in it, order and further values do not matter."""


def list_keys(kind: str, field: str, items: Sequence[Json]) -> tuple[str, ...]:
    """The fields that identify an item of a keyed list; empty for a list that is compared position by position."""
    special = (kind, field)
    if special in _KIND_KEYS:
        return _KIND_KEYS[special] or ()
    if field == "ports":
        first = items[0] if items else None
        return ("containerPort", "protocol") if isinstance(first, dict) and "containerPort" in first else ()
    return _KEYS.get(field, ())


def holds_quantity(field: str, parent: str) -> bool:
    """Whether a field of a built-in kind is a quantity, by its name and that of the map it is in."""
    return parent in _QUANTITY_MAPS or field in _QUANTITIES or (field == "value" and parent == "target")
