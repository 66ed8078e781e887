"""PushEvent x repositories in use -> repositories to look at (argo-cd.md 9.4), by parsed URLs: no regex (S-082)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from gitops.model.revision import RepoKey
from gitops.trigger.push import PushEvent, short_revision

_SCHEMES = frozenset({"http", "https", "ssh", "git+ssh"})
_SSH_DOORS = ("ssh.", "altssh.")
"""Subdomains under which hosts offer SSH on port 443."""


@dataclass(frozen=True, slots=True)
class Place:
    """A repository as host and path, whatever scheme, user or port its URL has; both in lower case, without `.git`."""

    host: str
    path: str


@lru_cache(maxsize=8192)
def place_of(url: str) -> Place | None:
    """Where a URL points (https, http, ssh and scp forms); None when it is no repository URL."""
    text = url.strip()
    scheme, separator, _ = text.partition("://")
    if separator:
        return _parsed(scheme.lower(), text)
    host, colon, path = text.partition(":")
    if colon and "/" not in host:
        return _place(host.rpartition("@")[2], path)
    head, slash, path = text.partition("/")
    return _place(head, path) if slash else None


def _parsed(scheme: str, text: str) -> Place | None:
    if scheme not in _SCHEMES:
        return None
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:  # an unbalanced bracket in the host: no URL, so nobody's repository
        return None
    return _place(host, unquote(parts.path))


def _place(host: str, path: str) -> Place | None:
    trimmed = path.strip("/").lower().removesuffix(".git")
    return Place(host.lower(), trimmed) if host and trimmed else None


def same_repository(event_url: str, app_url: str) -> bool:
    """Whether the URL of an event and the URL in an app mean one repository; the app may use a host's SSH door."""
    told, used = place_of(event_url), place_of(app_url)
    return told is not None and used is not None and _meets(told, used)


def _meets(told: Place, used: Place) -> bool:
    return told.path == used.path and used.host in (told.host, *(door + told.host for door in _SSH_DOORS))


def concerns(event: PushEvent, target_revision: str) -> bool:
    """Whether a source with this targetRevision may read what was pushed.

    Branch x and tag x are not told apart; a version constraint is taken to be met by any tag: the look finds out.
    """
    target = target_revision.strip()
    if target in ("", "HEAD"):
        return event.touched_head
    if short_revision(target) == event.revision:
        return True
    return event.ref.startswith("refs/tags/") and _is_constraint(target)


def _is_constraint(target: str) -> bool:
    bare = target.lstrip("v")
    partial = bare.replace(".", "").isdigit() and bare.count(".") < 2
    wild = bare[:1].isdigit() and any(part in ("x", "X", "*") for part in bare.split("."))
    return partial or wild or any(mark in target for mark in "*^~<>=|")


def repositories_meant(
    event: PushEvent,
    repos: Mapping[RepoKey, tuple[str, ...]],
    targets: Callable[[Iterable[str]], Collection[str]],
) -> tuple[RepoKey, ...]:
    """The repositories an event asks to look at, sorted.

    `targets` gives the targetRevisions of the apps that use any of some URLs; none known means: look.
    """
    told = [place for place in map(place_of, event.urls) if place is not None]
    meant = []
    for key, urls in repos.items():
        used = [place for place in map(place_of, urls) if place is not None]
        if any(_meets(one, other) for one in told for other in used):
            wanted = targets(urls)
            if not wanted or any(concerns(event, target) for target in wanted):
                meant.append(key)
    return tuple(sorted(meant))
