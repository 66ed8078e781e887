"""What `watch` publishes: the version of the hub's settings, sealed credentials, and everything again after a flush."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from gitops.errors import ArgosyError
from gitops.jobs import Compare, Fetch, Rank, Sweep
from gitops.model.credentials import CredentialSet
from gitops.model.objects import JsonMap, as_map, as_text
from gitops.ports.queue import Queue
from gitops.ports.store import Facts, Vault
from gitops.trigger.lane import lane_of, repo_of
from workers.watch.hubnews import AppNews

log = logging.getLogger("argosy.watch")

CHECK_S = 1.0
"""How soon an emptied Redis is noticed; the sweep would find it within 30 s."""


class Publisher:
    """Keeps Redis told of the hub's settings. `changed` may be called from any thread; work happens in one."""

    def __init__(
        self, news: AppNews, facts: Facts, vault: Vault, queue: Queue, credentials: Callable[[], CredentialSet]
    ) -> None:
        self._news = news
        self._facts = facts
        self._vault = vault
        self._queue = queue
        self._credentials = credentials
        self._dirty = threading.Event()
        self._sealed: CredentialSet | None = None

    def changed(self) -> None:
        """Settings, clusters, projects or credentials of the hub changed."""
        self._dirty.set()

    def first(self) -> None:
        """Publish before anybody asks; no app is judged again because of it."""
        self._publish()

    def run(self, stop: threading.Event) -> None:
        """Until `stop`: publish changes within a moment, and everything again when Redis was emptied."""
        while not stop.is_set():
            try:
                self._once()
            except ArgosyError as error:
                log.warning("publishing later", extra={"reason": str(error)})
            if self._dirty.wait(CHECK_S):
                stop.wait(0.05)  # several Secrets are often written together

    def _once(self) -> None:
        if self._dirty.is_set():
            self._dirty.clear()
            self._publish()
            self._news.targets.adjust()
            self._judge_again()
        if not self._facts.version():
            log.warning("redis was emptied: everything is published again")
            self._sealed = None
            self._publish()
            self._news.republish()
            self._queue.nudge(Sweep(), Rank.HUMAN)

    def _publish(self) -> None:
        credentials = self._credentials()
        if credentials != self._sealed:
            self._vault.put(credentials)
            self._sealed = credentials
            self._fetch_again()
        self._facts.bump()

    def _fetch_again(self) -> None:
        """Credentials changed: try the repositories of apps that could not be compared; the others' next poll does."""
        for app in self._news.apps.all():
            if app.status.sync.status in ("", "Unknown"):
                self._queue.nudge(Fetch(repo_of(app)), Rank.HUMAN)

    def _judge_again(self) -> None:
        for app in self._news.apps.all():
            self._queue.nudge(Compare(app.ref, lane_of(app)), Rank.PERIODIC)


class ConfigNews:
    """Hears about Secrets, ConfigMaps or projects of the hub (port `ObjectListener`): any real change counts."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._known: dict[str, object] = {}
        self._first = True

    def listed(self, objects: list[JsonMap]) -> None:
        """Compare the list with what was known."""
        found = {_name(body): _content(body) for body in objects}
        if not self._first and found != self._known:
            self._publisher.changed()
        self._known, self._first = found, False

    def changed(self, body: JsonMap) -> None:
        """One object is new or differs."""
        if self._known.get(_name(body)) != _content(body):
            self._known[_name(body)] = _content(body)
            self._publisher.changed()

    def gone(self, body: JsonMap) -> None:
        """One object was deleted."""
        if self._known.pop(_name(body), None) is not None:
            self._publisher.changed()

    def failed(self, reason: str) -> None:
        """Say that news is late."""
        if reason:
            log.warning("settings are not watched", extra={"reason": reason})


def _name(body: JsonMap) -> str:
    return as_text(as_map(body.get("metadata")).get("name"))


def _content(body: JsonMap) -> object:
    meta = as_map(body.get("metadata"))
    return body.get("data"), body.get("spec"), meta.get("labels"), meta.get("annotations")
