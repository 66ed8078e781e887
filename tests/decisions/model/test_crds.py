"""Custom resources survive reading and writing, and say which field is wrong (argo-cd.md 0.1, 1, 7, 18.1; AC-001)."""

from __future__ import annotations

import types
from datetime import UTC, datetime
from typing import Union, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops.errors import InvalidError
from gitops.model.crds.application import Application, ApplicationStatus, Automated, Source, SyncPolicy
from gitops.model.crds.appset import ApplicationSet
from gitops.model.crds.codec import Entry, Part, plan_of
from gitops.model.crds.project import AppProject
from gitops.model.crds.readers import FreeJson, FreeMap
from gitops.model.objects import AppRef, Json, JsonMap, as_map
from tests.decisions.model import crd_examples as examples

TEXT = st.text(alphabet="ab-/$ é", max_size=4)
FREE = st.recursive(st.none() | st.booleans() | TEXT, lambda inner: st.lists(inner, max_size=2), max_leaves=4)
SCALARS: dict[object, st.SearchStrategy[Json]] = {
    str: TEXT,
    int: st.integers(-2, 2),
    bool: st.booleans(),
    datetime: st.sampled_from(["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.25Z", "2026-01-31T13:00:00+01:00"]),
    FreeJson: FREE,
    FreeMap: st.dictionaries(TEXT, FREE, max_size=2),
}


def json_of(hint: object) -> st.SearchStrategy[Json]:
    """Any JSON that a field of this type may hold."""
    args = get_args(hint)
    if get_origin(hint) in (Union, types.UnionType):
        return st.one_of([st.none() if arg is type(None) else json_of(arg) for arg in args])
    if get_origin(hint) is tuple:
        return st.lists(json_of(args[0]), max_size=2)
    if get_origin(hint) is dict:
        return st.dictionaries(TEXT, json_of(args[1]), max_size=2)
    if isinstance(hint, type) and issubclass(hint, Part):
        return part(hint)
    return SCALARS[hint]


def part(cls: type[Part]) -> st.SearchStrategy[Json]:
    """Any JSON of a class: required fields, some of the others, and one that we do not know."""

    def of(entries: list[Entry]) -> dict[str, st.SearchStrategy[Json]]:
        return {e.json: st.deferred(lambda e=e: json_of(e.type)) for e in entries}

    entries = list(plan_of(cls).fields.values())
    needed, free = [e for e in entries if e.required], [e for e in entries if not e.required]
    return st.fixed_dictionaries(of(needed), optional={**of(free), "fieldOfTheFuture": FREE})


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (Application, examples.application()),
        (Application, examples.new_application()),
        (Source, examples.tools_source()),
        (AppProject, examples.project()),
        (ApplicationSet, examples.application_set()),
    ],
)
def test_an_exported_object_is_written_back_as_it_was(kind: type[Part], written: JsonMap) -> None:
    assert kind.parse(written).dump() == written


@pytest.mark.parametrize("kind", [Application, AppProject, ApplicationSet])
def test_whatever_the_api_server_returns_is_written_back_as_it_was(kind: type[Part]) -> None:
    @given(part(kind))
    def holds(written: Json) -> None:
        assert kind.parse(written).dump() == written

    holds()


def test_every_tool_field_is_known() -> None:
    source = Source.parse(examples.tools_source())
    assert source.helm and source.kustomize and source.directory and source.plugin
    blocks = [
        source,
        source.helm,
        source.kustomize,
        source.kustomize.patches[0],
        source.directory.jsonnet,
        source.plugin,
    ]
    assert [block.unknown for block in blocks] == [{}] * len(blocks)
    assert source.kustomize.replicas[1].count == "2"
    assert source.plugin.parameters[1].array == ()
    assert source.plugin.parameters[0].array is None


def test_unknown_fields_are_kept_at_every_level() -> None:
    written = examples.application()
    as_map(written["spec"])["new"] = {"a": None}
    as_map(as_map(written["spec"])["source"])["new"] = [1]
    read = Application.parse(written)
    assert read.spec.unknown == {"new": {"a": None}}
    assert read.dump() == written


def test_false_that_was_written_stays_written_and_false_that_was_not_stays_away() -> None:
    assert SyncPolicy.parse({"automated": {"prune": False}}).dump() == {"automated": {"prune": False}}
    assert SyncPolicy.parse({"automated": {}}).dump() == {"automated": {}}
    assert SyncPolicy(automated=Automated()).dump() == {"automated": {}}


def test_how_a_value_was_written_does_not_count_in_comparisons() -> None:
    assert SyncPolicy.parse({"automated": {"prune": False}}) == SyncPolicy.parse({"automated": {}})


def test_a_changed_value_is_written_in_place_of_the_old_spelling() -> None:
    read = Automated.parse({"prune": False, "enabled": None})
    assert Automated(prune=True, enabled=False, written=read.written).dump() == {"prune": True, "enabled": False}


def test_a_new_application_carries_the_required_fields_only() -> None:
    assert Application().dump() == {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {},
        "spec": {"destination": {}, "project": ""},
    }


def test_an_empty_namespace_white_list_is_not_an_absent_one() -> None:
    assert AppProject.parse(examples.project()).spec.namespace_resource_whitelist == ()
    assert AppProject().spec.namespace_resource_whitelist is None


def test_times_are_utc_instants() -> None:
    status = ApplicationStatus.parse({"reconciledAt": "2026-01-31T13:00:00+01:00"})
    assert status.reconciled_at == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert ApplicationStatus(reconciled_at=status.reconciled_at).dump() == {"reconciledAt": "2026-01-31T12:00:00Z"}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"syncPolicy": {"retry": {"limit": "x"}}}, 'spec.syncPolicy.retry.limit: "x" is not an integer'),
        ({"syncPolicy": {"retry": {"limit": True}}}, "spec.syncPolicy.retry.limit: True is not an integer"),
        ({"syncPolicy": {"automated": {"prune": "yes"}}}, 'automated.prune: "yes" is not true or false'),
        ({"sources": [{}, {"path": 3}]}, "spec.sources[1].path: 3 is not text"),
        ({"sources": {}}, "spec.sources: {} is not a list"),
        ({"destination": "in-cluster"}, 'spec.destination: "in-cluster" is not an object'),
        ({"source": {"helm": {"valuesObject": "a: 1"}}}, 'spec.source.helm.valuesObject: "a: 1" is not an object'),
        ({"source": {"kustomize": {"commonLabels": {"a": 1}}}}, "kustomize.commonLabels.a: 1 is not text"),
        ({"source": {"kustomize": {"replicas": [{"count": 1.5}]}}}, "replicas[0].count: 1.5 is not an integer or text"),
    ],
)
def test_a_wrong_type_is_named_with_its_path_and_value(spec: JsonMap, message: str) -> None:
    with pytest.raises(InvalidError) as caught:
        Application.parse({"metadata": {}, "spec": spec})
    assert message in str(caught.value)


@pytest.mark.parametrize("time", ["yesterday", "2026-01-31T12:00:00", 5])
def test_a_time_needs_its_zone(time: Json) -> None:
    with pytest.raises(InvalidError, match=r"reconciledAt.*is not a time like"):
        ApplicationStatus.parse({"reconciledAt": time})


def test_an_application_is_named_by_namespace_and_name() -> None:
    assert Application.parse(examples.application()).ref == AppRef("argocd", "web")


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"source": {"repoURL": "a"}}, ["a"]),
        ({"source": {"repoURL": "a"}, "sources": [{"repoURL": "b"}, {"repoURL": "c"}]}, ["b", "c"]),
        ({"source": {"repoURL": "a"}, "sourceHydrator": {"drySource": {"repoURL": "d"}}}, ["d"]),
        ({"sourceHydrator": {"drySource": {"repoURL": "d"}, "syncSource": {"repoURL": "e"}}}, ["e"]),
        ({"source": None}, []),
    ],
)
def test_sources_win_over_source_and_the_hydrator_over_both(spec: JsonMap, expected: list[str]) -> None:
    app = Application.parse(examples.new_application(**{"source": None, **spec}))
    assert [source.repo_url for source in app.spec.effective_sources] == expected


@pytest.mark.parametrize(
    ("automated", "on"), [(None, False), ({}, True), ({"enabled": True}, True), ({"enabled": False}, False)]
)
def test_automated_sync_is_on_when_present_unless_switched_off(automated: Json, on: bool) -> None:
    app = Application.parse(examples.new_application(syncPolicy={"automated": automated}))
    assert app.spec.is_automated is on
