"""Tasks of the diff queue: parse is done, call one step, say when to look again."""

from __future__ import annotations

from gitops.jobs import Compare, Job, Scan, Sweep
from gitops.ports.lease import Lease
from gitops.reconcile.compare import compare
from gitops.reconcile.ports import Ports
from gitops.reconcile.scan import scan
from gitops.reconcile.sweep import sweep
from workers.turn import Outcome, StepTable


def steps(p: Ports) -> StepTable:
    """The steps of the diff queue, by verb."""

    def compare_task(job: Job, lease: Lease) -> Outcome:
        if not isinstance(job, Compare):
            raise TypeError(f"not a Compare: {job}")
        return Outcome(compare(job, p, lease, p.clock.now()))

    def scan_task(job: Job, lease: Lease) -> Outcome:
        if not isinstance(job, Scan):
            raise TypeError(f"not a Scan: {job}")
        scan(job, p, lease, p.clock.now())
        return Outcome()

    def sweep_task(job: Job, lease: Lease) -> Outcome:
        if not isinstance(job, Sweep):
            raise TypeError(f"not a Sweep: {job}")
        sweep(job, p, lease, p.clock.now())
        return Outcome()

    return {"compare": compare_task, "scan": scan_task, "sweep": sweep_task}
