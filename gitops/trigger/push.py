"""A hosting provider's bytes and headers -> PushEvent (argo-cd.md 9.2, 9.3). A payload is only a reason to look."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from gitops.errors import InvalidError
from gitops.model.objects import Json, JsonMap
from gitops.trigger.payload import decode

UNKNOWN_EVENT = "Unknown webhook event"
FAILED = "Webhook processing failed"
URL_LIMIT = 2048
"""Characters of a repository URL or ref; longer ones belong to nobody."""

Headers: TypeAlias = Mapping[str, str]
"""Header names in lower case."""


@dataclass(frozen=True, slots=True)
class PushEvent:
    """Something was pushed, says `provider`. `changed_files` is None when the payload does not list them."""

    provider: str
    urls: tuple[str, ...]
    ref: str
    """The full ref name."""
    revision: str
    """The ref without `refs/heads/` or `refs/tags/`."""
    touched_head: bool
    before: str = ""
    after: str = ""
    changed_files: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """An event that is understood and needs nothing (ping, tag of another kind of hook)."""

    reason: str


_GITHUB = "github"
_GITLAB = "gitlab"
_MARKS = {
    "x-github-event": _GITHUB,
    "x-gitlab-event": _GITLAB,
    "x-gogs-event": "gogs",
    "x-gitea-event": "gogs",
    "x-hook-uuid": "bitbucket",
    "x-event-key": "bitbucketserver",
    "x-vss-activityid": "azuredevops",
}
_BEFORE_GITHUB = frozenset({"gogs"})
"""Gitea and Gogs send GitHub's header beside their own; their own one names them."""


def provider_of(headers: Headers) -> str:
    """The one provider whose header is there.

    Raises:
        InvalidError: none, several, or one that is not supported yet (S-080: the body of one never meets the checks
            of another).
    """
    named = {provider for mark, provider in _MARKS.items() if mark in headers}
    if named & _BEFORE_GITHUB:
        named.discard(_GITHUB)
    if len(named) != 1 or not named <= {_GITHUB, _GITLAB}:
        raise InvalidError(UNKNOWN_EVENT)
    return named.pop()


def authentic(provider: str, headers: Headers, body: bytes, secrets: Mapping[str, str]) -> bool:
    """Whether the sender knows the secret of `provider`; True without a secret (the event only causes a look).

    Takes the same time for a wrong and a missing proof.
    """
    secret = secrets.get(provider, "")
    if not secret:
        return True
    if provider == _GITLAB:
        return _same(headers.get("x-gitlab-token", ""), secret)
    sha256 = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    sha1 = "sha1=" + hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
    if "x-hub-signature-256" in headers:
        return _same(headers["x-hub-signature-256"], sha256)
    return _same(headers.get("x-hub-signature", ""), sha1)


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode("utf-8", "replace"))


def parse(provider: str, headers: Headers, body: bytes) -> PushEvent | Skipped:
    """What the event says; call it only after `authentic`.

    Raises:
        InvalidError: not an event of this provider, or a body that lacks what its event must have.
    """
    if provider == _GITHUB and headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise InvalidError(FAILED, hint="set the content type of the hook to application/json")
    event = headers.get(f"x-{provider}-event", "")
    payload = decode(body)
    if not isinstance(payload, dict):
        raise InvalidError(FAILED, about=event, hint="the body must be a JSON object")
    return _github(event, payload) if provider == _GITHUB else _gitlab(event, payload)


def _github(event: str, payload: JsonMap) -> PushEvent | Skipped:
    if event == "ping":
        return Skipped("ping")
    if event != "push":
        raise InvalidError(UNKNOWN_EVENT)
    repository = _part(payload, "repository")
    return _pushed(_GITHUB, payload, _text(repository, "html_url"), _text(repository, "default_branch"))


_GITLAB_PUSHES = frozenset({"push", "tag_push"})


def _gitlab(event: str, payload: JsonMap) -> PushEvent | Skipped:
    if event not in ("Push Hook", "Tag Push Hook", "System Hook"):
        raise InvalidError(UNKNOWN_EVENT)
    if event == "System Hook":
        kind = payload.get("object_kind", payload.get("event_name"))
        if not isinstance(kind, str):
            raise InvalidError(FAILED, about="object_kind", hint="it must be text")
        if kind not in _GITLAB_PUSHES:
            return Skipped(f"system event of another kind than {' or '.join(sorted(_GITLAB_PUSHES))}")
    project = _part(payload, "project")
    return _pushed(_GITLAB, payload, _text(project, "web_url"), _optional(project, "default_branch"))


def _pushed(provider: str, payload: JsonMap, url: str, default_branch: str) -> PushEvent:
    ref = _text(payload, "ref")
    revision = short_revision(ref)
    return PushEvent(
        provider=provider,
        urls=(url,),
        ref=ref,
        revision=revision,
        touched_head=bool(default_branch) and default_branch == revision,
        before=_optional(payload, "before"),
        after=_optional(payload, "after"),
        changed_files=_changed(payload.get("commits")),
    )


def short_revision(ref: str) -> str:
    """A ref without `refs/heads/` or `refs/tags/`; other refs stay as they are."""
    for prefix in ("refs/heads/", "refs/tags/"):
        if ref.startswith(prefix):
            return ref.removeprefix(prefix)
    return ref


def _changed(commits: Json) -> tuple[str, ...] | None:
    if commits is None:
        return None
    if not isinstance(commits, list):
        raise InvalidError(FAILED, about="commits", hint="it must be a list")
    files: dict[str, None] = {}
    for commit in commits:
        if not isinstance(commit, dict):
            raise InvalidError(FAILED, about="commits", hint="each must be an object")
        for change in ("added", "modified", "removed"):
            files.update(dict.fromkeys(_texts(commit, change)))
    return tuple(files)


def _part(parent: JsonMap, name: str) -> JsonMap:
    value = parent.get(name)
    if not isinstance(value, dict):
        raise InvalidError(FAILED, about=name, hint="it must be an object")
    return value


def _text(parent: JsonMap, name: str) -> str:
    value = _optional(parent, name)
    if not value:
        raise InvalidError(FAILED, about=name, hint="it must be text and not empty")
    return value


def _optional(parent: JsonMap, name: str) -> str:
    value = parent.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > URL_LIMIT or not _encodable(value):
        raise InvalidError(FAILED, about=name, hint=f"it must be text of at most {URL_LIMIT} characters")
    return value


def _texts(parent: JsonMap, name: str) -> list[str]:
    value = parent.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidError(FAILED, about=f"commits.{name}", hint="it must be a list of texts")
    return [item for item in value if isinstance(item, str)]


def _encodable(value: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" or char < " " for char in value)
