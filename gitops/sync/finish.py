"""How a turn leaves `status.operationState` and `status.history` (argo-cd.md 2.7, 18.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from gitops.model.crds.application import Application, HistoryEntry, OperationState, ResourceResult, SyncResult
from gitops.sync.machine import Next, Stage

HISTORY_LIMIT = 10


def after_turn(
    app: Application, state: OperationState, following: Next, results: Sequence[ResourceResult], now: datetime
) -> Application:
    """The app after a turn: still running with what was done so far, waiting for a retry, or ended with its history."""
    moment = now.replace(microsecond=0)
    result = replace(state.sync_result or SyncResult(), resources=tuple(results))
    if following.retry_in is not None:
        return _with(app, _waiting(state, following, following.retry_in, moment))
    if following.stage is Stage.APPLYING:
        return _with(app, replace(state, sync_result=result, message=following.message, finished_at=None))
    ended = replace(
        state, phase=following.stage.value, message=following.message, finished_at=moment, sync_result=result
    )
    app = _with(app, ended)
    if following.stage is not Stage.SUCCEEDED or not _counts_for_history(state):
        return app
    return replace(app, status=replace(app.status, history=_history(app, ended, moment)))


def restarted(app: Application, state: OperationState) -> Application:
    """A waiting operation whose time has come: results dropped, everything starts again with the same pinned source."""
    pinned = replace(state.sync_result or SyncResult(), resources=())
    return _with(app, replace(state, sync_result=pinned, finished_at=None, message="retrying"))


def _with(app: Application, state: OperationState) -> Application:
    return replace(app, status=replace(app.status, operation_state=state))


def _waiting(state: OperationState, following: Next, wait: timedelta, moment: datetime) -> OperationState:
    count = state.retry_count + 1
    at = moment + wait
    text = f"{following.message}. Retrying attempt #{count} at {at:%-I:%M%p}."
    return replace(state, phase="Running", message=text, finished_at=moment, retry_count=count)


def _counts_for_history(state: OperationState) -> bool:
    """Only full, real syncs are history: no dry run, no selective sync."""
    sync = state.operation.sync
    return sync is not None and not sync.dry_run and not sync.resources


def _history(app: Application, state: OperationState, moment: datetime) -> tuple[HistoryEntry, ...]:
    limit = HISTORY_LIMIT if app.spec.revision_history_limit is None else app.spec.revision_history_limit
    past = app.status.history
    if limit <= 0:
        return ()
    entry = HistoryEntry(
        id=past[-1].id + 1 if past else 0,
        revision=state.sync_result.revision if state.sync_result else "",
        source=state.sync_result.source if state.sync_result else None,
        deploy_started_at=state.started_at,
        deployed_at=moment,
        initiated_by=state.operation.initiated_by,
    )
    return (*past, entry)[-limit:]
