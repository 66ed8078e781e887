"""Port Lanes on Redis: the Lua scripts beside this file decide, each in one atomic call (celery.md sections 2 and 3).

No fact of this file is kept in the process: any number of processes may call any method at any time.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta

from gitops.adapters.redis.connect import Argument, Reply, Server, as_number, as_replies, as_words
from gitops.adapters.redis.scripts import script
from gitops.jobs import Job, Queue, Rank, name_of, parse
from gitops.ports.lanes import ZERO, Claim, Depths, Ending, Handout, Tick, Turn

PREFIX = "argosy:l:"
UNCLAIMED = timedelta(seconds=10)
"""Lease of a turn whose message is under way: lost messages come back after it."""
CLAIMED = timedelta(seconds=15)
"""Lease of a running turn, renewed each third of it: what a killed worker held goes on after it (R-002)."""
ALIVE = timedelta(seconds=15)
"""How long a worker's slots count after its last sign of life."""
_CARRIER = ("fetch", "diff", "apply", "unacked", "unacked_index", "unacked_mutex")


class RedisLanes:
    """The lanes of one queue; leases are arguments so that tests need not wait."""

    def __init__(
        self, server: Server, queue: Queue, *, unclaimed: timedelta = UNCLAIMED, claimed: timedelta = CLAIMED
    ) -> None:
        self.queue = queue
        self.lease = claimed
        self._server = server
        self._prefix = f"{PREFIX}{queue.value}:"
        self._leases = (_ms(unclaimed), _ms(claimed))

    def nudge(self, job: Job, rank: Rank, after: timedelta = ZERO) -> tuple[Handout, ...]:
        """See port; an earlier `after` of the same job wins."""
        return _handouts(self._run("nudge", job.lane, member(job), rank.value, _ms(after)))

    def take(self) -> tuple[Handout, ...]:
        """Hand out what there is room for: slots of living workers and two more, nothing while none lives."""
        return _handouts(self._run("take"))

    def claim(self, turn: Turn) -> Claim:
        """See port."""
        granted, crashes, waited = map(as_number, as_replies(self._run("claim", *_named(turn))))
        return Claim(bool(granted), crashes, timedelta(milliseconds=waited))

    def renew(self, turn: Turn) -> bool:
        """See port; works before the claim too, for turns that wait behind others of their message."""
        return as_number(self._run("renew", *_named(turn))) == 1

    def done(self, turn: Turn, ending: Ending = Ending.DONE, wake: timedelta | None = None) -> tuple[Handout, ...]:
        """See port. "At once" is a wake time like any other: the script takes zero for none."""
        wake_ms = 0 if wake is None else max(1, _ms(wake))
        return _handouts(self._run("done", *_named(turn), ending.value, wake_ms))

    def tick(self, worker: str = "", slots: int = 0) -> Tick:
        """See port; repairs at most 500 of each kind per call."""
        reply = as_replies(self._run("tick", f"{slots}|{worker}" if worker else "", _ms(ALIVE)))
        due_ms = reply[0] if isinstance(reply[0], int) else -1
        return Tick(_handouts(reply[1]), timedelta(milliseconds=due_ms) if due_ms >= 0 else None)

    def leave(self, worker: str, slots: int) -> None:
        """A worker stops: its slots count no longer."""
        self._server.call("ZREM", f"{self._prefix}workers", f"{slots}|{worker}")

    def limit(self, lane: str, *, cap: int | None = None, weight: float = 1.0) -> None:
        """Set how many messages of a lane may be under way (0 pauses it, None = the default) and its share."""
        cap_key, weight_key = f"{self._prefix}cap", f"{self._prefix}weight"
        self._server.together(
            [
                ("HDEL", cap_key, lane) if cap is None else ("HSET", cap_key, lane, cap),
                ("HSET", weight_key, lane, max(weight, 0.001)),
            ]
        )
        self._run("settle", lane)

    def depths(self) -> Depths:
        """What waits now; looks at the 1,000 fullest lanes."""
        leased, held, due, late, *rest = map(as_number, as_replies(self._run("depths")))
        ages = {rank: timedelta(milliseconds=rest[2 * rank.value + 1]) for rank in Rank}
        return Depths(
            ready={rank: rest[2 * rank.value] for rank in Rank},
            oldest=ages,
            leased=leased,
            held=held,
            due=due,
            late=timedelta(milliseconds=late),
        )

    def drop_all(self) -> None:
        """Forget every job, lease and message of all queues, caches stay: for a cold start; the sweep refills."""
        self._server.call("DEL", *(f"argosy:{name}" for name in _CARRIER))
        cursor = "0"
        while True:
            reply = as_replies(self._server.call("SCAN", cursor, "MATCH", f"{PREFIX}*", "COUNT", 1000))
            cursor = str(as_number(reply[0]))
            keys = [key for key in as_replies(reply[1]) if isinstance(key, bytes)]
            if keys:
                self._server.call("UNLINK", *keys)
            if cursor == "0":
                return

    def _run(self, name: str, *arguments: Argument) -> Reply:
        return self._server.script(*script("lane", name), self._prefix, secrets.token_hex(8), *self._leases, *arguments)


def member(job: Job) -> str:
    """A job within its lane: verb and key. The verb has no bar, so no key can imitate another verb."""
    return f"{name_of(job)}|{job.key}"


def busy_key(queue: Queue) -> str:
    """The hash of jobs whose turn runs right now, by `member`."""
    return f"{PREFIX}{queue.value}:busy"


def bell_key(queue: Queue) -> str:
    """The list that is pushed when an earlier wake time was put in; wait on it, then tick."""
    return f"{PREFIX}{queue.value}:bell"


def _named(turn: Turn) -> tuple[str, str, str]:
    return turn.job.lane, member(turn.job), turn.token


def _ms(span: timedelta) -> int:
    return max(0, round(span.total_seconds() * 1000))


def _handouts(reply: Reply) -> tuple[Handout, ...]:
    return tuple(_handout([as_words(word) for word in as_replies(row)]) for row in as_replies(reply))


def _handout(words: list[str]) -> Handout:
    lane, name, *rest = words
    pairs: Iterable[tuple[str, str]] = zip(rest[::2], rest[1::2], strict=True)
    return Handout(tuple(Turn(parse(name, lane, key), token) for key, token in pairs))
