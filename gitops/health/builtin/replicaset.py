"""ReplicaSet: as many pods available as wanted."""

from __future__ import annotations

from collections.abc import Mapping

from gitops.health.reading import conditions, degraded, healthy, number, progressing, unobserved
from gitops.model.health import HealthVerdict
from gitops.model.objects import Json


def replica_set(body: Mapping[str, Json]) -> HealthVerdict:
    """Its status counts only once the latest generation was observed."""
    if unobserved(body):
        return progressing("Waiting for rollout to finish: the latest generation was not observed yet")
    for found in conditions(body):
        if found.type == "ReplicaFailure" and found.status == "True":
            return degraded(found.message or "pods cannot be created")
    desired = number(body, "spec", "replicas", default=1)
    available = number(body, "status", "availableReplicas")
    if available < desired:
        return progressing(f"Waiting for rollout to finish: {available} of {desired} replicas are available")
    return healthy()
