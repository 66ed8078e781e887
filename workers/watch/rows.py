"""A metadata row of a target arrived: news for some app, or nothing (design.md 7.2, 7.6)."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from gitops.drift.suspects import suspects, suspicious
from gitops.health.object import has_rule
from gitops.jobs import Compare, Rank
from gitops.live.tracking import owner_of
from gitops.model.config import Settings
from gitops.model.crds.application import Application
from gitops.model.fingerprint import GONE, Fingerprint, doubt_of
from gitops.model.objects import AppRef, ClusterKey, GroupKind, ObjectKey
from gitops.model.observed import Row
from gitops.ports.queue import Queue
from gitops.ports.store import Facts, Fingerprints
from workers.watch.apps import Apps
from workers.watch.recheck import Recheck

log = logging.getLogger("argosy.watch")

SETTLE = timedelta(milliseconds=80)
"""Only the status moved: wait this long for more, so that one rollout step is one look (performance.md 8.4.4)."""

BUSY_S = 0.15
"""The app's own operation is running: its writes are no news; look again after this many seconds."""


class RowNews:
    """Decides for each row whether an app must be compared; asks Redis for fingerprints, never a cluster."""

    def __init__(
        self, apps: Apps, fingerprints: Fingerprints, facts: Facts, queue: Queue, recheck: Recheck, namespace: str
    ) -> None:
        self._apps = apps
        self._fingerprints = fingerprints
        self._facts = facts
        self._queue = queue
        self._recheck = recheck
        self._namespace = namespace

    def listed(
        self, cluster: ClusterKey, kind: GroupKind, rows: Iterable[Row], settings: Settings, *, namespace: str = ""
    ) -> None:
        """All rows of a kind (in one namespace if given): what does not fit its fingerprint is doubted."""
        by_app: dict[AppRef, list[Row]] = defaultdict(list)
        for row in rows:
            app = self._whose(cluster, row, settings)
            if app is not None:
                by_app[app.ref].append(row)
        for app in self._apps.on(cluster):
            known = self._fingerprints.fingerprints(app.metadata.uid)
            of_kind = {
                k: v for k, v in known.items() if k.group_kind == kind and (not namespace or k.namespace == namespace)
            }
            found = suspects(of_kind, by_app.get(app.ref, ()), has_rule=has_rule)
            if found:
                self._doubt(app, cluster, found, timedelta(0))

    def changed(self, cluster: ClusterKey, row: Row, settings: Settings) -> None:
        """One row was added or modified."""
        app = self._whose(cluster, row, settings)
        if app is None:
            return
        known = self._fingerprints.fingerprints(app.metadata.uid).get(row.key)
        why = suspicious(known, row, has_rule=has_rule(row.key.group_kind))
        if not why:
            return
        log.debug("suspect", extra={"app": str(app.ref), "object": str(row.key), "why": why})
        settle = SETTLE if known is not None and _only_status(known, row) else timedelta(0)
        self._doubt(app, cluster, {row.key: doubt_of(row)}, settle)

    def gone(self, cluster: ClusterKey, key: ObjectKey) -> None:
        """An object was deleted."""
        app = self._apps.owner(cluster, key)
        if app is not None:
            known = self._fingerprints.fingerprints(app.metadata.uid).get(key)
            if known is None or known.uid:
                self._doubt(app, cluster, {key: GONE}, timedelta(0))

    def _whose(self, cluster: ClusterKey, row: Row, settings: Settings) -> Application | None:
        app = self._apps.owner(cluster, row.key)
        if app is not None or not row.tracking:
            return app
        mark = owner_of(row.tracking, row.key, settings, control_namespace=self._namespace)
        return self._apps.get(mark.app) if mark and not mark.copied else None

    def _doubt(self, app: Application, cluster: ClusterKey, found: dict[ObjectKey, str], settle: timedelta) -> None:
        self._fingerprints.suspect(app.metadata.uid, found)
        if self._facts.busy(app.ref):
            self._recheck.after(BUSY_S, lambda: self._again(app, cluster))
            return
        self._queue.nudge(Compare(app.ref, cluster), Rank.DRIFT, after=settle)

    def _again(self, app: Application, cluster: ClusterKey) -> None:
        if self._facts.busy(app.ref):
            self._recheck.after(BUSY_S, lambda: self._again(app, cluster))
        elif self._fingerprints.suspects(app.metadata.uid):
            self._queue.nudge(Compare(app.ref, cluster), Rank.DRIFT)


def _only_status(known: Fingerprint, row: Row) -> bool:
    """Spec and ownership are as they were: at most the status moved."""
    same = known.uid == row.uid and known.entry == row.entry and known.generation == row.generation
    return same and bool(row.generation) and not row.deleting
