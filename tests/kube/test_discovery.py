"""Discovery of servers that are old or half broken, which the bed's servers are not."""

from __future__ import annotations

import json

import pytest

from gitops.adapters.kube.discovery import AGAIN_S, FAILED_S, KEPT_S, LACKING_S, KnownKinds
from gitops.errors import RefusedError
from gitops.model.objects import GroupKind
from gitops.model.observed import Absent, Discovery, Found, Unknown
from tests.kube.conftest import client_at
from tests.kube.faulty import Reply, faulty

CORE = {"kind": "APIGroupDiscoveryList", "items": []}
VERSION = Reply(200, b'{"gitVersion":"v1.36.1"}')


def reply(value: object, status: int = 200) -> Reply:
    return Reply(status, json.dumps(value).encode())


def aggregated(*, stale: bool) -> Reply:
    resource = {
        "resource": "nodes",
        "responseKind": {"kind": "NodeMetrics"},
        "scope": "Cluster",
        "verbs": ["list"],
    }
    version = {"version": "v1", "freshness": "Stale" if stale else "Current", "resources": [] if stale else [resource]}
    return reply({"kind": "APIGroupDiscoveryList", "items": [{"metadata": {"name": "metrics"}, "versions": [version]}]})


def test_kinds_of_a_group_that_stops_answering_stay_known() -> None:
    first = [reply(CORE), aggregated(stale=False), VERSION]
    with faulty(*first, reply(CORE), aggregated(stale=True), VERSION) as server:
        kinds = KnownKinds(client_at(server.url))
        assert isinstance(kinds.find("metrics", "NodeMetrics"), Found)
        later = kinds.discovery(fresh=True)
    assert later.broken == {"metrics"}
    assert isinstance(later.of("metrics", "NodeMetrics"), Found)
    assert isinstance(later.of("metrics", "PodMetrics"), Unknown)
    assert later.of("elsewhere", "PodMetrics") == Absent()


def test_a_kind_that_is_missing_is_asked_for_again_only_after_a_while() -> None:
    with faulty(reply(CORE), aggregated(stale=False), VERSION) as server:
        kinds = KnownKinds(client_at(server.url))
        assert [kinds.find("x", "Y") for _ in range(5)] == [Absent()] * 5
    assert len(server.asked) == 3


def test_a_group_that_did_not_answer_is_asked_again_after_10_s_not_after_10_minutes() -> None:
    now = 100.0
    first = [reply(CORE), aggregated(stale=True), VERSION]
    with faulty(*first, reply(CORE), aggregated(stale=False), VERSION) as server:
        kinds = KnownKinds(client_at(server.url), lambda: now)
        assert kinds.discovery().broken == {"metrics"}
        now += AGAIN_S
        assert kinds.discovery().broken == {"metrics"}
        now += 1
        assert kinds.discovery().broken == set()
        now += KEPT_S
        assert kinds.discovery().broken == set()
    assert len(server.asked) == 6


def test_a_cluster_that_fails_is_not_asked_once_per_application() -> None:
    now = 100.0
    with faulty(Reply(401), reply(CORE), aggregated(stale=False), VERSION) as server:
        kinds = KnownKinds(client_at(server.url), lambda: now)
        for _ in range(5):
            with pytest.raises(RefusedError):
                kinds.discovery()
        asked = len(server.asked)
        now += FAILED_S
        assert isinstance(kinds.find("metrics", "NodeMetrics"), Found)
    assert asked == 1


def test_a_kind_whose_definition_came_since_is_found_within_seconds() -> None:
    now = 100.0
    first = [reply(CORE), aggregated(stale=True), VERSION]
    with faulty(*first, reply(CORE), aggregated(stale=False), VERSION) as server:
        kinds = KnownKinds(client_at(server.url), lambda: now)
        wanted = [GroupKind("metrics", "NodeMetrics")]
        assert not isinstance(kinds.discovery(wanted=wanted).of("metrics", "NodeMetrics"), Found)
        now += LACKING_S + 1
        assert isinstance(kinds.discovery(wanted=wanted).of("metrics", "NodeMetrics"), Found)
        kinds.discovery(wanted=wanted)
    assert len(server.asked) == 6, "no third round: everything is known"


def test_an_old_server_is_asked_group_by_group() -> None:
    groups = {
        "kind": "APIGroupList",
        "groups": [
            {
                "name": "apps",
                "versions": [{"version": "v1beta1"}, {"version": "v1"}],
                "preferredVersion": {"version": "v1"},
            },
            {"name": "metrics", "versions": [{"version": "v1"}]},
        ],
    }
    resources = [
        {"name": "deployments", "kind": "Deployment", "namespaced": True, "verbs": ["list"]},
        {"name": "deployments/status", "kind": "Deployment", "namespaced": True, "verbs": ["get"]},
    ]
    script = [
        reply({"kind": "APIVersions", "versions": ["v1"]}),
        reply({"resources": [{"name": "nodes", "kind": "Node", "namespaced": False}]}),
        reply(groups),
        reply({"resources": resources}),
        reply({"resources": resources}),
        reply({}, 403),
        VERSION,
    ]
    with faulty(*script) as server:
        found = KnownKinds(client_at(server.url)).discovery()
    assert _names(found) == {("", "Node", ("v1",)), ("apps", "Deployment", ("v1", "v1beta1"))}
    assert found.broken == {"metrics"}


def _names(found: Discovery) -> set[tuple[str, str, tuple[str, ...]]]:
    return {(info.group, info.kind, info.versions) for info in found.kinds.values()}
