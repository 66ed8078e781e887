"""Scan: prove by one metadata list per kind that no change of a cluster was missed (walk B hop 3)."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from gitops.access.destination import resolve
from gitops.drift.suspects import suspects
from gitops.errors import InvalidError
from gitops.health.object import has_rule
from gitops.jobs import Compare, Rank, Scan
from gitops.live.tracking import owner_of
from gitops.model.config import HubConfig
from gitops.model.crds.application import Application
from gitops.model.objects import AppRef, GroupKind
from gitops.model.observed import Row, Unknown
from gitops.ports.cluster import Cluster
from gitops.ports.lease import Lease
from gitops.reconcile.ports import Ports
from gitops.trigger.lane import lane_of

log = logging.getLogger("argosy.scan")


def scan(job: Scan, p: Ports, lease: Lease, now: datetime) -> None:
    """List every kind in use on the cluster once; nudge Compare for the apps that have a suspect object.

    Nothing changed: no message, no write. A kind that cannot be listed is unknown, never absent: its apps are compared,
    which says why.

    Raises:
        RetryableError: hub or store did not answer.
    """
    config = p.hub.config(p.facts.version())
    apps = [a for a in p.hub.applications() if lane_of(a) == job.cluster and a.metadata.deletion_timestamp is None]
    if apps:
        try:
            cluster = p.clusters.open(resolve(apps[0].spec.destination, config.clusters))
        except InvalidError:
            _nudge(apps, p)
        else:
            _prove(apps, cluster, config, p, lease)
    p.facts.mark(f"scan:{job.cluster}", now)


def _prove(apps: Sequence[Application], cluster: Cluster, config: HubConfig, p: Ports, lease: Lease) -> None:
    kinds = sorted({r.key.group_kind for a in apps for r in a.status.resources})
    rows: list[Row] = []
    unknown: set[GroupKind] = set()
    for kind in kinds:
        lease.check()
        listed = cluster.rows(kind, config.settings)
        if isinstance(listed, Unknown):
            unknown.add(kind)
            log.warning("kind cannot be listed", extra={"kind": str(kind), "reason": listed.reason})
        else:
            rows.extend(listed.rows)
    by_app, whole = _by_app(rows, apps, config), frozenset(kinds) - unknown
    for app in apps:
        uid = app.metadata.uid
        found = suspects(
            p.fingerprints.fingerprints(uid),
            by_app.get(app.ref, ()),
            has_rule=has_rule,
            listed=lambda kind: kind in whole,
        )
        if found:
            p.fingerprints.suspect(uid, found)
        if found or any(r.key.group_kind in unknown for r in app.status.resources):
            _nudge([app], p)


def _by_app(rows: Iterable[Row], apps: Sequence[Application], config: HubConfig) -> dict[AppRef, list[Row]]:
    """Rows by the app that manages them (status) or that their mark names."""
    managed = {r.key: a.ref for a in apps for r in a.status.resources}
    found: dict[AppRef, list[Row]] = defaultdict(list)
    for row in rows:
        ref = managed.get(row.key)
        if ref is None and row.tracking:
            mark = owner_of(row.tracking, row.key, config.settings, control_namespace=config.namespace)
            ref = mark.app if mark and not mark.copied else None
        if ref is not None:
            found[ref].append(row)
    return found


def _nudge(apps: Iterable[Application], p: Ports) -> None:
    for app in apps:
        p.queue.nudge(Compare(app.ref, lane_of(app)), Rank.PERIODIC)
