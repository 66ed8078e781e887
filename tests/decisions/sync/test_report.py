"""What a look leaves in the status, said in the conditions."""

from __future__ import annotations

from gitops.model.comparison import Comparison, ObjectResult
from gitops.model.crds.application import Source
from gitops.model.fingerprint import Verdict
from gitops.model.health import Health, HealthVerdict
from gitops.model.objects import ObjectKey
from gitops.sync.report import Look, after_look
from tests.decisions.sync.samples import NOW, REVISION, app


def result(name: str, verdict: Verdict, why: str = "") -> ObjectResult:
    return ObjectResult(ObjectKey("", "ConfigMap", "web", name), "v1", verdict, why=why)


def conditions(*results: ObjectResult, **found: str) -> dict[str, str]:
    health = HealthVerdict(Health.HEALTHY, "")
    look = Look(Comparison(results), health, REVISION, Source(repo_url="https://git.example/apps.git"), found)
    after = after_look(app(), look, NOW, asked=False, control_namespace="argocd")
    return {c.type: c.message for c in after.status.conditions}


def test_an_object_that_could_not_be_read_is_named_with_its_reason() -> None:
    found = conditions(
        result("a", Verdict.CLEAN),
        result("b", Verdict.UNKNOWN, "https://c cannot be reached"),
        result("c", Verdict.UNKNOWN, "https://c cannot be reached"),
    )
    assert found["ComparisonError"].startswith(
        "2 of 3 objects could not be read, first ConfigMap web/b: https://c cannot be reached"
    )


def test_drift_is_no_error() -> None:
    assert conditions(result("a", Verdict.DRIFTED), result("b", Verdict.MISSING)) == {}


def test_an_error_that_is_known_already_is_not_overwritten() -> None:
    assert conditions(result("a", Verdict.UNKNOWN), ComparisonError="no render") == {"ComparisonError": "no render"}
