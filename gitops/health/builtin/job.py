"""Job: finished well."""

from __future__ import annotations

from collections.abc import Mapping

from gitops.health.reading import conditions, degraded, healthy, progressing, suspended
from gitops.model.health import HealthVerdict
from gitops.model.objects import Json


def job(body: Mapping[str, Json]) -> HealthVerdict:
    """By its conditions; the status of Complete and Failed is not looked at, as in Argo CD."""
    message, failed, done, held = "", False, False, False
    for found in conditions(body):
        match found.type:
            case "Failed":
                failed, done, message = True, True, found.message
            case "Suspended":
                done = True
                held = found.status == "True"
                message = found.message if held else message
            case "Complete":
                done, message = True, found.message
    if not done:
        return progressing(message)
    if failed:
        return degraded(message)
    return suspended(message) if held else healthy(message)
