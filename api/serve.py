"""`argosy run api`: waitress around the application, a thread that follows the hub, one that refreshes settings."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Protocol, cast

from flask import Flask
from waitress import create_server

from api import log as logs
from api.app import create_app
from api.body import BODY_LIMIT_BYTES
from api.cache import AppCache
from api.feed import Feed
from api.refreshed import Refreshed, keep_fresh
from api.stream import MAX_STREAMS
from api.wiring import LaneDepth, Ports
from gitops import jobs
from gitops.adapters.celery.carrier import broker_url, celery_app
from gitops.adapters.celery.queue import CeleryQueue
from gitops.adapters.clock import SystemClock
from gitops.adapters.kube.client import Client
from gitops.adapters.kube.clusters import KubeClusters
from gitops.adapters.kube.follow import follow_objects
from gitops.adapters.kube.hub import KubeHub
from gitops.adapters.kube.hub_editor import HubEditor
from gitops.adapters.kube.kubeconfig import load
from gitops.adapters.kube.stop import Stop
from gitops.adapters.redis.connect import Server, connect
from gitops.adapters.redis.facts import RedisFacts
from gitops.adapters.redis.index import RedisIndex
from gitops.adapters.redis.lanes import RedisLanes
from gitops.adapters.redis.metrics import RedisCounters
from gitops.adapters.redis.revocations import RedisRevocations
from gitops.adapters.redis.store import RedisDesireds
from gitops.errors import RetryableError
from gitops.ports.lanes import Depths
from gitops.settings import RoleSettings

log = logging.getLogger(__name__)

THREADS = MAX_STREAMS + 24
"""A stream takes a thread; 24 are left for requests when all streams are taken."""
SLOW_SENDER_S = 20
"""A connection that is silent for this long is closed (S-086); streams send a heartbeat or end by themselves."""


class WebServer(Protocol):
    """The part of waitress that is used here."""

    def run(self) -> None:
        """Serve until closed."""

    def close(self) -> None:
        """Stop listening."""


def run(settings: RoleSettings) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        ArgosyError: the hub or Redis cannot be used as configured; the supervisor starts the role again.
    """
    logs.set_up(settings.log_level)
    stop = Stop()
    hub, ports, fresh = wire(settings)
    # Asked now, so that a fresh hub gets its token key and first password before the first login.
    if not ports.logins().accounts.webhook_secrets:
        log.warning("webhooks are not signed", extra={"hint": "put webhook.github.secret into argocd-secret"})
    threads = (
        threading.Thread(target=follow_objects, name="follow", args=_followed(hub, ports, stop)),
        threading.Thread(target=keep_fresh, name="refresh", args=(fresh, stop)),
    )
    for thread in threads:
        thread.start()
    try:
        server = web_server(create_app(ports), settings.host, settings.port, settings_limit(ports))
        serve(server, leaving=ports.apps.close)
    finally:
        stop.set()
        for thread in threads:
            thread.join(5)


def serve(server: WebServer, *, leaving: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; `leaving` is called first, so that streams end before requests are waited for."""

    def leave(number: int, frame: FrameType | None) -> None:
        del number, frame
        leaving()
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    log.info("listening")
    server.run()


def web_server(app: Flask, host: str, port: int, limit_bytes: int, *, threads: int = THREADS) -> WebServer:
    """Waitress with our limits; it does not run yet."""
    server = create_server(
        app,
        host=host,
        port=port,
        threads=threads,
        ident="argosy",
        connection_limit=threads * 2,
        channel_timeout=SLOW_SENDER_S,
        channel_request_lookahead=1,
        max_request_body_size=limit_bytes,
        expose_tracebacks=False,
        clear_untrusted_proxy_headers=True,
    )
    return cast(WebServer, server)


def settings_limit(ports: Ports) -> int:
    """The larger of what a webhook and an API request may hold."""
    return max(BODY_LIMIT_BYTES, ports.config().settings.webhook_limit_bytes)


def wire(settings: RoleSettings) -> tuple[KubeHub, Ports, tuple[Refreshed[object], ...]]:
    """The ports of the API role; connects when they are first used, except for one look at Redis."""
    clock = SystemClock()
    server = Server(connect(settings.redis_url, settings.keys.redis_password, settings.keys.redis_user))
    server.check(may_be_open=settings.redis_open)
    endpoint = load(settings.kubeconfig)
    counters = RedisCounters(server)
    hub = KubeHub(Client(endpoint), settings.namespace, read_only=settings.read_only)
    editor = HubEditor(hub, clock)
    facts = RedisFacts(server)
    logins = Refreshed(editor.logins)
    config = Refreshed(lambda: hub.config(version_or_none(facts)))
    lanes = {queue: RedisLanes(server, queue) for queue in jobs.Queue}
    url = broker_url(settings.redis_url, settings.keys.redis_password, settings.keys.redis_user)
    ports = Ports(
        namespace=settings.namespace,
        clock=clock,
        hub=hub,
        editor=editor,
        index=RedisIndex(server, settings.keys.cache),
        queue=CeleryQueue(celery_app(url, settings.keys.message), lanes, readable=settings.flower),
        desireds=RedisDesireds(server, settings.keys.cache),
        clusters=KubeClusters(endpoint, read_only=True),
        counters=counters,
        revocations=RedisRevocations(server),
        apps=AppCache(),
        logins=logins.value,
        config=config.value,
        depths=lambda: tuple(_depth(queue, one.depths()) for queue, one in lanes.items()),
        read_only=settings.read_only,
    )
    return hub, ports, (cast(Refreshed[object], logins), cast(Refreshed[object], config))


def version_or_none(facts: RedisFacts) -> str:
    """The version of the configuration; empty without Redis, which makes the hub be read again."""
    try:
        return facts.version()
    except RetryableError as error:
        log.info("version of the configuration unknown", extra={"reason": error.message})
        return ""


def _depth(queue: jobs.Queue, depths: Depths) -> LaneDepth:
    oldest = max((age.total_seconds() for age in depths.oldest.values()), default=0.0)
    return LaneDepth(queue.value, sum(depths.ready.values()), depths.leased, oldest)


def _followed(hub: KubeHub, ports: Ports, stop: Stop) -> Iterable[object]:
    return (hub.client, hub.paths.applications, Feed(ports.apps), stop)
