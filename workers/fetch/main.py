"""`argosy run fetch`."""

from __future__ import annotations

from gitops.jobs import Fetch, Job, Queue
from gitops.reconcile.rendering import FetchPorts, set_aside
from gitops.settings import RoleSettings
from workers.app import run_worker
from workers.fetch.tasks import steps
from workers.fetch.wiring import fetch_ports
from workers.station import station

SLOTS = 4


def run(settings: RoleSettings) -> None:
    """Take turns of the fetch queue until SIGTERM."""
    here = station(settings)
    p = fetch_ports(settings, here)
    run_worker(settings, here, steps(p), (Queue.FETCH,), slots=SLOTS, quarantine=lambda job: _put_aside(job, p))


def _put_aside(job: Job, p: FetchPorts) -> None:
    if isinstance(job, Fetch):
        set_aside(job, p, _NoLease(), p.clock.now())


class _NoLease:
    """A quarantined job has no turn that could be lost."""

    def check(self) -> None:
        """Go on."""
