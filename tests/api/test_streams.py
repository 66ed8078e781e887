"""Streams: what is there, then every change, in the form that was asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import orjson
import pytest
import urllib3

from api.cache import BACKLOG, AppCache, LaggingError
from api.serve import web_server
from api.stream import Watch, lines
from gitops.model.objects import Json, JsonMap, as_map, as_text
from tests.api.house import House, application, house

STREAM = "/api/v1/stream/applications"


def app(name: str, version: int, project: str = "default", **spec: Json) -> JsonMap:
    body = application(name, project=project, **spec)
    metadata: JsonMap = {**as_map(body["metadata"]), "resourceVersion": str(version), "uid": name}
    return {**body, "metadata": metadata}


def told(chunk: bytes) -> tuple[str, str]:
    result = as_map(as_map(orjson.loads(chunk.removeprefix(b"data: ")))["result"])
    return as_text(result["type"]), as_text(as_map(as_map(result["application"])["metadata"])["name"])


def test_a_stream_starts_with_what_is_there_and_goes_on_with_changes() -> None:
    apps = AppCache()
    apps.replace([app("a", 1), app("b", 2)], "2")
    watch = Watch(apps, lambda body: True, since=None)
    stream = lines(watch, "", sse=False, gone=lambda: False)
    assert {told(next(stream)), told(next(stream))} == {("ADDED", "a"), ("ADDED", "b")}
    apps.put(app("a", 3, project="other"))
    apps.drop(app("b", 4))
    assert [told(next(stream)), told(next(stream))] == [("MODIFIED", "a"), ("DELETED", "b")]


@pytest.mark.parametrize(("since", "expected"), [(None, ["a", "b"]), (1, ["b"]), (2, []), (-1, []), (0, ["a", "b"])])
def test_a_resource_version_hides_what_the_reader_has_seen(since: int | None, expected: list[str]) -> None:
    apps = AppCache()
    apps.replace([app("a", 1), app("b", 2)], "2")
    watch = Watch(apps, lambda body: True, since)
    assert sorted(as_text(as_map(event.body["metadata"])["name"]) for event in watch.initial()) == expected


def test_server_sent_events_have_argo_cds_frames_and_a_repeated_message_is_dropped() -> None:
    apps = AppCache()
    apps.replace([app("a", 1)], "1")
    stream = lines(
        Watch(apps, lambda body: True, None),
        "result.type,result.application.metadata.name",
        sse=True,
        gone=lambda: False,
    )
    assert next(stream) == b'data: {"result":{"type":"ADDED","application":{"metadata":{"name":"a"}}}} \n\n'
    apps.put(app("a", 2))
    apps.put(app("a", 3))
    apps.drop(app("a", 4))
    assert b'"MODIFIED"' in next(stream)
    assert b'"DELETED"' in next(stream)


def test_only_what_was_asked_for_is_told() -> None:
    apps = AppCache()
    apps.replace([], "1")
    watch = Watch(apps, lambda body: as_map(body["metadata"])["name"] == "b", None)
    stream = lines(watch, "", sse=False, gone=lambda: False)
    apps.put(app("a", 2))
    apps.put(app("b", 3))
    assert told(next(stream)) == ("ADDED", "b")


def test_a_reader_that_is_too_slow_is_told_so_and_dropped() -> None:
    apps = AppCache()
    reader, _ = apps.subscribe()
    for number in range(BACKLOG + 2):
        apps.put(app("a", number + 1))
    for _ in range(BACKLOG):
        assert reader.next(0) is not None
    with pytest.raises(LaggingError):
        reader.next(0)
    stream = lines(Watch(apps, lambda body: True, -1), "", sse=False, gone=lambda: apps.readers > 9)
    for number in range(BACKLOG + 2):
        apps.put(app("a", BACKLOG + 10 + number))
    assert b"reader too slow" in list(stream)[-1]


def test_a_stream_whose_reader_left_ends_and_frees_its_place() -> None:
    apps = AppCache()
    assert list(lines(Watch(apps, lambda body: True, None), "", sse=True, gone=lambda: True)) == []
    assert apps.readers == 0


def test_old_news_does_not_undo_newer_and_the_deleted_stay_deleted() -> None:
    apps = AppCache()
    apps.put(app("a", 5))
    apps.put(app("a", 4, project="older"))
    [body] = apps.all()
    assert as_map(body["spec"])["project"] == "default"
    apps.drop(app("a", 6))
    apps.put(app("a", 5))
    assert apps.all() == []


def test_managed_fields_do_not_leave_the_cache() -> None:
    apps = AppCache()
    body = app("a", 1)
    apps.put({**body, "metadata": {**as_map(body["metadata"]), "managedFields": [{}]}})
    assert "managedFields" not in as_map(apps.all()[0]["metadata"])


def test_target_revisions_are_known_by_url_as_written() -> None:
    apps = AppCache()
    apps.put(app("a", 1))
    assert apps.targets(["https://github.com/acme/shop", "other"]) == {"main"}
    apps.put(app("a", 2, source={"repoURL": "https://github.com/acme/shop", "targetRevision": "v1"}))
    assert apps.targets(["https://github.com/acme/shop"]) == {"v1"}


@contextmanager
def served(place: House) -> Iterator[str]:
    """The API behind a real socket."""
    server = web_server(place.app, "127.0.0.1", 0, 5000, threads=8)
    port = server.effective_port  # type: ignore[attr-defined]  # waitress names it so; the protocol shows what we use
    thread = threading.Thread(target=serve_until_closed, args=(server,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.close()
        place.ports.apps.put(app("wakes-readers", 10**9))
        thread.join(10)


def serve_until_closed(server: object) -> None:
    with suppress(OSError):  # closing the listening socket under its loop is how the test ends it
        server.run()  # type: ignore[attr-defined]  # see above


def test_over_a_real_socket_a_change_reaches_the_reader_at_once() -> None:
    place = house().logs_in()
    first = place.has(application("a"))
    with served(place) as url:
        headers = {**place.headers, "Accept": "text/event-stream"}
        response = urllib3.PoolManager().request("GET", url + STREAM, headers=headers, preload_content=False, timeout=5)
        assert response.headers["Content-Type"].startswith("text/event-stream")
        chunks = response.stream(65536)
        assert b'"ADDED"' in next(chunks)
        started = time.perf_counter()
        place.hub.update(first, replace(first, metadata=replace(first.metadata, labels={"a": "b"})))
        assert b'"MODIFIED"' in next(chunks)
        assert time.perf_counter() - started < 0.5
        response.close()


def test_over_a_real_socket_a_large_body_is_cut_off_chunked_or_not() -> None:
    place = house()
    with served(place) as url:
        pool = urllib3.PoolManager()
        headers = {"X-GitHub-Event": "push", "Content-Type": "application/json"}
        stated = pool.request("POST", url + "/api/webhook", body=b"x" * 6000, headers=headers, timeout=5)
        assert stated.status == 413
        chunked = pool.request(
            "POST", url + "/api/webhook", body=iter([b"x" * 1000] * 6), headers=headers, timeout=5, chunked=True
        )
        assert chunked.status == 413
        fine = pool.request(
            "POST", url + "/api/webhook", body=b'{"zen":"x"}', headers={**headers, "X-GitHub-Event": "ping"}, timeout=5
        )
        assert fine.status == 200
        pool.clear()


def test_who_may_see_nothing_hears_nothing_and_frees_his_place_when_he_leaves() -> None:
    place = house().logs_in("bob")
    place.has(application("a"))
    with served(place) as url:
        timeout = urllib3.Timeout(connect=5, read=0.3)
        pool = urllib3.PoolManager(retries=False, timeout=timeout)
        with pytest.raises(urllib3.exceptions.ReadTimeoutError):
            pool.request("GET", url + STREAM, headers=place.headers)
        pool.clear()
        end = time.monotonic() + 5
        while place.ports.apps.readers and time.monotonic() < end:
            threading.Event().wait(0.02)
        assert place.ports.apps.readers == 0
