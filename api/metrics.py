"""/metrics in Argo CD's names (argo-cd.md 14.1, 14.2): apps from memory, counters of all processes from Redis."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flask import Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from api.argo.lookup import project_of
from api.routes import Open, Route
from api.wiring import Ports
from gitops.errors import RetryableError
from gitops.model.crds.application import Application
from gitops.model.objects import JsonMap
from gitops.ports.metrics import Sample

APP_LABELS = (
    "namespace",
    "name",
    "project",
    "autosync_enabled",
    "repo",
    "dest_server",
    "dest_namespace",
    "sync_status",
    "health_status",
    "operation",
)
_USERINFO = re.compile(r"(?<=://)[^/@]*@")


class Metrics:
    """The route; a registry of its own, so that nothing of the process slips in."""

    def __init__(self, ports: Ports) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(Fleet(ports))

    def routes(self) -> tuple[Route, ...]:
        """Open as in Argo CD, whose metrics port asks for nothing."""
        return (Route("GET", "/metrics", self.get, Open("Prometheus scrapes without a session; no label is secret")),)

    def get(self) -> Response:
        """Prometheus text."""
        return Response(generate_latest(self._registry), 200, content_type="text/plain; version=0.0.4; charset=utf-8")


class Fleet(Collector):
    """Everything that is exported, collected when it is asked for."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def describe(self) -> list[Metric]:
        """Nothing up front: names of counters are known when they were counted."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Apps, then whatever Redis has; without Redis `argosy_redis_up` is 0 and the rest is left out."""
        yield self._apps()
        try:
            shared = [*self._lanes(), *self._counters()]
            up = 1.0
        except RetryableError:
            shared, up = [], 0.0
        yield GaugeMetricFamily("argosy_redis_up", "Whether Redis answered this scrape.", value=up)
        yield from shared

    def _apps(self) -> Metric:
        family = GaugeMetricFamily("argocd_app_info", "Information about Applications.", labels=APP_LABELS)
        for body in self._ports.apps.all():
            family.add_metric(_app_labels(body), 1.0)
        return family

    def _lanes(self) -> Iterator[Metric]:
        depth = GaugeMetricFamily("argosy_lane_jobs", "Jobs in the lanes.", labels=("queue", "state"))
        age = GaugeMetricFamily("argosy_lane_oldest_seconds", "Age of the job that waits longest.", labels=("queue",))
        for one in self._ports.depths():
            depth.add_metric((one.queue, "ready"), one.ready)
            depth.add_metric((one.queue, "leased"), one.leased)
            age.add_metric((one.queue,), one.oldest_s)
        yield from (depth, age)

    def _counters(self) -> Iterator[Metric]:
        for name, samples in sorted(self._ports.counters.read().items()):
            yield _counter(name, samples)


def _counter(name: str, samples: tuple[Sample, ...]) -> Metric:
    labels = sorted({label for sample in samples for label in sample.labels})
    family = CounterMetricFamily(name.removesuffix("_total"), f"Counted by Argosy: {name}.", labels=labels)
    for sample in samples:
        family.add_metric([sample.labels.get(label, "") for label in labels], sample.value)
    return family


def _app_labels(body: JsonMap) -> list[str]:
    app = Application.parse(body)
    sources = app.spec.effective_sources
    return [
        app.metadata.namespace,
        app.metadata.name,
        project_of(body),
        "true" if app.spec.is_automated else "false",
        _USERINFO.sub("", sources[0].repo_url) if sources else "",
        app.spec.destination.server or app.spec.destination.name,
        app.spec.destination.namespace,
        app.status.sync.status or "Unknown",
        app.status.health.status or "Unknown",
        _operation(app),
    ]


def _operation(app: Application) -> str:
    state = app.status.operation_state
    if app.metadata.deletion_timestamp is not None:
        return "delete"
    running = app.operation is not None or (state is not None and state.finished_at is None)
    return "sync" if running else ""
