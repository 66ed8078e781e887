"""Port Facts on Redis. Not sealed: a wrong fact costs a look at the hub, which has the truth."""

from __future__ import annotations

import secrets
from datetime import datetime

from gitops.adapters.redis.connect import Server, as_pairs, as_words
from gitops.adapters.redis.lanes import busy_key, member
from gitops.jobs import Advance, Queue
from gitops.model.objects import IN_CLUSTER, AppRef

_VERSION, _MARKS = "argosy:version", "argosy:marks"
_LOOK, _LOOK_KEPT_S = "argosy:look:", 600


class RedisFacts:
    """Nothing is kept in the process."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def version(self) -> str:
        """See port."""
        return as_words(self._server.call("GET", _VERSION))

    def bump(self) -> None:
        """See port; a new random text, so that a counter that starts again after a flush never repeats a version."""
        self._server.call("SET", _VERSION, secrets.token_hex(8))

    def mark(self, what: str, now: datetime) -> None:
        """See port."""
        self._server.call("HSET", _MARKS, what, now.isoformat())

    def marks(self) -> dict[str, datetime]:
        """See port."""
        found = as_pairs(self._server.call("HGETALL", _MARKS))
        return {what.decode(): datetime.fromisoformat(at.decode()) for what, at in found.items()}

    def busy(self, app: AppRef) -> bool:
        """See port; from the claim of a turn to its end."""
        # The cluster is the job's lane and no part of its name within the lane.
        name = member(Advance(app, IN_CLUSTER))
        return self._server.call("HEXISTS", busy_key(Queue.APPLY), name) in (1, True)

    def put_look(self, uid: str) -> None:
        """See port."""
        self._server.call("SET", _LOOK + uid, "1", "EX", _LOOK_KEPT_S)

    def has_look(self, uid: str) -> bool:
        """See port."""
        return self._server.call("EXISTS", _LOOK + uid) in (1, True)

    def drop_look(self, uid: str) -> None:
        """See port."""
        self._server.call("DEL", _LOOK + uid)
