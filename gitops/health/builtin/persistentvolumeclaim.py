"""PersistentVolumeClaim: bound to a volume."""

from __future__ import annotations

from collections.abc import Mapping

from gitops.health.reading import text
from gitops.model.health import Health, HealthVerdict
from gitops.model.objects import Json

_PHASES = {"Bound": Health.HEALTHY, "Pending": Health.PROGRESSING, "Lost": Health.DEGRADED}


def persistent_volume_claim(body: Mapping[str, Json]) -> HealthVerdict:
    """By its phase; a phase of no name is Unknown."""
    phase = text(body, "status", "phase")
    return HealthVerdict(_PHASES.get(phase, Health.UNKNOWN), f"phase {phase}" if phase != "Bound" else "")
