"""Following a real server: nothing is missed, nothing is invented, and the end comes at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from cli.bed.cluster import Cluster
from cli.bed.rig import Bed
from gitops.adapters.kube.answers import GoneError
from gitops.adapters.kube.cluster import KubeCluster
from gitops.adapters.kube.follow import follow_objects, follow_rows
from gitops.adapters.kube.rows import METADATA
from gitops.adapters.kube.stop import Stop
from gitops.adapters.kube.watch import stream
from gitops.errors import RetryableError
from gitops.model.objects import GroupKind, JsonMap, as_map, as_text
from gitops.model.observed import Row, Rows
from tests.kube.conftest import SETTINGS, client_of, config_map, record_of, until

CONFIG_MAP = GroupKind("", "ConfigMap")


class RowsSeen:
    """What a follower says is there."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.lists = 0
        self.failures: list[str] = []
        self.broken = False

    def listed(self, rows: Rows) -> None:
        self.rows = {row.key.name: row for row in rows.rows}
        self.lists += 1

    def changed(self, row: Row) -> None:
        if self.broken:
            self.broken = False
            raise RetryableError("the listener's own store is away")
        self.rows[row.key.name] = row

    def gone(self, row: Row) -> None:
        del self.rows[row.key.name]

    def failed(self, reason: str) -> None:
        self.failures.append(reason)


class ObjectsSeen:
    """The same for whole objects."""

    def __init__(self) -> None:
        self.objects: dict[str, JsonMap] = {}

    def listed(self, objects: list[JsonMap]) -> None:
        self.objects = {name_of(body): body for body in objects}

    def changed(self, body: JsonMap) -> None:
        self.objects[name_of(body)] = body

    def gone(self, body: JsonMap) -> None:
        del self.objects[name_of(body)]

    def failed(self, reason: str) -> None: ...


def name_of(body: JsonMap) -> str:
    return as_text(as_map(body.get("metadata")).get("name"))


@pytest.fixture
def stop() -> Iterator[Stop]:
    wish = Stop()
    yield wish
    wish.set()


@pytest.fixture
def seen(cluster: KubeCluster, stop: Stop) -> Iterator[RowsSeen]:
    """A follower of all ConfigMaps that has made its first list."""
    listener = RowsSeen()
    thread = threading.Thread(target=follow_rows, args=(cluster, CONFIG_MAP, SETTINGS, listener, stop))
    thread.start()
    until(lambda: listener.lists > 0, "the first list")
    yield listener
    stop.set()
    thread.join(5)


def test_rows_follow_what_happens(cluster: KubeCluster, seen: RowsSeen) -> None:
    wanted = config_map("followed", {"a": "1"})
    row = cluster.apply(wanted, SETTINGS).row
    until(lambda: seen.rows.get("followed") == row, "the new object")
    row = cluster.apply(config_map("followed", {"a": "2"}), SETTINGS).row
    until(lambda: seen.rows.get("followed") == row, "the change")
    cluster.delete(wanted.key, row.uid, propagation="Background")
    until(lambda: "followed" not in seen.rows, "the deletion")
    assert set(seen.failures) == {""}


def test_objects_follow_what_happens(cluster: KubeCluster, stop: Stop) -> None:
    listener = ObjectsSeen()
    path, query = "/api/v1/namespaces/default/configmaps", "labelSelector=wanted%3Dyes"
    arguments = (cluster.client, path, listener, stop)
    threading.Thread(target=follow_objects, args=arguments, kwargs={"query": query}).start()
    wanted = config_map("picked", {"a": "1"}, labels={"wanted": "yes"})
    cluster.apply(config_map("passed-over", {"a": "1"}), SETTINGS)
    uid = cluster.apply(wanted, SETTINGS).live.uid
    until(lambda: set(listener.objects) == {"picked"}, "the labelled object alone")
    cluster.delete(wanted.key, uid, propagation="Background")
    until(lambda: not listener.objects, "the deletion")


def test_a_follower_ends_within_a_second_of_its_stop(cluster: KubeCluster) -> None:
    stop, listener = Stop(), RowsSeen()
    threads = [
        threading.Thread(target=follow_rows, args=(cluster, CONFIG_MAP, SETTINGS, listener, stop)) for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    until(lambda: listener.lists == 5, "all lists")
    started = time.monotonic()
    stop.set()
    for thread in threads:
        thread.join(2)
    assert time.monotonic() - started < 1
    assert not any(thread.is_alive() for thread in threads)


def test_a_listener_that_failed_gets_a_new_list(cluster: KubeCluster, seen: RowsSeen) -> None:
    seen.broken = True
    row = cluster.apply(config_map("retold", {"a": "1"}), SETTINGS).row
    until(lambda: seen.rows.get("retold") == row, "the change that was refused")
    assert seen.lists == 2
    assert "the listener's own store is away" in seen.failures


def test_a_follower_outlives_its_server(bed: Bed, server: Cluster, cluster: KubeCluster, seen: RowsSeen) -> None:
    wanted = config_map("before", {"a": "1"})
    uid = cluster.apply(wanted, SETTINGS).live.uid
    bed.stop_server(server.name)
    bed.start_server(server.name)
    row = cluster.apply(config_map("after", {"a": "1"}), SETTINGS).row
    cluster.delete(wanted.key, uid, propagation="Background")
    until(lambda: seen.rows.get("after") == row and "before" not in seen.rows, "what happened since")


def test_a_version_from_before_the_memory_of_the_server_is_gone(
    bed: Bed, server: Cluster, cluster: KubeCluster
) -> None:
    first = cluster.apply(config_map("aged", {"a": "0"}), SETTINGS).row.resource_version
    for number in range(1, 4):
        cluster.apply(config_map("aged", {"a": str(number)}), SETTINGS)
    bed.stop_server(server.name)  # a new server process remembers no events from before its start
    bed.start_server(server.name)
    with pytest.raises(GoneError, match="too old resource version"):
        for _ in stream(cluster.client, "/api/v1/configmaps", "ConfigMap", first, Stop(), accept=METADATA):
            pass


def test_a_follower_that_may_not_list_says_so_and_reports_nothing(server: Cluster, stop: Stop) -> None:
    listener = RowsSeen()
    stranger = KubeCluster(record_of(server.server), client_of(server, "argosy-fetch"))
    threading.Thread(target=follow_rows, args=(stranger, CONFIG_MAP, SETTINGS, listener, stop)).start()
    until(lambda: bool(listener.failures), "the failure")
    assert "argosy-fetch" in listener.failures[0]
    assert not listener.lists


def test_stopping_hangs_up_on_those_who_come_later_too() -> None:
    stop, calls = Stop(), []
    stop.attach(lambda: calls.append("early"))
    stop.attach(lambda: calls.append("detached"))()
    stop.set()
    stop.attach(lambda: calls.append("late"))
    assert calls == ["early", "late"]
