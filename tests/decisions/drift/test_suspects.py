"""Which objects are read again (design.md 7.6)."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

import pytest

from gitops.drift.exclusions import excluded
from gitops.drift.suspects import suspects, suspicious
from gitops.health.object import has_rule
from gitops.model.fingerprint import GONE, Fingerprint, Verdict, doubt_of
from gitops.model.health import Health
from gitops.model.objects import GroupKind, ObjectKey
from gitops.model.observed import Row

CONFIG = ObjectKey("", "ConfigMap", "shop", "settings")
WEB = ObjectKey("apps", "Deployment", "shop", "web")
MARK = "shop:/ConfigMap:shop/settings"
ROW = Row(CONFIG, "u1", "10", 1, "entry", MARK, deleting=False)
PRINT = Fingerprint("u1", "entry", 1, "10", "digest", Verdict.CLEAN, None)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, ""),
        ({"resource_version": "11"}, ""),
        ({"resource_version": "11", "entry": "other"}, "fields we set were changed"),
        ({"resource_version": "11", "generation": 2}, "changed since the last look"),
        ({"resource_version": "11", "uid": "u2"}, "created again"),
        ({"deleting": True}, "being deleted"),
    ],
)
def test_a_row_is_suspect_when_what_the_fingerprint_rests_on_changed(change: dict[str, str], why: str) -> None:
    row = replace(ROW, **change)  # type: ignore[arg-type]  # field names come from the table
    assert suspicious(PRINT, row, has_rule=False) == why
    expected = {CONFIG: doubt_of(row)} if why else {}
    assert suspects({CONFIG: PRINT}, [row], has_rule=has_rule) == expected


def test_status_changes_matter_where_there_is_a_health_rule() -> None:
    row = replace(ROW, key=WEB, resource_version="11")
    assert suspicious(PRINT, row, has_rule=True) == "changed since the last look"
    assert suspects({WEB: PRINT}, [row], has_rule=has_rule) == {WEB: doubt_of(row)}


def test_an_object_never_seen_is_a_suspect() -> None:
    assert suspects({}, [ROW], has_rule=has_rule) == {CONFIG: doubt_of(ROW)}
    assert suspicious(None, ROW, has_rule=False) == "not seen before"


def test_an_object_that_is_not_listed_is_gone() -> None:
    assert suspects({CONFIG: PRINT}, [], has_rule=has_rule) == {CONFIG: GONE}


def test_what_was_missing_and_still_is_raises_no_doubt() -> None:
    missing = Fingerprint("", "", 0, "", "digest", Verdict.MISSING, Health.MISSING)
    assert suspects({CONFIG: missing}, [], has_rule=has_rule) == {}
    assert suspects({CONFIG: missing}, [ROW], has_rule=has_rule) == {CONFIG: doubt_of(ROW)}
    assert suspicious(missing, ROW, has_rule=False) == "created"


def test_a_kind_that_could_not_be_listed_says_nothing_about_its_objects() -> None:
    prints = {CONFIG: PRINT, WEB: PRINT}
    found = suspects(prints, [], has_rule=has_rule, listed=lambda kind: kind.kind == "ConfigMap")
    assert found == {CONFIG: GONE}


def test_a_thousand_quiet_rows_cost_milliseconds() -> None:
    keys = [ObjectKey("", "ConfigMap", "shop", f"settings-{n}") for n in range(1000)]
    rows = [replace(ROW, key=key) for key in keys]
    prints = dict.fromkeys([replace(key) for key in keys], PRINT)
    best = 1.0
    for _ in range(20):
        started = perf_counter()
        assert suspects(prints, rows, has_rule=has_rule) == {}
        best = min(best, perf_counter() - started)
    assert best < 0.03, f"{best * 1000:.2f} ms; 3 ms on a quiet machine"


@pytest.mark.parametrize(
    ("kind", "left_out"),
    [
        (GroupKind("events.k8s.io", "Event"), True),
        (GroupKind("metrics.k8s.io", "PodMetrics"), True),
        (GroupKind("", "Event"), True),
        (GroupKind("coordination.k8s.io", "Lease"), True),
        (GroupKind("coordination.k8s.io", "LeaseCandidate"), False),
        (GroupKind("", "ConfigMap"), False),
        (GroupKind("example.com", "Event"), False),
    ],
)
def test_restless_kinds_are_always_left_out(kind: GroupKind, left_out: bool) -> None:
    assert excluded(kind) is left_out
