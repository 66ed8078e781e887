"""Begin an operation: the one way in, whoever asked (layout.md walk C)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from gitops.model.crds.application import Application, Operation, OperationState, Source, SyncResult


def begin(app: Application, operation: Operation, revision: str, source: Source, now: datetime) -> Application:
    """The app with `operation` under way, pinned to `revision`; the request itself is taken away.

    The caller writes it fenced by the app's resourceVersion: a conflict means that someone was first.
    """
    state = OperationState(
        operation=operation,
        phase="Running",
        message="waiting for a worker",
        started_at=now.replace(microsecond=0),
        sync_result=SyncResult(revision=revision, source=source),
    )
    return replace(app, operation=None, status=replace(app.status, operation_state=state))
