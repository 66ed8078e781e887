"""CronJob: its last run ended well (Argo CD's shipped script, argo-cd.md 4.2)."""

from __future__ import annotations

from collections.abc import Mapping

from gitops.health.reading import degraded, healthy, items, part, progressing, section, text
from gitops.model.health import HealthVerdict
from gitops.model.objects import Json


def cron_job(body: Mapping[str, Json]) -> HealthVerdict:
    """A suspended one is Healthy on purpose; one that never ran has nothing to be blamed for."""
    if part(body, "spec", "suspend") is True:
        return healthy("CronJob is suspended")
    if not section(body, "status"):
        return progressing("Waiting for the first status")
    scheduled, succeeded = text(body, "status", "lastScheduleTime"), text(body, "status", "lastSuccessfulTime")
    if items(body, "status", "active"):
        return healthy("running")
    if scheduled and succeeded < scheduled:  # RFC 3339 in UTC: text order is time order
        return degraded(f"the run of {scheduled} has not ended well")
    return healthy()
