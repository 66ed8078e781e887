"""The merge patch of two readings."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gitops.adapters.kube.merge_patch import difference
from gitops.model.objects import Json, JsonMap

LEAVES = st.booleans() | st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2)
OBJECTS = st.recursive(
    st.dictionaries(st.text(max_size=2), LEAVES, max_size=3),
    lambda inner: st.dictionaries(st.text(max_size=2), LEAVES | inner, max_size=3),
    max_leaves=8,
)


def applied(to: Json, patch: JsonMap) -> JsonMap:
    """RFC 7386, as the API server does it."""
    result = dict(to) if isinstance(to, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = applied(result.get(key), value) if isinstance(value, dict) else value
    return result


@given(before=OBJECTS, after=OBJECTS)
def test_the_difference_makes_the_one_of_the_other(before: JsonMap, after: JsonMap) -> None:
    assert applied(before, difference(before, after)) == after


@given(same=OBJECTS)
def test_equal_objects_differ_in_nothing(same: JsonMap) -> None:
    assert difference(same, same) == {}


def test_only_what_changed_is_in_the_patch() -> None:
    before: JsonMap = {"status": {"a": 1, "b": [1]}, "operation": {"x": 1}, "spec": {"c": 1}}
    after: JsonMap = {"status": {"a": 2, "b": [1]}, "spec": {"c": 1}}
    assert difference(before, after) == {"status": {"a": 2}, "operation": None}
