"""`argosy run work`: everything but fetch in one worker (design.md 3, one machine)."""

from __future__ import annotations

from functools import partial

from gitops.jobs import Queue
from gitops.reconcile.quarantine import quarantine
from gitops.settings import RoleSettings
from workers.app import run_worker
from workers.apply.tasks import steps as apply_steps
from workers.diff.tasks import steps as diff_steps
from workers.station import station
from workers.wiring import ports_of

SLOTS = 12


def run(settings: RoleSettings) -> None:
    """Take turns of the diff and apply queues until SIGTERM."""
    here = station(settings)
    p = ports_of(settings, here)
    table = {**diff_steps(p), **apply_steps(p)}
    run_worker(settings, here, table, (Queue.DIFF, Queue.APPLY), slots=SLOTS, quarantine=partial(quarantine, p=p))
