"""Port `Revocations`: a key per revoked token until it expires, under Argo CD's own name."""

from __future__ import annotations

import logging
import threading
from datetime import datetime

from gitops.adapters.redis.connect import Server, as_number
from gitops.errors import RetryableError

log = logging.getLogger(__name__)

PREFIX = "revoked-token|"


class RedisRevocations:
    """Remembers in Redis for all processes, and in memory so that a flush of Redis lets nobody back in here."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._lock = threading.Lock()
        self._known: dict[str, datetime] = {}

    def revoke(self, token_id: str, until: datetime) -> None:
        """See port."""
        with self._lock:
            self._known[token_id] = until
        self._server.call("SET", PREFIX + token_id, "1", "EXAT", int(until.timestamp()))

    def revoked(self, token_id: str) -> bool:
        """See port."""
        with self._lock:
            if token_id in self._known:
                return True
        try:
            return as_number(self._server.call("EXISTS", PREFIX + token_id)) > 0
        except RetryableError as error:
            log.warning("revocations of other processes unknown", extra={"reason": error.message})
            return False
