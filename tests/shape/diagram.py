"""Prints docs/reference/sync-machine.md from the table of the sync machine; `make docs`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from gitops.model.crds.application import Operation, OperationState, Retry
from gitops.sync.machine import MESSAGES, TRANSITIONS, Event, Stage, step

HEAD = """\
# The sync machine

Printed from `gitops/sync/machine.py` by `make docs`; do not edit.

An operation is one sync: begun by a person, the API or automated sync, pinned to one commit, carried out in turns.
After each turn its stage is in `status.operationState`: *Applying* and *Waiting* are phase `Running` (*Waiting* has
`finishedAt` set), the others are phases of their own. An event that a stage does not list is a bug and stops the turn
before anything is written.

"""
MIDDLE = """
Edges marked *retries left* are taken instead of the one to an end while `retry.limit` allows another attempt.

| event | means | standard message |
|---|---|---|
"""


def edges() -> Iterator[tuple[Stage, str, Stage]]:
    """Every change of stage: those of the table, and those that a retry takes instead."""
    for (stage, event), following in TRANSITIONS.items():
        yield stage, event.name, following
        retried = step(state_in(stage), event).stage
        if retried is not following:
            yield stage, f"{event.name}, retries left", retried


def state_in(stage: Stage) -> OperationState:
    """An operation in a stage that has not ended, with one retry left."""
    ended = datetime(2026, 1, 1, tzinfo=UTC) if stage is Stage.WAITING else None
    return OperationState(phase="Running", finished_at=ended, operation=Operation(retry=Retry(limit=1)))


def page() -> str:
    """The whole page."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {Stage.APPLYING.value}"]
    lines += [f"    {before.value} --> {after.value}: {label}" for before, label, after in edges()]
    ends = {after for _, _, after in edges()} - {before for before, _, _ in edges()}
    lines += [f"    {stage.value} --> [*]" for stage in Stage if stage in ends]
    rows = [f"| {event.name} | {event.value} | {MESSAGES.get(event, '')} |" for event in Event]
    return HEAD + "\n".join([*lines, "```"]) + "\n" + MIDDLE + "\n".join(rows) + "\n"


if __name__ == "__main__":
    print(page(), end="")
