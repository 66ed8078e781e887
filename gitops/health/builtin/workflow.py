"""Workflow of Argo Workflows: by its phase."""

from __future__ import annotations

from collections.abc import Mapping

from gitops.health.reading import text
from gitops.model.health import Health, HealthVerdict
from gitops.model.objects import Json

_PHASES = {
    "": Health.PROGRESSING,
    "Pending": Health.PROGRESSING,
    "Running": Health.PROGRESSING,
    "Succeeded": Health.HEALTHY,
    "Failed": Health.DEGRADED,
    "Error": Health.DEGRADED,
}


def workflow(body: Mapping[str, Json]) -> HealthVerdict:
    """A phase of no name is Unknown."""
    return HealthVerdict(_PHASES.get(text(body, "status", "phase"), Health.UNKNOWN), text(body, "status", "message"))
