"""Tasks of the apply queue."""

from __future__ import annotations

from gitops.jobs import Advance, Job
from gitops.ports.lease import Lease
from gitops.reconcile.advance import advance
from gitops.reconcile.ports import Ports
from workers.turn import Outcome, StepTable


def steps(p: Ports) -> StepTable:
    """The steps of the apply queue, by verb."""

    def advance_task(job: Job, lease: Lease) -> Outcome:
        if not isinstance(job, Advance):
            raise TypeError(f"not an Advance: {job}")
        return Outcome(advance(job, p, lease, p.clock.now()))

    return {"advance": advance_task}
