"""What an API server's own audit log says was asked of it, and by whom: the witness that is not ours."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})


@dataclass(frozen=True)
class Request:
    """One answered request."""

    user: str
    verb: str
    resource: str
    namespace: str
    name: str
    code: int
    uri: str


class Audit:
    """Requests of an audit log since this object was made (or `restart`ed)."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._from = log.stat().st_size if log.exists() else 0

    def restart(self) -> None:
        """Forget what was logged up to now."""
        self._from = self._log.stat().st_size

    def requests(self, user: str = "argosy") -> Iterator[Request]:
        """Answered requests of a user, watches left out."""
        with self._log.open() as lines:
            lines.seek(self._from)
            for line in lines:
                found = _request(line)
                if found is not None and found.user == user and found.verb != "watch":
                    yield found

    def writes(self, user: str = "argosy") -> list[Request]:
        """Requests that were meant to change something."""
        return [r for r in self.requests(user) if r.verb in WRITES]

    def counts(self, user: str = "argosy") -> Counter[str]:
        """How often each `verb resource` was asked."""
        return Counter(f"{r.verb} {r.resource}" for r in self.requests(user))


def _request(line: str) -> Request | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None  # the last line may be half written
    if event.get("stage") != "ResponseComplete":
        return None
    target = event.get("objectRef") or {}
    return Request(
        user=event["user"]["username"],
        verb=event["verb"],
        resource=target.get("resource", ""),
        namespace=target.get("namespace", ""),
        name=target.get("name", ""),
        code=event.get("responseStatus", {}).get("code", 0),
        uri=event["requestURI"],
    )
