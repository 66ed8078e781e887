"""APIService: its server answers."""

from __future__ import annotations

from collections.abc import Mapping

from gitops.health.reading import conditions, healthy, progressing
from gitops.model.health import HealthVerdict
from gitops.model.objects import Json


def api_service(body: Mapping[str, Json]) -> HealthVerdict:
    """By its condition Available."""
    for found in conditions(body):
        if found.type == "Available":
            message = f"{found.reason}: {found.message}"
            return healthy(message) if found.status == "True" else progressing(message)
    return progressing("Waiting to be processed")
