"""The fair scheduler between those who want a job done and the workers (design.md section 6).

A *turn* is one handed-out job; its token is the right to start it once and to end it. A *handout* is what one message
carries: turns of one lane and one verb.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Protocol

from gitops.jobs import Job, Rank, name_of

ZERO = timedelta(0)


@dataclass(frozen=True, slots=True)
class Turn:
    """A job and the token it was handed out with."""

    job: Job
    token: str


@dataclass(frozen=True, slots=True)
class Handout:
    """1 to 25 turns of one lane and one verb, to be sent as one message."""

    turns: tuple[Turn, ...]

    @property
    def id(self) -> str:
        """The message's id: the token of its first turn."""
        return self.turns[0].token

    @property
    def name(self) -> str:
        """The verb, see `jobs.name_of`."""
        return name_of(self.turns[0].job)

    @property
    def lane(self) -> str:
        """The lane all its turns share."""
        return self.turns[0].job.lane


@dataclass(frozen=True, slots=True)
class Claim:
    """Whether a turn may start, and what is known of the job's bad past."""

    granted: bool
    crashes: int = 0
    """How often in a row a claimed turn of this job never ended; a hint that a flush loses."""
    waited: timedelta = ZERO
    """The wait after its last failure, zero after a success."""


class Ending(Enum):
    """How a turn ended."""

    DONE = "done"
    FAILED = "failed"
    """The job's own failure: it sinks in its lane."""
    BROKEN = "broken"
    """The lane's cluster or repository did not answer: counts against the lane, which pauses at five in a row."""
    BACK = "back"
    """Not run: to be handed out again, as it was."""


@dataclass(frozen=True, slots=True)
class Tick:
    """What a repair pass handed out, and how long until the next known wake time (None = none is known)."""

    handouts: tuple[Handout, ...]
    next_due: timedelta | None


@dataclass(frozen=True, slots=True)
class Depths:
    """What waits in one queue, for /metrics."""

    ready: dict[Rank, int]
    oldest: dict[Rank, timedelta]
    leased: int
    held: int
    """Lanes with work that may not run now: at their cap, paused or broken."""
    due: int
    late: timedelta
    """By how much the oldest wake time has passed."""


class Lanes(Protocol):
    """The lanes of one queue. Every call is one atomic script; each raises RetryableError if Redis does not answer."""

    def nudge(self, job: Job, rank: Rank, after: timedelta = ZERO) -> tuple[Handout, ...]:
        """Enqueue if absent, mark dirty if running, or remember for later; what is returned must be sent."""

    def claim(self, turn: Turn) -> Claim:
        """Start a turn: granted once per token."""

    def renew(self, turn: Turn) -> bool:
        """Keep a turn for another lease; False: it is no longer ours, stop before the next write."""

    def done(self, turn: Turn, ending: Ending = Ending.DONE, wake: timedelta | None = None) -> tuple[Handout, ...]:
        """End a turn, wake its job later if asked; what is returned must be sent. A turn not ours is left alone."""

    def tick(self, worker: str = "", slots: int = 0) -> Tick:
        """Repair lost turns, nudge what is due, and count `slots` of a living worker if one is named."""
