"""The table of an operation's life: every pair has an answer, every other pair is refused loudly."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gitops.model.crds.application import Backoff, OperationState, Retry
from gitops.sync.finish import after_turn, restarted
from gitops.sync.machine import TRANSITIONS, Event, Next, Stage, retry_due, stage_of, step
from gitops.sync.retry import next_attempt
from tests.decisions.sync.samples import NOW, app, ended


def running(*, waiting: bool = False, limit: int = 0, count: int = 0) -> OperationState:
    state = app(state=ended()).status.operation_state
    assert state is not None
    operation = replace(state.operation, retry=Retry(limit=limit))
    return replace(state, operation=operation, phase="Running", finished_at=NOW if waiting else None, retry_count=count)


@pytest.mark.parametrize(("stage", "event"), list(TRANSITIONS))
def test_every_pair_of_the_table_leads_to_its_stage_when_no_retry_is_left(stage: Stage, event: Event) -> None:
    assert step(running(waiting=stage is Stage.WAITING), event).stage is TRANSITIONS[stage, event]


@pytest.mark.parametrize("stage", [Stage.APPLYING, Stage.WAITING])
@pytest.mark.parametrize("event", list(Event))
def test_a_pair_that_is_not_in_the_table_is_a_bug_and_raises(stage: Stage, event: Event) -> None:
    state = running(waiting=stage is Stage.WAITING)
    if (stage, event) in TRANSITIONS:
        assert step(state, event).stage in Stage
    else:
        with pytest.raises(KeyError):
            step(state, event)


def test_a_failed_operation_with_retries_left_waits_and_a_terminated_one_does_not() -> None:
    assert step(running(limit=5), Event.FAILED, "x").retry_in == timedelta(seconds=5)
    assert step(running(limit=5, count=2), Event.FAILED, "x").retry_in == timedelta(seconds=20)
    assert step(running(limit=5), Event.TERMINATE).retry_in is None
    last = step(running(limit=5, count=5), Event.FAILED, "boom")
    assert (last.stage, last.message) == (
        Stage.FAILED,
        "one or more objects failed to apply, reason: boom (retried 5 times).",
    )


def test_a_waiting_operation_is_running_with_an_end_time_and_starts_again_without_results() -> None:
    state = running(limit=5)
    waiting = after_turn(app(state=ended()), state, Next(Stage.WAITING, "broke", timedelta(seconds=5)), (), NOW)
    stored = waiting.status.operation_state
    assert stored is not None
    assert (stored.phase, stored.finished_at, stored.retry_count) == ("Running", NOW, 1)
    assert "Retrying attempt #1" in stored.message
    assert stage_of(stored) is Stage.WAITING
    assert retry_due(stored, NOW + timedelta(seconds=2)) == timedelta(seconds=3)
    again = restarted(waiting, stored).status.operation_state
    assert again is not None
    assert again.sync_result is not None
    assert (again.finished_at, again.sync_result.resources, again.retry_count) == (None, (), 1)


def test_history_grows_by_one_for_a_full_success_and_not_for_selective_or_dry_ones() -> None:
    state = running()
    done = Next(Stage.SUCCEEDED, "ok")
    first = after_turn(app(state=ended()), state, done, (), NOW)
    second = after_turn(first, state, done, (), NOW)
    assert [h.id for h in second.status.history] == [0, 1]
    sync = state.operation.sync
    assert sync is not None
    dry = replace(state, operation=replace(state.operation, sync=replace(sync, dry_run=True)))
    assert after_turn(second, dry, done, (), NOW).status.history == second.status.history
    failed = after_turn(second, state, Next(Stage.FAILED, "no"), (), NOW)
    assert failed.status.history == second.status.history


def test_history_ids_go_on_counting_when_the_limit_drops_old_entries() -> None:
    current = app(state=ended())
    current = replace(current, spec=replace(current.spec, revision_history_limit=2))
    for _ in range(4):
        current = after_turn(current, running(), Next(Stage.SUCCEEDED, "ok"), (), NOW)
    assert [h.id for h in current.status.history] == [2, 3]
    none = replace(current, spec=replace(current.spec, revision_history_limit=0))
    assert after_turn(none, running(), Next(Stage.SUCCEEDED, "ok"), (), NOW).status.history == ()


@pytest.mark.parametrize(("text", "seconds"), [("", 5.0), ("7", 7.0), ("1m30s", 90.0), ("500ms", 0.5), ("abc", 5.0)])
def test_a_back_off_that_cannot_be_read_is_the_default(text: str, seconds: float) -> None:
    assert next_attempt(Retry(limit=1, backoff=Backoff(duration=text)), done=0) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("retry", "done", "seconds"),
    [
        (Retry(), 0, None),
        (Retry(limit=1), 0, 5.0),
        (Retry(limit=1), 1, None),
        (Retry(limit=-1), 50, 180.0),
        (Retry(limit=9, backoff=Backoff(duration="1s", factor=3, max_duration="10s")), 1, 3.0),
        (Retry(limit=9, backoff=Backoff(duration="1s", factor=3, max_duration="10s")), 5, 10.0),
    ],
)
def test_retries_grow_to_their_cap_and_end_at_their_limit(retry: Retry, done: int, seconds: float | None) -> None:
    wait = next_attempt(retry, done=done)
    assert (wait.total_seconds() if wait else None) == seconds
