"""Deployment: rolled out completely, in the newest generation, within its progress deadline."""

from __future__ import annotations

from collections.abc import Mapping

from gitops.health.reading import conditions, degraded, healthy, number, part, progressing, suspended, unobserved
from gitops.model.health import HealthVerdict
from gitops.model.objects import Json


def deployment(body: Mapping[str, Json]) -> HealthVerdict:
    """A paused one is Suspended whatever its replicas do."""
    if part(body, "spec", "paused") is True:
        return suspended("Deployment is paused")
    if unobserved(body):
        return progressing("Waiting for rollout to finish: the latest generation was not observed yet")
    for found in conditions(body):
        if found.type == "Progressing" and found.reason == "ProgressDeadlineExceeded":
            return degraded(found.message or "Deployment exceeded its progress deadline")
    desired = number(body, "spec", "replicas", default=1)
    updated, total = number(body, "status", "updatedReplicas"), number(body, "status", "replicas")
    available = number(body, "status", "availableReplicas")
    if updated < desired:
        return progressing(f"Waiting for rollout to finish: {updated} of {desired} new replicas are updated")
    if total > updated:
        return progressing(f"Waiting for rollout to finish: {total - updated} old replicas are pending termination")
    if available < updated:
        return progressing(f"Waiting for rollout to finish: {available} of {updated} updated replicas are available")
    return healthy()
