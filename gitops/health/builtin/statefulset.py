"""StatefulSet: all replicas ready and, when it updates by itself, of the newest revision."""

from __future__ import annotations

from collections.abc import Mapping

from gitops.health.reading import healthy, number, part, progressing, section, text, unobserved
from gitops.model.health import HealthVerdict
from gitops.model.objects import Json


def stateful_set(body: Mapping[str, Json]) -> HealthVerdict:
    """OnDelete waits for nobody: it is Healthy when its replicas are ready."""
    if unobserved(body) or not number(body, "status", "observedGeneration"):
        return progressing("Waiting for statefulset spec update to be observed")
    desired = number(body, "spec", "replicas", default=1)
    ready = number(body, "status", "readyReplicas")
    if ready < desired:
        return progressing(f"Waiting for {desired - ready} pods to be ready")
    strategy = section(body, "spec", "updateStrategy")
    if strategy.get("type") == "RollingUpdate" and part(strategy, "rollingUpdate") is not None:
        return _rolling(body, desired, strategy)
    if strategy.get("type") == "OnDelete":
        return healthy(f"statefulset has {ready} ready pods")
    return _revision(body)


def _rolling(body: Mapping[str, Json], desired: int, strategy: Mapping[str, Json]) -> HealthVerdict:
    """With a partition only the pods from that ordinal on are updated."""
    if part(strategy, "rollingUpdate", "partition") is None:
        return _revision(body)
    wanted = desired - number(strategy, "rollingUpdate", "partition")
    updated = number(body, "status", "updatedReplicas")
    if updated < wanted:
        return progressing(f"Waiting for partitioned roll out to finish: {updated} of {wanted} new pods are updated")
    return healthy(f"partitioned roll out complete: {updated} new pods are updated")


def _revision(body: Mapping[str, Json]) -> HealthVerdict:
    update, current = text(body, "status", "updateRevision"), text(body, "status", "currentRevision")
    if update != current:
        updated = number(body, "status", "updatedReplicas")
        return progressing(f"Waiting for statefulset rolling update to complete: {updated} pods at revision {update}")
    return healthy(f"statefulset rolling update complete: {number(body, 'status', 'currentReplicas')} pods")
