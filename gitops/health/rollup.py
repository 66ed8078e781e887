"""Health of an Application from its directly managed objects, with the objects to blame (argo-cd.md 4.3)."""

from __future__ import annotations

from collections.abc import Iterable

from gitops.model.comparison import ObjectResult
from gitops.model.fingerprint import Verdict
from gitops.model.health import Health, HealthVerdict
from gitops.model.objects import AppRef

IGNORE_HEALTH = "argocd.argoproj.io/ignore-healthcheck"
"""Annotation: `true` leaves the object out of the Application's health; the caller gives such objects no health."""

_NAMED = 3


def app_health(results: Iterable[ObjectResult], app: AppRef) -> HealthVerdict:
    """The worst of the objects; Healthy when there are none.

    Left out: hooks, the app itself, objects without health, child Applications that are Missing or Unknown, and missing
    objects unless all are missing; any object that is there, also one without health, keeps an app from being Missing.
    """
    known = [r for r in results if not r.hook]
    anything_there = any(r.verdict is not Verdict.MISSING for r in known)
    counted = [r for r in known if _counts(r, app)]
    considered = [r for r in counted if not anything_there or _status(r) is not Health.MISSING]
    worst = max((_status(r) for r in considered), key=lambda h: h.badness, default=Health.HEALTHY)
    if worst is Health.HEALTHY:
        return HealthVerdict(Health.HEALTHY)
    blamed = [str(r.key) for r in considered if _status(r) is worst]
    more = f" and {len(blamed) - _NAMED} more" if len(blamed) > _NAMED else ""
    return HealthVerdict(worst, f"Caused by {', '.join(blamed[:_NAMED])}{more}")


def _status(result: ObjectResult) -> Health:
    return result.health.status if result.health else Health.HEALTHY


def _counts(result: ObjectResult, app: AppRef) -> bool:
    if result.health is None:
        return False
    if (result.key.group, result.key.kind) != ("argoproj.io", "Application"):
        return True
    itself = (result.key.namespace, result.key.name) == (app.namespace, app.name)
    return not itself and result.health.status not in (Health.MISSING, Health.UNKNOWN)
