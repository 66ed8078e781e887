"""Service (the bare word is no module name here): one of type LoadBalancer has an address, all others are well."""

from __future__ import annotations

from collections.abc import Mapping

from gitops.health.reading import healthy, items, progressing, text
from gitops.model.health import HealthVerdict
from gitops.model.objects import Json


def service(body: Mapping[str, Json]) -> HealthVerdict:
    """Endpoints are not looked at."""
    waits = text(body, "spec", "type") == "LoadBalancer" and not items(body, "status", "loadBalancer", "ingress")
    return progressing("Waiting for a load balancer") if waits else healthy()
