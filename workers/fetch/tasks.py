"""Tasks of the fetch queue: parse is done, call one step, say when to look again."""

from __future__ import annotations

from gitops.jobs import Fetch, Job
from gitops.ports.lease import Lease
from gitops.reconcile.fetch import fetch
from gitops.reconcile.rendering import FetchPorts
from workers.turn import Outcome, StepTable


def steps(p: FetchPorts) -> StepTable:
    """The steps of the fetch queue, by verb."""

    def fetch_task(job: Job, lease: Lease) -> Outcome:
        if not isinstance(job, Fetch):
            raise TypeError(f"not a Fetch: {job}")
        return Outcome(fetch(job, p, lease, p.clock.now()))

    return {"fetch": fetch_task}
