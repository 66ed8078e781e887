"""Health of an Application (argo-cd.md 4.3)."""

from __future__ import annotations

import pytest

from gitops.health.rollup import app_health
from gitops.model.comparison import ObjectResult
from gitops.model.fingerprint import Verdict
from gitops.model.health import Health, HealthVerdict
from gitops.model.objects import AppRef, ObjectKey

SHOP = AppRef("argocd", "shop")


def web(health: Health | None, name: str = "web", *, hook: bool = False) -> ObjectResult:
    return _result(ObjectKey("apps", "Deployment", "shop", name), health, hook=hook)


def config() -> ObjectResult:
    return _result(ObjectKey("", "ConfigMap", "shop", "settings"), None)


def child(health: Health, name: str = "child") -> ObjectResult:
    return _result(ObjectKey("argoproj.io", "Application", "argocd", name), health)


def _result(key: ObjectKey, health: Health | None, *, hook: bool = False) -> ObjectResult:
    verdict = Verdict.MISSING if health is Health.MISSING else Verdict.CLEAN
    return ObjectResult(key, "v1", verdict, HealthVerdict(health) if health else None, hook=hook)


@pytest.mark.parametrize(
    ("results", "health"),
    [
        ([], Health.HEALTHY),
        ([config()], Health.HEALTHY),
        ([web(Health.HEALTHY)], Health.HEALTHY),
        ([web(Health.HEALTHY), web(Health.SUSPENDED)], Health.SUSPENDED),
        ([web(Health.SUSPENDED), web(Health.PROGRESSING)], Health.PROGRESSING),
        ([web(Health.PROGRESSING), web(Health.DEGRADED)], Health.DEGRADED),
        ([web(Health.DEGRADED), web(Health.UNKNOWN)], Health.UNKNOWN),
        ([web(Health.MISSING)], Health.MISSING),
        ([web(Health.MISSING), web(Health.MISSING)], Health.MISSING),
        ([web(Health.MISSING), web(Health.HEALTHY)], Health.HEALTHY),
        ([web(Health.MISSING), web(Health.PROGRESSING)], Health.PROGRESSING),
        ([web(Health.MISSING), config()], Health.HEALTHY),
        ([web(Health.DEGRADED, hook=True)], Health.HEALTHY),
        ([web(Health.DEGRADED, hook=True), web(Health.MISSING)], Health.MISSING),
        ([child(Health.DEGRADED)], Health.DEGRADED),
        ([child(Health.UNKNOWN)], Health.HEALTHY),
        ([child(Health.DEGRADED, "shop")], Health.HEALTHY),
        ([child(Health.UNKNOWN), web(Health.PROGRESSING)], Health.PROGRESSING),
    ],
)
def test_the_app_is_as_its_worst_object(results: list[ObjectResult], health: Health) -> None:
    assert app_health(results, SHOP).status is health


def test_the_message_names_at_most_three_objects() -> None:
    two = [web(Health.DEGRADED, "a"), web(Health.HEALTHY, "b"), web(Health.DEGRADED, "c")]
    assert app_health(two, SHOP).message == "Caused by apps/Deployment:shop/a, apps/Deployment:shop/c"
    five = [web(Health.DEGRADED, name) for name in "abcde"]
    assert app_health(five, SHOP).message.endswith("apps/Deployment:shop/c and 2 more")


def test_a_healthy_app_blames_nobody() -> None:
    assert app_health([web(Health.HEALTHY)], SHOP) == HealthVerdict(Health.HEALTHY)
