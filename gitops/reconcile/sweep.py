"""Sweep: read the hub and nudge whatever has no job (design.md 6.5; celery.md 3 SCAN)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from gitops.jobs import Advance, Compare, Fetch, Job, Rank, Scan, Sweep
from gitops.model.crds.application import Application
from gitops.model.objects import REFRESH
from gitops.ports.lease import Lease
from gitops.reconcile.ports import Ports
from gitops.trigger.due import due
from gitops.trigger.edited import SKIP, running
from gitops.trigger.lane import lane_of, repo_of

log = logging.getLogger("argosy.sweep")


def sweep(job: Sweep, p: Ports, lease: Lease, now: datetime) -> None:
    """One reading of all Applications; every nudge is merged with what already waits, so a sweep is never wrong.

    Raises:
        RetryableError: the hub did not answer.
    """
    config = p.hub.config(p.facts.version())
    apps = [a for a in p.hub.applications() if a.metadata.annotations.get(SKIP) != "true"]
    marks = p.facts.marks()
    interval = timedelta(seconds=config.settings.reconciliation_s)
    jitter = timedelta(seconds=config.settings.reconciliation_jitter_s)
    jobs: dict[Job, Rank] = {}
    repos = {f"fetch:{repo_of(a)}": Fetch(repo_of(a)) for a in apps if a.spec.effective_sources}
    clusters = {f"scan:{lane_of(a)}": Scan(lane_of(a)) for a in apps}
    for name in due(sorted({*repos, *clusters}), marks, now, interval=interval, jitter=jitter):
        jobs[repos.get(name) or clusters[name]] = Rank.PERIODIC
    jobs.update(_behind(apps, p))
    jobs.update(_open(apps, p))
    for wanted, rank in jobs.items():
        p.queue.nudge(wanted, rank)
    p.facts.mark("sweep", now)


def _open(apps: Sequence[Application], p: Ports) -> dict[Job, Rank]:
    """Work that the hub says is under way or asked for."""
    jobs: dict[Job, Rank] = {}
    for app in apps:
        if app.metadata.deletion_timestamp is not None or running(app):
            jobs[Advance(app.ref, lane_of(app))] = Rank.HUMAN
        elif app.operation is not None or REFRESH in app.metadata.annotations:
            jobs[Fetch(repo_of(app))] = Rank.HUMAN
        elif app.status.reconciled_at is None:
            jobs[Compare(app.ref, lane_of(app))] = Rank.HUMAN  # asks for a render itself where there is none
    return jobs


def _behind(apps: Sequence[Application], p: Ports) -> dict[Job, Rank]:
    """Looks that were lost on their way: a render nobody compared, drift that waits for its self-heal.

    A fetch nudges nobody for a tree it has rendered, and a scan nobody for a verdict it knows; a Compare lost between
    them with its lane would be missed until the next commit.
    """
    rendered = {repo: p.desireds.tree_keys(repo) for repo in {repo_of(a) for a in apps}}
    jobs: dict[Job, Rank] = {}
    for app in apps:
        _, commit = rendered[repo_of(app)].get(app.metadata.uid, (None, None))
        untold = commit is not None and commit != app.status.sync.revision
        unhealed = app.spec.is_automated and app.status.sync.status != "Synced"
        if untold or unhealed:
            jobs[Compare(app.ref, lane_of(app))] = Rank.PERIODIC
    return jobs
