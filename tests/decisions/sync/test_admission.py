"""Automated sync and self-heal: the rules of argo-cd.md 2.8, in order."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gitops.model.comparison import Comparison, ObjectResult
from gitops.model.config import Params
from gitops.model.crds.application import Application
from gitops.model.fingerprint import Verdict
from gitops.model.objects import JsonMap, ObjectKey
from gitops.sync.admission import Later, Start, Stay, admit, heal_pause
from tests.decisions.sync.samples import NOW, REVISION, app, ended

AUTO: JsonMap = {"automated": {}}
HEAL: JsonMap = {"automated": {"selfHeal": True}}
PRUNE: JsonMap = {"automated": {"prune": True}}


def compared(*verdicts: Verdict) -> Comparison:
    return Comparison(
        tuple(
            ObjectResult(ObjectKey("", "ConfigMap", "web", f"c{n}"), "v1", v, requires_pruning=v is Verdict.EXTRA)
            for n, v in enumerate(verdicts)
        )
    )


def decide(current: Application, comparison: Comparison, revision: str = REVISION) -> Start | Later | Stay:
    return admit(current, comparison, revision, current.spec.effective_sources[0], Params(), NOW)


@pytest.mark.parametrize(
    ("current", "verdicts"),
    [
        (app(), [Verdict.MISSING]),
        (app({"automated": {"enabled": False}}), [Verdict.MISSING]),
        (app(AUTO), [Verdict.CLEAN]),
        (app(AUTO), [Verdict.MISSING, Verdict.UNKNOWN]),
        (app(AUTO), [Verdict.CLEAN, Verdict.EXTRA]),
        (app(AUTO, operation={"sync": {}}), [Verdict.MISSING]),
        (app(AUTO, state=ended()), [Verdict.DRIFTED]),
    ],
    ids=["manual", "switched off", "synced", "unknown", "only pruning left", "operation asked", "no self-heal"],
)
def test_nothing_starts_by_itself(current: Application, verdicts: list[Verdict]) -> None:
    assert isinstance(decide(current, compared(*verdicts)), Stay)


def test_a_new_revision_starts_a_full_sync_with_five_retries() -> None:
    decision = decide(app(AUTO, state=ended()), compared(Verdict.DRIFTED), revision="b" * 40)
    assert isinstance(decision, Start)
    assert decision.operation.sync is not None
    assert (decision.operation.sync.revision, decision.operation.sync.resources) == ("b" * 40, ())
    assert decision.operation.retry.limit == 5
    assert decision.operation.initiated_by.automated


def test_a_failed_revision_is_not_tried_again_and_says_so() -> None:
    decision = decide(app(HEAL, state=ended("Failed")), compared(Verdict.DRIFTED))
    assert isinstance(decision, Stay)
    assert decision.error == f"Failed last sync attempt to {REVISION}: it went so"


def test_self_heal_syncs_only_what_drifted_and_counts_its_attempts() -> None:
    decision = decide(app(HEAL, state=ended(attempts=1)), compared(Verdict.CLEAN, Verdict.DRIFTED))
    assert isinstance(decision, Start)
    assert decision.operation.sync is not None
    assert [r.name for r in decision.operation.sync.resources] == ["c1"]
    assert decision.operation.sync.auto_heal_attempts_count == 2


def test_self_heal_waits_longer_after_each_attempt() -> None:
    just_now = ended(attempts=2, finished="2026-11-23T11:59:58Z")
    decision = decide(app(HEAL, state=just_now), compared(Verdict.DRIFTED))
    assert isinstance(decision, Later)
    assert decision.wait == timedelta(seconds=16)
    assert [heal_pause(n, Params()).total_seconds() for n in range(6)] == [2, 6, 18, 54, 162, 300]


@pytest.mark.parametrize("state", [None, ended(), ended(attempts=1)])
def test_an_automated_sync_never_wipes_an_app_out(state: JsonMap | None) -> None:
    policy: JsonMap = {"automated": {"prune": True, "selfHeal": True}}
    decision = decide(app(policy, state=state), compared(Verdict.EXTRA, Verdict.EXTRA))
    assert isinstance(decision, Stay)
    assert "auto-sync will wipe out all resources" in decision.error


def test_allow_empty_permits_to_remove_everything() -> None:
    policy: JsonMap = {"automated": {"prune": True, "allowEmpty": True}}
    assert isinstance(decide(app(policy), compared(Verdict.EXTRA)), Start)


def test_prune_is_asked_for_only_when_the_policy_says_so() -> None:
    for policy, prune in ((PRUNE, True), (AUTO, False)):
        decision = decide(app(policy), compared(Verdict.MISSING, Verdict.EXTRA))
        assert isinstance(decision, Start)
        assert decision.operation.sync is not None
        assert decision.operation.sync.prune is prune
