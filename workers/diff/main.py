"""`argosy run diff`."""

from __future__ import annotations

from functools import partial

from gitops.jobs import Queue
from gitops.reconcile.quarantine import quarantine
from gitops.settings import RoleSettings
from workers.app import run_worker
from workers.diff.tasks import steps
from workers.station import station
from workers.wiring import ports_of

SLOTS = 4


def run(settings: RoleSettings) -> None:
    """Take turns of the diff queue until SIGTERM."""
    here = station(settings)
    p = ports_of(settings, here)
    run_worker(settings, here, steps(p), (Queue.DIFF,), slots=SLOTS, quarantine=partial(quarantine, p=p))
