"""The Applications as the hub watch last saw them, and whose a live object is."""

from __future__ import annotations

import threading
from collections import defaultdict

from gitops.model.crds.application import Application
from gitops.model.objects import AppRef, ClusterKey, GroupKind, ObjectKey
from gitops.trigger.lane import lane_of


class Apps:
    """A thread-safe registry; every method takes microseconds, so one lock is enough."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._apps: dict[AppRef, Application] = {}
        self._managed: dict[tuple[ClusterKey, ObjectKey], AppRef] = {}
        self._objects: dict[AppRef, tuple[ClusterKey, frozenset[ObjectKey]]] = {}

    def put(self, app: Application) -> Application | None:
        """Store an app as it is now; returns it as it was before."""
        keys = frozenset(r.key for r in app.status.resources)
        with self._lock:
            before = self._apps.get(app.ref)
            self._apps[app.ref] = app
            self._manage(app.ref, lane_of(app), keys)
            return before

    def drop(self, ref: AppRef) -> Application | None:
        """Forget an app; returns it."""
        with self._lock:
            self._manage(ref, ClusterKey(""), frozenset())
            self._objects.pop(ref, None)
            return self._apps.pop(ref, None)

    def _manage(self, ref: AppRef, cluster: ClusterKey, keys: frozenset[ObjectKey]) -> None:
        old_cluster, old = self._objects.get(ref, (cluster, frozenset()))
        if (old_cluster, old) == (cluster, keys):
            return
        for key in old:
            if self._managed.get((old_cluster, key)) == ref:
                del self._managed[(old_cluster, key)]
        for key in keys:
            self._managed[(cluster, key)] = ref
        self._objects[ref] = (cluster, keys)

    def get(self, ref: AppRef) -> Application | None:
        """One app."""
        with self._lock:
            return self._apps.get(ref)

    def all(self) -> tuple[Application, ...]:
        """All apps."""
        with self._lock:
            return tuple(self._apps.values())

    def owner(self, cluster: ClusterKey, key: ObjectKey) -> Application | None:
        """The app whose status lists the object."""
        with self._lock:
            ref = self._managed.get((cluster, key))
            return self._apps.get(ref) if ref else None

    def on(self, cluster: ClusterKey) -> tuple[Application, ...]:
        """The apps of a cluster."""
        return tuple(a for a in self.all() if lane_of(a) == cluster)

    def kinds(self) -> dict[ClusterKey, frozenset[GroupKind]]:
        """Per cluster the kinds that some app uses: what is to be watched there."""
        found: dict[ClusterKey, set[GroupKind]] = defaultdict(set)
        with self._lock:
            for cluster, keys in self._objects.values():
                found[cluster].update(key.group_kind for key in keys)
        return {cluster: frozenset(kinds) for cluster, kinds in found.items()}

