"""Verdicts and their reasons, without a server (design.md 7.3, 7.4)."""

from __future__ import annotations

from copy import deepcopy

import pytest

from gitops.drift.normalise import LAST_APPLIED
from gitops.drift.removed import dropped_since, last_applied
from gitops.drift.strict import changes
from gitops.drift.verdict import Judgement, judge, judge_dry_run
from gitops.model.crds.spec import IgnoreDifference
from gitops.model.fingerprint import Verdict
from gitops.model.objects import JsonMap, Manifest, as_map
from gitops.model.observed import Absent, Found, LiveObject, Unknown
from gitops.model.paths import path_text

US = "argocd-controller"
WANTED: JsonMap = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "web", "image": "web:1"}]}}},
}
OWNED: JsonMap = {
    "f:spec": {
        "f:replicas": {},
        "f:template": {"f:spec": {"f:containers": {'k:{"name":"web"}': {".": {}, "f:name": {}, "f:image": {}}}}},
    }
}
IMAGE: JsonMap = {"f:spec": {"f:template": {"f:spec": {"f:containers": {'k:{"name":"web"}': {"f:image": {}}}}}}}
WITHOUT_IMAGE = deepcopy(OWNED)
del WITHOUT_IMAGE["f:spec"]["f:template"]["f:spec"]["f:containers"]['k:{"name":"web"}']["f:image"]  # type: ignore[index,call-overload,union-attr]  # plain JSON


def entry(manager: str, operation: str, fields: JsonMap, version: str = "apps/v1") -> JsonMap:
    return {
        "manager": manager,
        "operation": operation,
        "apiVersion": version,
        "time": "2026-01-01T00:00:00Z",
        "fieldsV1": fields,
    }


def there(*managed: JsonMap, image: str = "web:1", annotations: JsonMap | None = None, **spec: int) -> LiveObject:
    body = deepcopy(WANTED)
    as_map(body["metadata"]).update({"managedFields": [*managed], "uid": "u", "annotations": annotations or {}})
    as_map(body["spec"]).update(spec)
    as_map(body["spec"])["template"] = {"spec": {"containers": [{"name": "web", "image": image}]}}
    return LiveObject(Manifest(body))


def judged(live: LiveObject, *rules: IgnoreDifference, wanted: JsonMap | None = None) -> Judgement:
    return judge(Manifest(wanted or WANTED), Found(live), manager=US, ignore=rules)


def told(judgement: Judgement) -> tuple[str, list[str], bool]:
    return judgement.verdict.value, [path_text(p) for p in judgement.paths], judgement.needs_dry_run


CONTAINER = "spec.template.spec.containers[name=web]"
CLEAN = ("clean", [], False)


def test_what_could_not_be_asked_is_unknown_with_the_reason() -> None:
    for wanted in (Manifest(WANTED), None):
        assert judge(wanted, Unknown("timed out"), manager=US) == Judgement(Verdict.UNKNOWN, why="timed out")


def test_wanted_and_not_there_is_missing() -> None:
    assert judge(Manifest(WANTED), Absent(), manager=US).verdict is Verdict.MISSING
    assert judge(None, Absent(), manager=US).verdict is Verdict.CLEAN


def test_there_and_not_wanted_is_extra() -> None:
    assert judge(None, Found(there()), manager=US).verdict is Verdict.EXTRA


def test_as_applied_is_clean() -> None:
    assert told(judged(there(entry(US, "Apply", OWNED)))) == CLEAN


def test_a_change_by_someone_else_is_certain() -> None:
    live = there(entry(US, "Apply", WITHOUT_IMAGE), entry("kubectl-edit", "Update", IMAGE), image="web:2")
    judgement = judged(live)
    assert told(judgement) == ("drifted", [f"{CONTAINER}.image"], False)
    assert judgement.contested
    assert judgement.why == f"{CONTAINER}.image was changed by kubectl-edit (Update, 2026-01-01T00:00:00Z)"


def test_a_change_within_our_own_apply_is_admission_and_asked_about() -> None:
    live = there(entry(US, "Apply", WITHOUT_IMAGE), entry(US, "Update", IMAGE), image="mirror/web:1")
    judgement = judged(live)
    assert told(judgement) == ("drifted", [f"{CONTAINER}.image"], True)
    assert judgement.contested


def test_what_admission_changes_again_at_the_dry_run_does_not_count() -> None:
    managed = (entry(US, "Apply", WITHOUT_IMAGE), entry(US, "Update", IMAGE))
    live = there(*managed, image="mirror/web:1?nonce=1")
    answer = there(*managed, image="mirror/web:1?nonce=2")
    final = judge_dry_run(answer, live, manager=US, first=judged(live))
    assert told(final) == CLEAN
    assert final.contested


def test_what_the_dry_run_would_change_of_ours_is_drift() -> None:
    live = there(entry(US, "Apply", WITHOUT_IMAGE), entry(US, "Update", IMAGE), image="other")
    final = judge_dry_run(there(entry(US, "Apply", OWNED)), live, manager=US, first=judged(live))
    assert told(final) == ("drifted", [f"{CONTAINER}.image"], False)


def test_what_is_ignored_does_not_count_in_the_dry_run_either() -> None:
    rule = IgnoreDifference("apps", "Deployment", json_pointers=("/spec/replicas",), jq_path_expressions=(".x",))
    live = there(entry(US, "Apply", OWNED), replicas=7)
    first = judged(live, rule)
    assert told(first) == CLEAN
    assert first.ignored.unsupported == ("jqPathExpressions '.x'",)
    assert told(judge_dry_run(there(entry(US, "Apply", OWNED)), live, manager=US, first=first)) == CLEAN


def test_without_any_entry_a_changed_value_is_certain() -> None:
    assert told(judged(there(replicas=3))) == ("drifted", ["spec.replicas"], False)


def test_field_names_of_another_version_are_asked_about() -> None:
    assert told(judged(there(entry(US, "Apply", OWNED, "apps/v1beta1")))) == ("drifted", ["apiVersion"], True)


def test_a_field_that_became_null_in_git_is_asked_about() -> None:
    wanted = deepcopy(WANTED)
    as_map(wanted["spec"])["replicas"] = None
    assert told(judged(there(entry(US, "Apply", OWNED)), wanted=wanted)) == ("drifted", ["spec.replicas"], True)


def test_a_broken_last_applied_annotation_counts_as_none() -> None:
    assert told(judged(there(annotations={LAST_APPLIED: "{"}))) == CLEAN
    assert told(judged(there(annotations={LAST_APPLIED: "[1]"}))) == CLEAN


def test_the_reason_tells_no_value_of_a_secret() -> None:
    wanted: JsonMap = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s"},
        "stringData": {"password": "hunter2"},
    }
    live: JsonMap = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"password": "c2VjcmV0"}}
    judgement = judge(Manifest(wanted), Found(LiveObject(Manifest(live))), manager=US)
    assert judgement.why == "data.password differs"


APPLIED: JsonMap = {
    "spec": {"containers": [{"name": "a", "env": [{"name": "X", "value": "1"}, {"name": "Y"}]}], "args": ["a"]}
}


@pytest.mark.parametrize(
    ("desired", "live", "found"),
    [
        (APPLIED, APPLIED, []),
        ({"spec": {}}, APPLIED, ["spec.containers", "spec.args"]),
        ({"spec": {}}, {"spec": {}}, []),
        ({"spec": {"containers": [], "args": []}}, APPLIED, ["spec.containers[name=a]"]),
        ({"spec": {"containers": [{"name": "a"}], "args": []}}, APPLIED, ["spec.containers[name=a].env"]),
        ({"spec": {"containers": [{"name": "a", "env": [{"name": "Y"}]}], "args": []}}, APPLIED,
         ["spec.containers[name=a].env[name=X]"]),
        ({"spec": {"containers": [{"name": "a", "env": [{"name": "X"}, {"name": "Y"}]}], "args": []}}, APPLIED,
         ["spec.containers[name=a].env[name=X].value"]),
    ],
)  # fmt: skip
def test_what_left_git_since_the_last_client_side_apply(desired: JsonMap, live: JsonMap, found: list[str]) -> None:
    dropped = dropped_since(APPLIED, {"kind": "Pod", **desired}, live, lambda _: True)
    assert [path_text(f.path) for f in dropped] == found


def test_labels_and_annotations_take_part_and_nothing_else_of_metadata() -> None:
    applied: JsonMap = {"metadata": {"name": "x", "labels": {"a": "1"}, "annotations": {"b": "1"}}, "status": {"c": 1}}
    found = dropped_since(applied, {"metadata": {"labels": {}}}, applied, lambda _: True)
    assert [path_text(f.path) for f in found] == ["metadata.labels.a", "metadata.annotations"]
    assert last_applied({"metadata": {"annotations": {LAST_APPLIED: '{"a":1}'}}}) == {"a": 1}


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": True}, ["spec.a"]),
        ({"a": 1}, {}, ["spec.a"]),
        ({}, {"a": 1}, ["spec.a"]),
        ({"a": None}, {}, []),
        ({"env": [{"name": "A"}]}, {"env": [{"name": "A"}, {"name": "B"}]}, ["spec.env[name=B]"]),
        ({"env": [{"name": "A"}, {"name": "B"}]}, {"env": [{"name": "B"}, {"name": "A"}]}, ["spec.env"]),
        ({"args": ["a"]}, {"args": ["b"]}, ["spec.args[0]"]),
        ({"args": ["a"]}, {"args": ["a", "b"]}, ["spec.args"]),
    ],
)
def test_two_answers_are_compared_both_ways(before: JsonMap, after: JsonMap, found: list[str]) -> None:
    sides: list[JsonMap] = [
        {"kind": "Pod", "spec": side, "status": side, "metadata": {"resourceVersion": str(side)}}
        for side in (before, after)
    ]
    assert [path_text(p) for p in changes(sides[0], sides[1])] == found
