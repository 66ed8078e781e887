"""Put an app aside whose turns keep killing their worker (design.md 6.10, R-016)."""

from __future__ import annotations

from dataclasses import replace

from gitops.jobs import Advance, Compare, Job, name_of
from gitops.model.observed import Found
from gitops.reconcile.ports import Ports
from gitops.sync.report import conditions_after

CONDITION = "ReconcileQuarantined"


def quarantine(job: Job, p: Ports) -> None:
    """Say on the Application that its turns are not run any more until it changes or a person asks.

    The next look at the app takes the condition away. Jobs that are no app's have no object to say it on.

    Raises:
        ConflictError, RetryableError: not written; asked again with the next turn.
    """
    if not isinstance(job, Compare | Advance) or p.read_only:
        return
    found = p.hub.application(job.app)
    if not isinstance(found, Found):
        return
    app = found.object
    text = (
        f"part {name_of(job)}: its worker died in two turns in a row; it is looked at again when the application "
        "changes or somebody refreshes it; see the workers' logs"
    )
    known = {c.type: c.message for c in app.status.conditions}
    conditions = conditions_after(app.status.conditions, {**known, CONDITION: text}, p.clock.now())
    p.hub.update(app, replace(app, status=replace(app.status, conditions=conditions)))
