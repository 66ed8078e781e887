"""One turn of an app's deletion: remove what is ours, wait until it is gone, drop the finalizer (argo-cd.md 2.11)."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gitops.access.destination import UnknownClusterError, resolve
from gitops.access.project import permits_object
from gitops.errors import ArgosyError, InvalidError
from gitops.live.belonging import belongs
from gitops.model.config import HubConfig
from gitops.model.crds.application import Application
from gitops.model.crds.project import AppProject
from gitops.model.objects import GroupKind, ObjectKey
from gitops.model.observed import Found, LiveObject, Unknown
from gitops.ports.cluster import Cluster
from gitops.ports.lease import Lease
from gitops.reconcile.ports import Ports
from gitops.sync.cascade import CASCADE, cascade_of, deletable
from gitops.sync.order import prune_place
from gitops.sync.report import conditions_after

log = logging.getLogger("argosy.teardown")

WAIT = timedelta(seconds=2)


@dataclass(frozen=True)
class _Site:
    """Where the app's objects are, and under which project they may be removed."""

    app: Application
    config: HubConfig
    project: AppProject
    cluster: Cluster


def teardown(app: Application, p: Ports, lease: Lease, now: datetime) -> timedelta | None:
    """Go on with the deletion of `app`; returns when to look again, None when there is nothing left to do for us."""
    propagation = cascade_of(app.metadata.finalizers)
    if propagation is None:
        return None
    try:
        site = _site(app, p)
        left = _remove(site, propagation, p, lease) if site else 0
    except ArgosyError as error:
        return _stuck(app, str(error), p, lease, now)
    if left:
        log.info("waiting for deletion", extra={"app": str(app.ref), "left": left})
        return WAIT
    lease.check()
    finalizers = tuple(f for f in app.metadata.finalizers if f not in CASCADE)
    p.hub.update(app, replace(app, metadata=replace(app.metadata, finalizers=finalizers)))
    p.fingerprints.forget(app.metadata.uid)
    return None


def _site(app: Application, p: Ports) -> _Site | None:
    """Where to remove objects; None when the destination cluster is not registered any more (AC-050).

    Raises:
        InvalidError: the project is gone: nothing is deleted until it is back.
    """
    config = p.hub.config(p.facts.version())
    project = config.projects.get(app.spec.project or "default")
    if project is None:
        raise InvalidError(
            f"project {app.spec.project} does not exist", about=str(app.ref), hint="create it, or remove the finalizer"
        )
    try:
        record = resolve(app.spec.destination, config.clusters)
    except UnknownClusterError:
        return None
    return _Site(app, config, project, p.clusters.open(record))


def _remove(site: _Site, propagation: str, p: Ports, lease: Lease) -> int:
    """Delete what is ours and deletable; returns how many objects are still there and must be waited for."""
    left = 0
    for live in _ours(site, p):
        if not deletable(live.manifest):
            continue
        info = site.cluster.discovery().of(live.key.group, live.key.kind)
        namespaced = isinstance(info, Found) and info.object.namespaced
        if permits_object(site.project, live.manifest, site.cluster.record, namespaced):
            continue
        left += propagation != "Orphan"
        if not live.deleting:
            lease.check()
            site.cluster.delete(live.key, live.uid, propagation=propagation)
    return left


def _ours(site: _Site, p: Ports) -> list[LiveObject]:
    """Every live object that is tracked as this app's: from its status, its fingerprints, and a list of those kinds.

    Raises:
        InvalidError: an object or kind could not be read; unknown is not "gone", so the deletion waits.
    """
    keys = {r.key for r in site.app.status.resources}
    keys |= set(p.fingerprints.fingerprints(site.app.metadata.uid))
    keys |= _tracked(site, {k.group_kind for k in keys})
    found = []
    for key in sorted(keys, key=prune_place):
        live = site.cluster.read(key)
        if isinstance(live, Unknown):
            raise InvalidError(f"cannot read {key}: {live.reason}", about=str(site.app.ref))
        if isinstance(live, Found) and belongs(live.object, site.app, site.config.namespace, site.config.settings):
            found.append(live.object)
    return found


def _tracked(site: _Site, kinds: Iterable[GroupKind]) -> set[ObjectKey]:
    """Objects of the app's kinds that carry its mark but are in no record."""
    name = site.app.metadata.name
    found: set[ObjectKey] = set()
    for kind in sorted(kinds):
        rows = site.cluster.rows(kind, site.config.settings)
        if isinstance(rows, Unknown):
            raise InvalidError(f"cannot list {kind}: {rows.reason}", about=str(site.app.ref))
        found |= {r.key for r in rows.rows if name in r.tracking}
    return found


def _stuck(app: Application, why: str, p: Ports, lease: Lease, now: datetime) -> timedelta:
    found = {c.type: c.message for c in app.status.conditions} | {"DeletionError": why}
    conditions = conditions_after(app.status.conditions, found, now)
    after = replace(app, status=replace(app.status, conditions=conditions))
    if after != app:
        lease.check()
        p.hub.update(app, after)
    return timedelta(seconds=10)
