"""The hub that `argosy up` runs, as its administrator sees it: requests, and the states of one object as they come."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import urllib3

from cli.bed.cluster import Cluster
from cli.bed.pki import Pki
from cli.bed.plan import HUB, stored
from cli.errors import CommandError, Exit
from cli.wire import Json, Object, part, text

_SLACK_S = 5.0
"""How much later than the server we give up on a stream."""


def opened(folder: Path) -> Cluster:
    """The hub below the data folder of a running `argosy up`.

    Raises:
        CommandError: there is none.
    """
    plan = stored(folder)
    if plan is None:
        raise CommandError("holds no hub", about=str(folder), hint="Delete the folder and start again")
    return Cluster(
        name=HUB,
        server=plan.clusters[0].url,
        authority=Pki(folder / "pki").authority,
        audit_log=folder / HUB / "audit.log",
        folder=folder / HUB,
        tokens=plan.tokens[HUB],
    )


class Watch:
    """The states of one object, the present one first; a context manager, open for `limit_s` seconds."""

    def __init__(self, cluster: Cluster, collection: str, name: str, *, limit_s: int) -> None:
        self._about = f"{collection.rpartition('/')[2]} {name}"
        self._limit_s = limit_s
        self._url = f"{cluster.server}{collection}?watch=1&fieldSelector=metadata.name={name}&timeoutSeconds={limit_s}"
        self._headers = {"Authorization": f"Bearer {cluster.token('observer')}", "Accept": "application/json"}
        timeout = urllib3.Timeout(connect=_SLACK_S, read=limit_s + _SLACK_S)
        self._pool = urllib3.PoolManager(ca_certs=str(cluster.authority), timeout=timeout, retries=False)
        self._lines: Iterator[bytes] = iter(())
        self._last: Object = {}

    def __enter__(self) -> Self:
        try:
            response = self._pool.request("GET", self._url, headers=self._headers, preload_content=False)
        except urllib3.exceptions.HTTPError as error:
            raise self._lost(error) from error
        self._lines = _lines(response.stream(2**16))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._pool.clear()

    def until(self, holds: Callable[[Object], bool], what: str) -> float:
        """Wait for a state; the moment it was told, on the monotonic clock.

        Raises:
            CommandError: it did not come in time (names `what` and the last state), or the hub is gone.
        """
        try:
            for line in self._lines:
                self._last = _object(line)
                if holds(self._last):
                    return time.monotonic()
        except urllib3.exceptions.HTTPError as error:
            raise self._lost(error) from error
        told = json.dumps(part(self._last, "status") or part(self._last, "data"))[:1500]
        raise CommandError(
            f"waited {self._limit_s} s for: {what}. The last that was seen is {told}",
            code=Exit.TIMED_OUT,
            about=self._about,
        )

    def _lost(self, error: Exception) -> CommandError:
        return CommandError(f"the hub is gone ({error})", code=Exit.UNREACHABLE, about=self._about)


def synced(app: Object, revision: str) -> bool:
    """Whether it is Synced to a commit by an operation that succeeded."""
    status = part(app, "status")
    found = (text(status, "sync.status"), text(status, "sync.revision"), text(status, "operationState.phase"))
    return found == ("Synced", revision, "Succeeded")


def _object(line: bytes) -> Object:
    event: Json = json.loads(line)
    return part(event, "object")


def _lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from filter(None, whole)
