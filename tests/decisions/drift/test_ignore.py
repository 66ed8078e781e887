"""ignoreDifferences (argo-cd.md 3.3)."""

from __future__ import annotations

from copy import deepcopy

import pytest

from gitops.drift.fields import difference
from gitops.drift.ignore import Ignored, ignored, without
from gitops.model.crds.spec import IgnoreDifference
from gitops.model.objects import JsonMap, Manifest, ObjectKey

WEB = ObjectKey("apps", "Deployment", "shop", "web")
CONFIG = ObjectKey("", "ConfigMap", "shop", "settings")
REPLICAS = ("/spec/replicas",)


@pytest.mark.parametrize(
    ("rule", "key", "applies"),
    [
        (IgnoreDifference("apps", "Deployment", json_pointers=REPLICAS), WEB, True),
        (IgnoreDifference("*", "*", json_pointers=REPLICAS), WEB, True),
        (IgnoreDifference("*", "*", json_pointers=REPLICAS), CONFIG, True),
        (IgnoreDifference("ap?s", "Dep*", json_pointers=REPLICAS), WEB, True),
        (IgnoreDifference("", "Deployment", json_pointers=REPLICAS), WEB, False),
        (IgnoreDifference("", "ConfigMap", json_pointers=REPLICAS), CONFIG, True),
        (IgnoreDifference("apps", "deployment", json_pointers=REPLICAS), WEB, False),
        (IgnoreDifference("apps", "Deployment", "web", json_pointers=REPLICAS), WEB, True),
        (IgnoreDifference("apps", "Deployment", "w*", json_pointers=REPLICAS), WEB, False),
        (IgnoreDifference("apps", "Deployment", "web", "shop", REPLICAS), WEB, True),
        (IgnoreDifference("apps", "Deployment", "", "other", REPLICAS), WEB, False),
    ],
)
def test_a_rule_applies_by_group_kind_name_and_namespace(rule: IgnoreDifference, key: ObjectKey, applies: bool) -> None:
    assert ignored([rule], key) == Ignored((("spec", "replicas"),) if applies else ())


def test_unsupported_rules_are_told() -> None:
    rule = IgnoreDifference(
        "apps", "*", jq_path_expressions=(".spec.x",), managed_fields_managers=("kcm",), json_pointers=("spec/x",)
    )
    assert ignored([rule, rule], WEB).unsupported == (
        "jqPathExpressions '.spec.x'",
        "managedFieldsManagers 'kcm'",
        "jsonPointers 'spec/x' (must begin with a slash)",
    )
    assert ignored([rule], CONFIG).unsupported == ()


BODY: JsonMap = {
    "spec": {"replicas": 1, "list": [{"a": 1, "b": 2}, "x", "y"]},
    "metadata": {"annotations": {"a/b": "1", "c~d": "2", "": "3"}},
}


@pytest.mark.parametrize(
    ("pointer", "left"),
    [
        ("/spec/replicas", {**BODY, "spec": {"list": BODY["spec"]["list"]}}),  # type: ignore[call-overload,index]  # plain JSON
        ("/spec", {"metadata": BODY["metadata"]}),
        ("/metadata/annotations/a~1b", {**BODY, "metadata": {"annotations": {"c~d": "2", "": "3"}}}),
        ("/metadata/annotations/c~0d", {**BODY, "metadata": {"annotations": {"a/b": "1", "": "3"}}}),
        ("/metadata/annotations/", {**BODY, "metadata": {"annotations": {"a/b": "1", "c~d": "2"}}}),
        ("/spec/list/1", {**BODY, "spec": {"replicas": 1, "list": [{"a": 1, "b": 2}, "y"]}}),
        ("/spec/list/0/a", {**BODY, "spec": {"replicas": 1, "list": [{"b": 2}, "x", "y"]}}),
        ("/spec/list/9", BODY),
        ("/spec/list/-", BODY),
        ("/spec/nothing/there", BODY),
        ("/spec/replicas/deeper", BODY),
        ("/", BODY),
    ],
)
def test_a_pointer_takes_away_what_it_names(pointer: str, left: JsonMap) -> None:
    before = deepcopy(BODY)
    rule = IgnoreDifference("apps", "Deployment", json_pointers=(pointer,))
    assert without(BODY, ignored([rule], WEB)) == left
    assert before == BODY


def test_an_ignored_field_is_no_difference() -> None:
    desired, live = (
        Manifest({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": n, "paused": True}})
        for n in (1, 2)
    )
    rule = IgnoreDifference("apps", "Deployment", json_pointers=REPLICAS)
    assert difference(desired, live) == (("spec", "replicas"),)
    assert difference(desired, live, [rule]) == ()
