"""The life of an operation as a table: every change of phase is here.

One wave, no hooks yet: an operation checks its plan, applies it, and ends; a failed one may wait and start again.
`step` is called with what was observed and answers with the next stage; it does no I/O and asks no clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from gitops.model.crds.application import OperationState
from gitops.sync.retry import next_attempt

ALL_RUN = "successfully synced (all tasks run)"
TERMINATED = "Operation terminated"
INVALID = "one or more synchronization tasks are not valid"
FAILED_APPLY = "one or more objects failed to apply"


class Stage(Enum):
    """Where an operation is. The last three are `status.operationState.phase` when it ended."""

    APPLYING = "Applying"
    WAITING = "Waiting"
    """Failed with retries left: `Running` with `finishedAt` set."""
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    ERROR = "Error"


class Event(Enum):
    """What a turn observed."""

    TERMINATE = "terminate asked"
    BLOCKED = "app, project or cluster cannot be used"
    OUTDATED = "source was edited meanwhile"
    INVALID = "plan is not valid"
    MORE = "objects are left"
    FAILED = "an object failed"
    DONE = "every object done"
    DUE = "retry time reached"
    EARLY = "retry time not reached"


TRANSITIONS: dict[tuple[Stage, Event], Stage] = {
    (Stage.APPLYING, Event.TERMINATE): Stage.FAILED,
    (Stage.APPLYING, Event.BLOCKED): Stage.ERROR,
    (Stage.APPLYING, Event.OUTDATED): Stage.FAILED,
    (Stage.APPLYING, Event.INVALID): Stage.FAILED,
    (Stage.APPLYING, Event.MORE): Stage.APPLYING,
    (Stage.APPLYING, Event.FAILED): Stage.FAILED,
    (Stage.APPLYING, Event.DONE): Stage.SUCCEEDED,
    (Stage.WAITING, Event.TERMINATE): Stage.FAILED,
    (Stage.WAITING, Event.DUE): Stage.APPLYING,
    (Stage.WAITING, Event.EARLY): Stage.WAITING,
}
"""Every allowed (stage, event) pair; another pair is a bug of ours and raises KeyError before anything is written."""

MESSAGES: dict[Event, str] = {
    Event.TERMINATE: TERMINATED,
    Event.OUTDATED: "the application's source was edited while the operation ran; sync again",
    Event.INVALID: INVALID,
    Event.FAILED: FAILED_APPLY,
    Event.DONE: ALL_RUN,
}


@dataclass(frozen=True, slots=True)
class Next:
    """The stage after an event, its message, and when to look again (None: when something happens)."""

    stage: Stage
    message: str = ""
    retry_in: timedelta | None = None
    """Not None: the operation failed and starts again after this time (argo-cd.md 2.7)."""


def stage_of(state: OperationState) -> Stage:
    """Where a stored operation is; one that ended is in its phase."""
    if state.phase in ("Running", "Terminating"):
        return Stage.WAITING if state.finished_at else Stage.APPLYING
    return Stage(state.phase)


def step(state: OperationState, event: Event, detail: str = "") -> Next:
    """What follows from `event`; `detail` is added to the standard message."""
    stage = TRANSITIONS[stage_of(state), event]
    message = _message(event, detail)
    if event in (Event.FAILED, Event.BLOCKED, Event.INVALID):
        wait = next_attempt(state.operation.retry, done=state.retry_count)
        if wait is not None:
            return Next(Stage.WAITING, message, retry_in=wait)
    if stage in (Stage.FAILED, Stage.ERROR) and state.retry_count:
        message = f"{message} (retried {state.retry_count} times)."
    return Next(stage, message)


def _message(event: Event, detail: str) -> str:
    standard = MESSAGES.get(event, "")
    if standard and detail:
        return f"{standard}, reason: {detail}" if event is Event.FAILED else f"{standard}: {detail}"
    return standard or detail


def retry_due(state: OperationState, now: datetime) -> timedelta:
    """How long a waiting operation still has to wait; zero or less when it is due."""
    wait = next_attempt(state.operation.retry, done=max(state.retry_count - 1, 0))
    if state.finished_at is None or wait is None:
        return timedelta(0)
    return state.finished_at + wait - now
