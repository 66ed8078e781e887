"""`argosy run watch`: follow the hub and the targets, turn news into jobs, publish what others may know."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from gitops.adapters.kube.follow import follow_objects
from gitops.adapters.kube.hub import KubeHub
from gitops.adapters.kube.hub_paths import CLUSTER_SECRETS, REPOSITORY_SECRETS
from gitops.adapters.kube.stop import Stop
from gitops.ports.watching import ObjectListener
from gitops.settings import RoleSettings
from workers.log import set_up
from workers.ready import announce
from workers.station import station
from workers.watch.apps import Apps
from workers.watch.hubnews import AppNews
from workers.watch.publish import ConfigNews, Publisher
from workers.watch.recheck import Recheck
from workers.watch.rows import RowNews
from workers.watch.targets import Targets
from workers.wiring import index_of, ports_of, vault_of

log = logging.getLogger("argosy.watch")

PART_OF = "labelSelector=app.kubernetes.io%2Fpart-of%3Dargocd"
ALIVE_S = 10.0


@dataclass(frozen=True)
class _Feed:
    """One collection of the hub, and who hears about it."""

    path: str
    kind: str
    listener: ObjectListener
    query: str = ""


def run(settings: RoleSettings) -> None:
    """Watch until SIGTERM."""
    set_up(settings.log_level)
    here = station(settings)
    p = ports_of(settings, here)
    if not isinstance(p.hub, KubeHub):
        raise TypeError("watch needs the hub's own client")
    hub, facts = p.hub, p.facts
    apps, recheck = Apps(), Recheck()
    rows = RowNews(apps, p.fingerprints, facts, p.queue, recheck, settings.namespace)
    targets = Targets(apps, p.clusters, lambda: hub.config(facts.version()), rows, recheck)
    news = AppNews(apps, index_of(settings, here), p.fingerprints, p.queue, targets)
    publisher = Publisher(news, facts, vault_of(settings, here), p.queue, hub.credentials)
    stop = Stop()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    publisher.first()
    recheck.start()
    for feed in _feeds(hub, news, publisher):
        _thread(f"follow {feed.kind}", partial(_follow, hub, feed, stop))
    _thread("publish", lambda: publisher.run(stop))
    while not stop.is_set():
        announce(settings)
        stop.wait(ALIVE_S)
    targets.stop()
    recheck.stop()


def _feeds(hub: KubeHub, news: AppNews, publisher: Publisher) -> tuple[_Feed, ...]:
    paths = hub.paths
    return (
        _Feed(paths.applications, "Application", news),
        _Feed(paths.projects, "AppProject", ConfigNews(publisher)),
        _Feed(paths.secrets, "Secret", ConfigNews(publisher), CLUSTER_SECRETS),
        _Feed(paths.secrets, "Secret", ConfigNews(publisher), REPOSITORY_SECRETS),
        _Feed(paths.config_maps, "ConfigMap", ConfigNews(publisher), PART_OF),
    )


def _follow(hub: KubeHub, feed: _Feed, stop: Stop) -> None:
    try:
        follow_objects(hub.client, feed.path, feed.listener, stop, kind=feed.kind, query=feed.query)
    except Exception:
        log.exception("a hub watch ended: the process ends, the supervisor starts it again")
        stop.set()


def _thread(name: str, work: Callable[[], None]) -> None:
    threading.Thread(target=work, name=name, daemon=True).start()
