"""What a provider's bytes mean, and that nothing a stranger sends raises anything but InvalidError."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops.errors import InvalidError
from gitops.model.objects import Json, JsonMap
from gitops.trigger.payload import decode, depth_of
from gitops.trigger.push import PushEvent, Skipped, authentic, parse, provider_of

GITHUB: JsonMap = {
    "ref": "refs/heads/main",
    "before": "a" * 40,
    "after": "b" * 40,
    "repository": {"html_url": "https://github.com/acme/shop", "default_branch": "main"},
    "commits": [{"added": ["a.yaml"], "modified": ["apps/b.yaml"], "removed": []}, {"removed": ["c.yaml"]}],
}
GITLAB: JsonMap = {
    "object_kind": "push",
    "ref": "refs/tags/v1.2.0",
    "project": {"web_url": "https://gitlab.com/acme/shop", "default_branch": "main"},
    "commits": [],
}


def github(payload: Json = None, event: str = "push", **headers: str) -> PushEvent | Skipped:
    sent = {"x-github-event": event, "content-type": "application/json", **headers}
    return parse("github", sent, json.dumps(GITHUB if payload is None else payload).encode())


def gitlab(payload: Json = None, event: str = "Push Hook") -> PushEvent | Skipped:
    return parse("gitlab", {"x-gitlab-event": event}, json.dumps(GITLAB if payload is None else payload).encode())


def test_a_github_push_says_where_what_and_which_files() -> None:
    event = github()
    assert isinstance(event, PushEvent)
    assert event.urls == ("https://github.com/acme/shop",)
    assert (event.ref, event.revision, event.touched_head) == ("refs/heads/main", "main", True)
    assert (event.before, event.after) == ("a" * 40, "b" * 40)
    assert event.changed_files == ("a.yaml", "apps/b.yaml", "c.yaml")


def test_a_github_ping_needs_nothing() -> None:
    assert isinstance(github({"zen": "Keep it simple."}, event="ping"), Skipped)


def test_a_gitlab_tag_push_touches_no_head() -> None:
    event = gitlab(event="Tag Push Hook")
    assert isinstance(event, PushEvent)
    assert (event.revision, event.touched_head, event.changed_files) == ("v1.2.0", False, ())


def test_a_gitlab_system_hook_counts_only_when_it_is_a_push() -> None:
    assert isinstance(gitlab(event="System Hook"), PushEvent)
    assert isinstance(gitlab({"object_kind": "merge_request"}, event="System Hook"), Skipped)


def test_a_branch_with_slashes_keeps_them() -> None:
    event = github({**GITHUB, "ref": "refs/heads/feature/x"})
    assert isinstance(event, PushEvent) and event.revision == "feature/x"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-github-event": "push", "x-gitlab-event": "Push Hook"},
        {"x-hook-uuid": "1"},
        {"x-gogs-event": "push", "x-github-event": "push"},
    ],
)
def test_anything_but_exactly_one_known_provider_is_an_unknown_event(headers: dict[str, str]) -> None:
    with pytest.raises(InvalidError, match="Unknown webhook event"):
        provider_of(headers)


def test_a_form_encoded_github_hook_is_refused() -> None:
    with pytest.raises(InvalidError, match="application/json"):
        parse("github", {"x-github-event": "push", "content-type": "application/x-www-form-urlencoded"}, b"{}")


@dataclass(frozen=True)
class Signed:
    headers: dict[str, str]
    accepted: bool


BODY = b'{"a":1}'
GOOD256 = "sha256=" + hmac.new(b"s3cret", BODY, hashlib.sha256).hexdigest()
GOOD1 = "sha1=" + hmac.new(b"s3cret", BODY, hashlib.sha1).hexdigest()


@pytest.mark.parametrize(
    "case",
    [
        Signed({"x-hub-signature-256": GOOD256}, True),
        Signed({"x-hub-signature": GOOD1}, True),
        Signed({"x-hub-signature-256": GOOD256[:-1]}, False),
        Signed({"x-hub-signature-256": GOOD256.upper()}, False),
        Signed({"x-hub-signature-256": GOOD256[7:]}, False),
        Signed({"x-hub-signature-256": GOOD1}, False),
        Signed({"x-hub-signature-256": "sha256=" + "0" * 64, "x-hub-signature": GOOD1}, False),
        Signed({"x-hub-signature": GOOD256}, False),
        Signed({"x-hub-signature-256": ""}, False),
        Signed({"x-hub-signature-256": "sha256=é"}, False),
        Signed({}, False),
    ],
)
def test_only_the_right_github_signature_is_authentic(case: Signed) -> None:
    assert authentic("github", case.headers, BODY, {"github": "s3cret"}) is case.accepted


@pytest.mark.parametrize(("token", "accepted"), [("s3cret", True), ("s3cre", False), ("S3cret", False), ("", False)])
def test_only_the_right_gitlab_token_is_authentic(token: str, accepted: bool) -> None:
    assert authentic("gitlab", {"x-gitlab-token": token}, BODY, {"gitlab": "s3cret"}) is accepted


def test_without_a_secret_unsigned_events_are_taken() -> None:
    assert authentic("github", {}, BODY, {"gitlab": "s3cret"})


def test_deep_nesting_is_refused_before_parsing() -> None:
    with pytest.raises(InvalidError, match="nested deeper"):
        decode(b"[" * 100_000)
    assert depth_of(b'{"a": "[[[[\\"[[", "b": [1]}') == 2


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"NaN", b'{"a": Infinity}', b'{"a":', b"1" * 5000, b'"' + b'\\"' * 50_000]
)
def test_bytes_that_are_no_json_are_invalid(body: bytes) -> None:
    with pytest.raises(InvalidError):
        decode(body)


JUNK: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value: Json, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner: list[tuple[str | int, ...]] = [path]
    if isinstance(value, dict):
        for key, part in value.items():
            inner += places(part, (*path, key))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            inner += places(part, (*path, number))
    return inner


def mutated(value: Json, path: tuple[str | int, ...], junk: Json, drop: bool) -> Json:
    if not path:
        return junk
    head, rest = path[0], path[1:]
    if isinstance(value, dict) and isinstance(head, str):
        if drop and not rest:
            return {k: v for k, v in value.items() if k != head}
        return {**value, head: mutated(value[head], rest, junk, drop)}
    if isinstance(value, list) and isinstance(head, int):
        return [mutated(part, rest, junk, drop) if n == head else part for n, part in enumerate(value)]
    return junk


@settings(max_examples=1500, deadline=None)
@given(st.sampled_from(places(GITHUB)), JUNK, st.booleans())
def test_no_mutation_of_a_github_push_raises_anything_but_invalid(
    path: tuple[str | int, ...], junk: Json, drop: bool
) -> None:
    try:
        github(mutated(GITHUB, path, junk, drop) or {})
    except InvalidError as error:
        assert error.message


@settings(max_examples=1500, deadline=None)
@given(
    st.sampled_from(places(GITLAB)),
    JUNK,
    st.booleans(),
    st.sampled_from(["Push Hook", "Tag Push Hook", "System Hook", "x"]),
)
def test_no_mutation_of_a_gitlab_push_raises_anything_but_invalid(
    path: tuple[str | int, ...], junk: Json, drop: bool, event: str
) -> None:
    try:
        gitlab(mutated(GITLAB, path, junk, drop) or {}, event=event)
    except InvalidError as error:
        assert error.message
