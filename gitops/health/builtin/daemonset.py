"""DaemonSet: a pod of the newest template available on every node it should run on."""

from __future__ import annotations

from collections.abc import Mapping

from gitops.health.reading import healthy, number, progressing, text, unobserved
from gitops.model.health import HealthVerdict
from gitops.model.objects import Json


def daemon_set(body: Mapping[str, Json]) -> HealthVerdict:
    """OnDelete waits for nobody: it is Healthy once it was observed."""
    if unobserved(body):
        return progressing("Waiting for rollout to finish: the latest generation was not observed yet")
    desired = number(body, "status", "desiredNumberScheduled")
    updated = number(body, "status", "updatedNumberScheduled")
    available = number(body, "status", "numberAvailable")
    if text(body, "spec", "updateStrategy", "type") == "OnDelete":
        return healthy(f"daemon set has {updated} updated pods of {desired}")
    if updated < desired:
        return progressing(f"Waiting for rollout to finish: {updated} of {desired} new pods are updated")
    if available < desired:
        return progressing(f"Waiting for rollout to finish: {available} of {desired} updated pods are available")
    return healthy()
