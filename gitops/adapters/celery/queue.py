"""Port Queue: the lanes decide, Celery carries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from celery import Celery
from kombu.exceptions import OperationalError

from gitops.errors import RetryableError
from gitops.jobs import Job, Queue, Rank
from gitops.model.objects import Json
from gitops.ports.lanes import ZERO, Handout, Lanes

VERSION = 1
"""Of the message's shape; a worker drops any other, the sweep covers."""


def task_name(verb: str) -> str:
    """The Celery task of a job's verb."""
    return f"argosy.{verb}"


def body_of(handout: Handout) -> dict[str, Json]:
    """What is signed: version, task, lane and the (key, token) pairs; ids only."""
    pairs: list[Json] = [[turn.job.key, turn.token] for turn in handout.turns]
    return {"v": VERSION, "t": task_name(handout.name), "l": handout.lane, "k": pairs}


class CeleryQueue:
    """Sends what the lanes hand out, one message each, named like the job. `readable`: keys in clear for Flower."""

    def __init__(self, app: Celery, lanes: Mapping[Queue, Lanes], *, readable: bool = False) -> None:
        self._app = app
        self._lanes = lanes
        self._readable = readable

    def nudge(self, job: Job, rank: Rank, *, after: timedelta = ZERO) -> None:
        """See port. A nudge whose message could not be sent is kept: the next tick sends it again."""
        self.send(self._lanes[job.queue].nudge(job, rank, after))

    def send(self, handouts: Iterable[Handout]) -> None:
        """Send each; those that fail come back to their lane when their lease ends.

        Raises:
            RetryableError: Redis did not take one of them.
        """
        for handout in handouts:
            self._send(handout)

    def _send(self, handout: Handout) -> None:
        shown = f"{handout.lane} {' '.join(turn.job.key for turn in handout.turns)}" if self._readable else ""
        try:
            self._app.send_task(
                task_name(handout.name),
                kwargs=body_of(handout),
                task_id=handout.id,
                queue=handout.turns[0].job.queue.value,
                argsrepr=shown,
                kwargsrepr="",
                ignore_result=True,
            )
        except OperationalError as error:
            raise RetryableError(
                f"message not taken ({error})", about=f"queue {handout.name}", hint="it is sent again in seconds"
            ) from error
