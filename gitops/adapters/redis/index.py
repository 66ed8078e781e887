"""Port Index on Redis: each app trimmed and sealed; what this process has parsed is asked for by version only."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gitops.adapters.redis.connect import Argument, Server, as_bytes, as_replies, as_words
from gitops.adapters.redis.seal import Seal, short
from gitops.errors import InvalidError
from gitops.model.crds.application import Application
from gitops.model.objects import AppRef, Json, JsonMap, as_map, digest_of
from gitops.model.revision import RepoKey

_APPS, _DIGESTS, _FILED = "argosy:i:app", "argosy:i:digest", "argosy:i:repos"
_VERSION, _CHANGED, _REPO = "argosy:i:version", "argosy:i:changed", "argosy:i:r:"
_BULKY = "kubectl.kubernetes.io/last-applied-configuration"


class _Entry(NamedTuple):
    """What is sealed of an app."""

    app: bytes
    urls: dict[str, list[str]]
    """Repository -> URLs as the app writes them."""


@dataclass(frozen=True)
class _Known:
    """An entry this process has opened, and the version it was stored with."""

    version: str
    app: Application
    urls: dict[str, list[str]]


class RedisIndex:
    """A change costs its readers one app; no change costs one question."""

    def __init__(self, server: Server, key: bytes) -> None:
        self._server = server
        self._seal = Seal(key)
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}
        self._lists: dict[str, tuple[str, tuple[Application, ...]]] = {}
        self._repos: tuple[str, dict[RepoKey, tuple[str, ...]]] = ("", {})

    def put(self, app: Application, repos: Iterable[RepoKey]) -> None:
        """See port; an app that is stored as it is costs one read."""
        ref, filed = str(app.ref), tuple(repos)
        trimmed = _trimmed(app)
        digest = digest_of([trimmed, list(filed)])
        found = self._server.together([("HGET", _DIGESTS, ref), ("HGET", _FILED, ref)], atomic=False)
        if as_words(found[0]) == digest:
            return
        entry = _Entry(json.dumps(trimmed).encode(), _urls(app, filed))
        lists = {_REPO + short(repo) for repo in filed}
        # Random, not counted: after a flush a counter would give old versions to new entries.
        version = secrets.randbits(48)
        commands: list[tuple[Argument, ...]] = [
            ("HSET", _APPS, ref, self._seal.pack(entry, _APPS, ref)),
            ("HSET", _DIGESTS, ref, digest),
            ("HSET", _FILED, ref, " ".join(sorted(lists))),
            ("ZADD", _CHANGED, version, ref),
            *(("ZADD", name, version, ref) for name in sorted(lists)),
            *(("ZREM", name, ref) for name in as_words(found[1]).split() if name not in lists),
            ("SET", _VERSION, version),
        ]
        self._server.together(commands)

    def drop(self, ref: AppRef) -> None:
        """See port."""
        name = str(ref)
        lists = as_words(self._server.call("HGET", _FILED, name)).split()
        hashes: list[tuple[Argument, ...]] = [("HDEL", key, name) for key in (_APPS, _DIGESTS, _FILED)]
        sets: list[tuple[Argument, ...]] = [("ZREM", key, name) for key in (_CHANGED, *lists)]
        self._server.together([*hashes, *sets, ("SET", _VERSION, secrets.randbits(48))])
        with self._lock:
            self._known.pop(name, None)

    def of_repo(self, repo: RepoKey) -> Sequence[Application]:
        """See port; in order of names. An entry that is not authentic, or not of this repository, is left out."""
        version = as_words(self._server.call("GET", _VERSION))
        known = self._lists.get(repo)
        if version and known is not None and known[0] == version:
            return known[1]
        entries = self._read(_REPO + short(repo))
        apps = tuple(entry.app for _, entry in sorted(entries.items()) if repo in entry.urls)
        if version:
            self._lists[repo] = (version, apps)
        return apps

    def repos(self) -> dict[RepoKey, tuple[str, ...]]:
        """See port."""
        version = as_words(self._server.call("GET", _VERSION))
        if version and self._repos[0] == version:
            return self._repos[1]
        found: dict[RepoKey, dict[str, None]] = {}
        for entry in self._read(_CHANGED).values():
            for repo, urls in entry.urls.items():
                found.setdefault(RepoKey(repo), {}).update(dict.fromkeys(urls))
        self._repos = (version, {repo: tuple(urls) for repo, urls in found.items()})
        return self._repos[1]

    def _read(self, name: str) -> dict[str, _Known]:
        """The apps of a list of ours; only those whose version is new are fetched and opened."""
        flat = [as_words(word) for word in as_replies(self._server.call("ZRANGE", name, 0, -1, "WITHSCORES"))]
        versions = dict(zip(flat[::2], flat[1::2], strict=True))
        with self._lock:
            stale = [ref for ref, v in versions.items() if ref not in self._known or self._known[ref].version != v]
        sealed = as_replies(self._server.call("HMGET", _APPS, *stale)) if stale else []
        for ref, blob in zip(stale, sealed, strict=True):
            self._open(ref, as_bytes(blob), versions[ref])
        with self._lock:
            return {ref: self._known[ref] for ref in versions if ref in self._known}

    def _open(self, ref: str, sealed: bytes, version: str) -> None:
        entry = self._seal.unpack(sealed, _Entry, _APPS, ref)
        app = _parsed(entry.app) if entry is not None else None
        with self._lock:
            if entry is None or app is None:
                self._known.pop(ref, None)
            else:
                self._known[ref] = _Known(version, app, entry.urls)


def _trimmed(app: Application) -> JsonMap:
    """The app without what neither fetch nor the webhook reads."""
    body = app.dump()
    metadata = {name: value for name, value in as_map(body.get("metadata")).items() if name != "managedFields"}
    if "annotations" in metadata:
        annotations = as_map(metadata["annotations"])
        metadata["annotations"] = {name: value for name, value in annotations.items() if name != _BULKY}
    status = as_map(body.get("status"))
    kept: JsonMap = {"operationState": status["operationState"]} if "operationState" in status else {}
    sync = as_map(status.get("sync"))
    kept["sync"] = {name: sync[name] for name in ("status", "revision", "revisions") if name in sync}
    return body | {"metadata": metadata, "status": kept}


def _parsed(text: bytes) -> Application | None:
    value: Json = json.loads(text)
    try:
        return Application.parse(value)
    except InvalidError:
        return None  # written by a version with other fields: absent until watch puts it again


def _urls(app: Application, repos: Sequence[RepoKey]) -> dict[str, list[str]]:
    """Which URLs stand for which repository: `repos` is in the order of the sources.

    When two sources share a repository the order does not tell; then each gets all URLs, which costs a look at most.
    """
    written = [source.repo_url for source in app.spec.effective_sources]
    if len(written) == len(repos):
        return {repo: [url] for repo, url in zip(repos, written, strict=True)}
    return dict.fromkeys(repos, written)
