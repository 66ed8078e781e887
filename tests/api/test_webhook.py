"""POST /api/webhook: a look per repository, 4xx for everything wrong, 503 without Redis, never anything else."""

from __future__ import annotations

import hashlib
import hmac
import time

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import Client, TestResponse

from gitops.jobs import Fetch, Rank
from gitops.model.config import Settings
from gitops.model.objects import Json, JsonMap
from gitops.model.revision import RepoKey
from tests.api.house import REPO, House, application, house

PUSH: JsonMap = {"ref": "refs/heads/main", "repository": {"html_url": REPO, "default_branch": "main"}, "commits": []}


def send(place: House, payload: Json = None, **headers: str) -> TestResponse:
    return post(place, orjson.dumps(PUSH if payload is None else payload), **headers)


def post(place: House, body: bytes, **headers: str) -> TestResponse:
    sent = {"Content-Type": "application/json", "X-GitHub-Event": "push"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return Client(place.app).post("/api/webhook", data=body, headers={k: v for k, v in sent.items() if v})


def with_app(**about: object) -> House:
    place = house(
        secrets={"github": "s3cret"} if about.get("secret") else None, settings=Settings(webhook_limit_bytes=5000)
    )
    place.has(application("shop"))
    return place


def test_a_push_asks_for_one_look_however_often_it_comes() -> None:
    place = with_app()
    for _ in range(100):
        assert send(place).status_code == 200
    assert list(place.queue.jobs.values()) == [(Fetch(RepoKey("shop")), Rank.WEBHOOK)]


def test_a_push_to_a_branch_nobody_reads_asks_for_nothing() -> None:
    place = with_app()
    assert send(place, {**PUSH, "ref": "refs/heads/other"}).status_code == 200
    assert place.queue.jobs == {}


def test_a_ping_is_fine() -> None:
    assert send(with_app(), {"zen": "x"}, X_GitHub_Event="ping").status_code == 200


def test_a_signed_push_passes_and_a_wrong_and_a_missing_signature_look_the_same() -> None:
    place = with_app(secret=True)
    body = orjson.dumps(PUSH)
    mark = "sha256=" + hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()
    assert post(place, body, X_Hub_Signature_256=mark).status_code == 200
    place.queue.jobs.clear()
    wrong, missing = post(place, body, X_Hub_Signature_256=mark[:-1] + "x"), post(place, body)
    assert (wrong.status_code, wrong.text) == (missing.status_code, missing.text) == (400, "Webhook processing failed")
    assert place.queue.jobs == {}


@pytest.mark.parametrize(
    "headers", [{"X_GitHub_Event": ""}, {"X_Gitlab_Event": "Push Hook"}, {"X_GitHub_Event": "issues"}]
)
def test_what_is_no_push_is_an_unknown_event(headers: dict[str, str]) -> None:
    response = send(with_app(), **headers)
    assert (response.status_code, response.text) == (400, "Unknown webhook event")


def test_a_large_body_is_refused_with_and_without_a_stated_length() -> None:
    place = with_app()
    assert post(place, b" " * 5001).status_code == 413
    environ = {"wsgi.input_terminated": True, "wsgi.input": _Endless()}
    response = Client(place.app).post("/api/webhook", headers={"X-GitHub-Event": "push"}, environ_overrides=environ)
    assert response.status_code == 413


class _Endless:
    """A sender that never stops; reading it all would fail the test."""

    def __init__(self) -> None:
        self.sent = 0

    def read(self, size: int = -1) -> bytes:
        assert size >= 0 and self.sent < 1_000_000
        self.sent += size
        return b"x" * size

    readline = readinto = read


def test_a_compressed_body_is_refused() -> None:
    assert send(with_app(), Content_Encoding="gzip").status_code == 415


def test_other_methods_are_refused() -> None:
    assert with_app().call("GET", "/api/webhook").status_code == 405
    assert with_app().call("PUT", "/api/webhook").status_code == 405


def test_too_many_events_are_told_when_to_come_back() -> None:
    place = with_app()
    codes = [send(place).status_code for _ in range(201)]
    assert codes == [200] * 200 + [429]
    assert send(place).headers["Retry-After"] == "1"


def test_without_redis_the_provider_is_asked_to_send_again() -> None:
    place = with_app()
    place.queue.away = True
    response = send(place)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "2")


def test_two_thousand_repositories_cost_less_than_ten_milliseconds() -> None:
    place = with_app()
    for number in range(2000):
        place.has(application(f"app-{number}", source={"repoURL": f"https://github.com/acme/r{number}", "path": "."}))
    send(place)
    started = time.perf_counter()
    for _ in range(10):
        assert send(place).status_code == 200
    assert (time.perf_counter() - started) / 10 < 0.05  # ten times the budget of one event would be a loop over apps


BODIES = st.binary(max_size=60) | st.recursive(
    st.none() | st.booleans() | st.text(max_size=8) | st.integers(-9, 9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["ref", "repository", "html_url", "commits", "project", "web_url"]), inner)
    ),
    max_leaves=8,
).map(orjson.dumps)


@settings(max_examples=300, deadline=None)
@given(BODIES, st.sampled_from(["X_GitHub_Event:push", "X_Gitlab_Event:Push Hook", "X_Gitlab_Event:System Hook"]))
def test_no_body_gets_anything_but_200_or_4xx(body: bytes, header: str) -> None:
    name, _, value = header.partition(":")
    place = HOUSE
    place.clock.passes(HOUR)
    assert post(place, body, **{"X_GitHub_Event": "", name: value}).status_code in (200, 400)


HOUSE = with_app()
HOUR = HOUSE.clock.time - HOUSE.clock.time.replace(hour=HOUSE.clock.time.hour - 1)
