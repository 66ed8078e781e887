"""Ingress: a load balancer took it."""

from __future__ import annotations

from collections.abc import Mapping

from gitops.health.reading import healthy, items, progressing
from gitops.model.health import HealthVerdict
from gitops.model.objects import Json


def ingress(body: Mapping[str, Json]) -> HealthVerdict:
    """Healthy when the load balancer's list has any entry, with or without an address."""
    if items(body, "status", "loadBalancer", "ingress"):
        return healthy()
    return progressing("Waiting for a load balancer")
