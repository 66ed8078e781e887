"""Metadata watches of the targets: one thread per cluster, kind and place, started when an app uses the kind."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from gitops.access.destination import resolve
from gitops.adapters.kube.cluster import KubeCluster
from gitops.adapters.kube.follow import follow_rows
from gitops.adapters.kube.stop import Stop
from gitops.errors import ArgosyError
from gitops.model.config import HubConfig, Settings
from gitops.model.objects import ClusterKey, GroupKind
from gitops.model.observed import Row, Rows
from gitops.ports.cluster import Clusters
from workers.watch.apps import Apps
from workers.watch.recheck import Recheck
from workers.watch.rows import RowNews

log = logging.getLogger("argosy.watch")

AGAIN_S = 5.0


@dataclass(frozen=True)
class _Listener:
    """Hears about one kind of one cluster (port `RowListener`)."""

    cluster: ClusterKey
    kind: GroupKind
    settings: Settings
    news: RowNews
    namespace: str

    def listed(self, rows: Rows) -> None:
        self.news.listed(self.cluster, self.kind, rows.rows, self.settings, namespace=self.namespace)

    def changed(self, row: Row) -> None:
        self.news.changed(self.cluster, row, self.settings)

    def gone(self, row: Row) -> None:
        self.news.gone(self.cluster, row.key)

    def failed(self, reason: str) -> None:
        if reason:
            about = {"cluster": self.cluster, "kind": str(self.kind), "reason": reason}
            log.warning("kind is not watched", extra=about)


class Targets:
    """Starts and stops the watches as apps and clusters come and go."""

    def __init__(
        self, apps: Apps, clusters: Clusters, config: Callable[[], HubConfig], news: RowNews, recheck: Recheck
    ) -> None:
        self._apps = apps
        self._clusters = clusters
        self._config = config
        self._news = news
        self._recheck = recheck
        self._lock = threading.Lock()
        self._running: dict[tuple[ClusterKey, GroupKind], Stop] = {}
        self._seen: HubConfig | None = None

    def adjust(self) -> None:
        """Watch exactly the kinds that apps use now; changed settings or clusters start all watches again."""
        try:
            config = self._config()
        except ArgosyError as error:
            log.warning("targets are adjusted later", extra={"reason": str(error)})
            self._recheck.after(AGAIN_S, self.adjust)
            return
        with self._lock:
            if self._seen and (self._seen.clusters, self._seen.settings) != (config.clusters, config.settings):
                self._end(set(self._running))
            self._seen = config
            wanted = {(c, k) for c, kinds in self._apps.kinds().items() for k in kinds}
            self._end(set(self._running) - wanted)
            for cluster, kind in sorted(wanted - set(self._running)):
                self._begin(config, cluster, kind)

    def stop(self) -> None:
        """End all watches."""
        with self._lock:
            self._end(set(self._running))

    def count(self) -> int:
        """How many kinds are watched."""
        return len(self._running)

    def _end(self, keys: set[tuple[ClusterKey, GroupKind]]) -> None:
        for key in keys:
            self._running.pop(key).set()

    def _begin(self, config: HubConfig, lane: ClusterKey, kind: GroupKind) -> None:
        app = next(iter(self._apps.on(lane)), None)
        if app is None:
            return
        try:
            cluster = self._clusters.open(resolve(app.spec.destination, config.clusters))
            if not isinstance(cluster, KubeCluster):
                return
            places = cluster.places(cluster.kind(kind))
        except ArgosyError as error:
            log.warning("kind is watched later", extra={"cluster": lane, "kind": str(kind), "reason": str(error)})
            self._recheck.after(AGAIN_S, self.adjust)
            return
        stop = Stop()
        self._running[(lane, kind)] = stop
        for place in places:
            listener = _Listener(lane, kind, config.settings, self._news, place)
            threading.Thread(
                target=_follow,
                args=(cluster, kind, listener, stop),
                name=f"watch {kind}",
                daemon=True,
            ).start()


def _follow(cluster: KubeCluster, kind: GroupKind, listener: _Listener, stop: Stop) -> None:
    try:
        follow_rows(cluster, kind, listener.settings, listener, stop, namespace=listener.namespace)
    except Exception:  # a bug in one watch must be seen; the scan goes on finding what it misses
        log.exception("a watch ended", extra={"cluster": cluster.record.key, "kind": str(kind)})
