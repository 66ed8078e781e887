"""What holds for every comparison (argo-cd.md 3.2)."""

from __future__ import annotations

from copy import deepcopy

from hypothesis import given
from hypothesis import strategies as st

from gitops.drift.fields import difference
from gitops.model.objects import Json, Manifest
from tests.decisions.drift.written import seen, spec_seen, thing


def test_status_is_never_compared() -> None:
    assert seen(thing("v1/Pod", status={"phase": "Running"}), thing("v1/Pod", status={"phase": "Failed"})) == []


def test_another_version_is_for_the_server_to_judge() -> None:
    desired, live = (
        thing("autoscaling/v2/HorizontalPodAutoscaler", spec={"maxReplicas": 1}),
        thing("x/HorizontalPodAutoscaler"),
    )
    assert seen(desired, live | {"apiVersion": "autoscaling/v1", "spec": {"maxReplicas": 2}}) == [
        "spec.maxReplicas?",
        "apiVersion~",
    ]


def test_empty_values_that_live_lacks_are_no_difference() -> None:
    desired = Manifest(thing("v1/Pod", spec={"affinity": {}, "hostNetwork": True}))
    assert difference(desired, Manifest(thing("v1/Pod", spec={"hostNetwork": True}))) == ()


def test_the_spec_is_told_before_the_metadata() -> None:
    desired = thing("v1/Pod", metadata={"labels": {"a": "1"}}, spec={"nodeName": "x"})
    assert seen(desired, thing("v1/Pod", metadata={"labels": {"a": "2"}}, spec={"nodeName": "y"})) == [
        "spec.nodeName",
        "metadata.labels.a",
    ]


SCALAR = st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "a", "1", "1000m"])
NAME = st.sampled_from(["a", "b", "name", "limits", "env", "value", "ports", "labels"])
VALUE = st.recursive(SCALAR, lambda v: st.lists(v, max_size=3) | st.dictionaries(NAME, v, max_size=4), max_leaves=20)
KIND = st.sampled_from(["v1/Pod", "apps/v1/Deployment", "example.com/v1/Widget"])


def grown(value: Json) -> Json:
    """The value with one more key in every map that is not keyed by the user."""
    if isinstance(value, dict):
        return {**{k: grown(v) for k, v in value.items()}, "filled-in": "default"}
    return [grown(v) for v in value] if isinstance(value, list) else value


@given(KIND, VALUE)
def test_an_object_does_not_differ_from_itself(kind: str, value: Json) -> None:
    body = thing(kind, spec=value)
    assert seen(body, deepcopy(body)) == []


@given(KIND, VALUE)
def test_what_the_server_fills_in_is_no_difference(kind: str, value: Json) -> None:
    assert seen(thing(kind, spec=value), thing(kind, spec=grown(value))) == []


@given(KIND, VALUE, VALUE)
def test_comparing_changes_neither_side(kind: str, one: Json, other: Json) -> None:
    desired, live = thing(kind, spec=one), thing(kind, spec=other)
    before = deepcopy((desired, live))
    seen(desired, live)
    assert (desired, live) == before


@given(st.integers(-5, 5), st.integers(-5, 5), VALUE)
def test_a_changed_number_is_always_found(one: int, other: int, beside: Json) -> None:
    found = spec_seen("v1/Pod", {"x": {"replicas": one, "y": beside}}, {"x": {"replicas": other, "y": beside}})
    assert bool(found) is (one != other)
