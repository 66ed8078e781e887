"""News of the hub's Applications: the index is kept, and what an edit asks for becomes a job (walk C)."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from gitops.errors import InvalidError
from gitops.jobs import Advance, Compare, Fetch, Rank
from gitops.model.crds.application import Application
from gitops.model.objects import AppRef, JsonMap, as_map, as_text
from gitops.ports.queue import Queue
from gitops.ports.store import Fingerprints, Index
from gitops.trigger.edited import Look, looks
from gitops.trigger.lane import lane_of, repo_of, repos_of
from workers.watch.apps import Apps
from workers.watch.targets import Targets

log = logging.getLogger("argosy.watch")


@dataclass(frozen=True)
class AppNews:
    """Hears about Applications (port `ObjectListener`)."""

    apps: Apps
    index: Index
    fingerprints: Fingerprints
    queue: Queue
    targets: Targets

    def listed(self, objects: list[JsonMap]) -> None:
        """Take the whole list: what is not in it any more was deleted while nobody watched."""
        found = [app for body in objects if (app := _parsed(body)) is not None]
        present = {app.ref for app in found}
        for app in found:
            self._take(app, adjust=False)
        for gone in [a for a in self.apps.all() if a.ref not in present]:
            self._forget(gone.ref)
        self.targets.adjust()

    def changed(self, body: JsonMap) -> None:
        """An Application is new or differs."""
        app = _parsed(body)
        if app is not None:
            self._take(app, adjust=True)

    def gone(self, body: JsonMap) -> None:
        """An Application was deleted."""
        app = _parsed(body)
        if app is not None:
            self._forget(app.ref)
            self.targets.adjust()

    def failed(self, reason: str) -> None:
        """Say that news is late."""
        if reason:
            log.warning("applications are not watched", extra={"reason": reason})

    def republish(self) -> None:
        """Put everything into an emptied Redis again, and look at every repository and running operation."""
        for app in self.apps.all():
            self.index.put(app, repos_of(app))
            self._nudge(app, looks(None, app))

    def _take(self, app: Application, *, adjust: bool) -> None:
        before = self.apps.put(app)
        if before is None or _indexed(before) != _indexed(app):
            self.index.put(app, repos_of(app))
        self._nudge(app, looks(before, app))
        if adjust and (before is None or _kinds(before) != _kinds(app) or lane_of(before) != lane_of(app)):
            self.targets.adjust()

    def _nudge(self, app: Application, asked: frozenset[Look]) -> None:
        if Look.ADVANCE in asked:
            self.queue.nudge(Advance(app.ref, lane_of(app)), Rank.HUMAN)
        if Look.FETCH_NOW in asked:
            self.queue.nudge(Fetch(repo_of(app)), Rank.HUMAN)
        elif Look.FETCH in asked:
            self.queue.nudge(Fetch(repo_of(app)), Rank.WEBHOOK)
        if Look.COMPARE in asked:
            self.queue.nudge(Compare(app.ref, lane_of(app)), Rank.HUMAN)

    def _forget(self, ref: AppRef) -> None:
        app = self.apps.drop(ref)
        self.index.drop(ref)
        if app is not None:
            self.fingerprints.forget(app.metadata.uid)


def _parsed(body: JsonMap) -> Application | None:
    try:
        return Application.parse(body)
    except InvalidError as error:
        # one unreadable object must not hide the others (S-158); the API server's schema lets few through
        name = as_text(as_map(body.get("metadata")).get("name"))
        log.error("application cannot be read", extra={"app": name, "reason": str(error)})
        return None


def _indexed(app: Application) -> object:
    """What fetch and the webhook see of an app (Index.put)."""
    state = app.status.operation_state
    pinned = (state.phase, state.sync_result.revision if state.sync_result else "") if state else None
    return app.metadata.uid, app.metadata.annotations, app.metadata.deletion_timestamp, app.spec, app.operation, pinned


def _kinds(app: Application) -> frozenset[tuple[str, str]]:
    return frozenset((r.group, r.kind) for r in app.status.resources)
