"""May a sync start by itself, and of what: automated sync and self-heal (argo-cd.md 2.8, rules in order)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from gitops.model.comparison import Comparison
from gitops.model.config import Params
from gitops.model.crds.application import (
    Application,
    InitiatedBy,
    Operation,
    OperationState,
    Retry,
    Source,
    SyncOperation,
    SyncResource,
)
from gitops.model.fingerprint import Verdict
from gitops.sync.retry import AUTOMATED_LIMIT


@dataclass(frozen=True, slots=True)
class Start:
    """Write this operation."""

    operation: Operation
    why: str


@dataclass(frozen=True, slots=True)
class Later:
    """Nothing now; ask again after `wait`."""

    wait: timedelta
    why: str


@dataclass(frozen=True, slots=True)
class Stay:
    """Nothing to do until something changes; `error` is a SyncError condition text, empty when all is well."""

    why: str
    error: str = ""


def admit(
    app: Application, comparison: Comparison, revision: str, source: Source, params: Params, now: datetime
) -> Start | Later | Stay:
    """Decide about an automated sync of `revision` after a comparison; `revision` is resolved."""
    automated = app.spec.sync_policy.automated if app.spec.sync_policy else None
    if automated is None or automated.enabled is False:
        return Stay("automated sync is off")
    if app.operation is not None or app.metadata.deletion_timestamp is not None:
        return Stay("an operation was requested" if app.operation else "the application is being deleted")
    if comparison.status != "OutOfSync":
        return Stay(f"sync status is {comparison.status}")
    if not automated.prune and comparison.only_needs_pruning:
        return Stay("only pruning is left and automated pruning is off")
    last = app.status.operation_state
    if last is not None and _attempted(last, revision, source):
        return _again(app, last, comparison, revision, params, now)
    if automated.prune and not automated.allow_empty and comparison.everything_needs_pruning:
        return _wipe_out(revision)
    return Start(_operation(app, revision, attempts=0, selected=()), f"new revision {revision[:7]}")


def _again(
    app: Application, last: OperationState, comparison: Comparison, revision: str, params: Params, now: datetime
) -> Start | Later | Stay:
    """The revision was tried before: never again after a failure, by self-heal with a growing pause after a success."""
    if last.phase != "Succeeded":
        return Stay("the last attempt failed", error=f"Failed last sync attempt to {revision}: {last.message}")
    automated = app.spec.sync_policy.automated if app.spec.sync_policy else None
    if automated is None or not automated.self_heal:
        return Stay(f"{revision[:7]} was synced already and self-heal is off")
    if automated.prune and not automated.allow_empty and comparison.everything_needs_pruning:
        return _wipe_out(revision)
    attempts = last.operation.sync.auto_heal_attempts_count if last.operation.sync else 0
    pause = heal_pause(attempts, params)
    if last.finished_at is not None and now < last.finished_at + pause:
        return Later(
            last.finished_at + pause - now, f"self-heal attempt {attempts + 1} waits {pause.total_seconds():.0f} s"
        )
    selected = tuple(
        SyncResource(group=r.key.group, kind=r.key.kind, namespace=r.key.namespace, name=r.key.name)
        for r in comparison.results
        if r.verdict in (Verdict.DRIFTED, Verdict.MISSING, Verdict.EXTRA)
    )
    return Start(_operation(app, revision, attempts=attempts + 1, selected=selected), "live state drifted")


def _wipe_out(revision: str) -> Stay:
    return Stay("emptiness guard", error=f"Skipping sync attempt to {revision}: auto-sync will wipe out all resources")


def heal_pause(attempts: int, params: Params) -> timedelta:
    """2 s x 3^attempts, at most 300 s: the time since the last operation ended before self-heal acts again."""
    seconds = params.self_heal_initial_s * params.self_heal_factor ** min(attempts, 20)
    return timedelta(seconds=min(seconds, params.self_heal_cap_s))


def _attempted(last: OperationState, revision: str, source: Source) -> bool:
    """Whether the last operation was of this revision and identical source."""
    result = last.sync_result
    return result is not None and result.revision == revision and result.source == source


def _operation(app: Application, revision: str, *, attempts: int, selected: tuple[SyncResource, ...]) -> Operation:
    policy = app.spec.sync_policy
    automated = policy.automated if policy else None
    retry = policy.retry if policy and policy.retry else Retry(limit=AUTOMATED_LIMIT)
    return Operation(
        sync=SyncOperation(
            revision=revision,
            prune=bool(automated and automated.prune),
            sync_options=policy.sync_options if policy else (),
            resources=selected,
            auto_heal_attempts_count=attempts,
        ),
        initiated_by=InitiatedBy(automated=True),
        retry=retry,
    )
