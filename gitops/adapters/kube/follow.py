"""LIST, then WATCH, for as long as it is wanted: the loops behind `RowListener` and `ObjectListener`.

A loop ends only with its `Stop`. After a cut it goes on from the last version; after a 410, or when its listener
failed, it lists again. Errors that are no ArgosyError are bugs and end the thread.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import orjson

from gitops.adapters.kube.answers import GoneError
from gitops.adapters.kube.client import JSON, Client
from gitops.adapters.kube.cluster import KubeCluster
from gitops.adapters.kube.listing import list_objects
from gitops.adapters.kube.places import collection
from gitops.adapters.kube.rows import METADATA, Item, row_from
from gitops.adapters.kube.watch import CutError, stream
from gitops.errors import ArgosyError
from gitops.model.config import Settings
from gitops.model.objects import GroupKind, Json, as_map, as_text
from gitops.ports.watching import ObjectListener, RowListener, Stop

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 30.0
_ITEM = msgspec.json.Decoder(Item)


@dataclass(frozen=True, slots=True)
class _Loop:
    """One collection: `lists` reports a list, `hears` an event; both return the version reached."""

    client: Client
    path: Callable[[], str]
    kind: str
    accept: str
    query: str
    lists: Callable[[], str]
    hears: Callable[[str, bytes], str]
    failed: Callable[[str], None]


def follow_rows(
    cluster: KubeCluster, kind: GroupKind, settings: Settings, listener: RowListener, stop: Stop, *, namespace: str = ""
) -> None:
    """Report the rows of a kind in this thread until `stop`; `namespace` is one of `cluster.places` ("" = all)."""

    def lists() -> str:
        rows = cluster.page_through(cluster.kind(kind), namespace, settings)
        listener.listed(rows)
        return rows.resource_version

    def hears(event: str, body: bytes) -> str:
        meta = _ITEM.decode(body).metadata
        if event != "BOOKMARK":
            row = row_from(meta, kind, settings)
            (listener.gone if event == "DELETED" else listener.changed)(row)
        return meta.resource_version

    def path() -> str:
        return collection(cluster.kind(kind), namespace)

    _run(_Loop(cluster.client, path, kind.kind, METADATA, "", lists, hears, listener.failed), stop)


def follow_objects(
    client: Client, path: str, listener: ObjectListener, stop: Stop, *, kind: str = "", query: str = ""
) -> None:
    """Report the objects below a collection's path in full, in this thread, until `stop`.

    `query` is a selector, e.g. `labelSelector=...`, already quoted; `kind` is for counters only.
    """

    def lists() -> str:
        objects, version = list_objects(client, path, kind=kind, query=query)
        listener.listed(objects)
        return version

    def hears(event: str, body: bytes) -> str:
        value: Json = orjson.loads(body)
        found = as_map(value)
        if event != "BOOKMARK":
            (listener.gone if event == "DELETED" else listener.changed)(found)
        return as_text(as_map(found.get("metadata")).get("resourceVersion"))

    _run(_Loop(client, lambda: path, kind, JSON, query, lists, hears, listener.failed), stop)


def _run(loop: _Loop, stop: Stop) -> None:
    failures = 0
    while not stop.is_set():
        try:
            version = loop.lists()
            loop.failed("")
            failures = 0
            _watch(loop, version, stop)
        except GoneError as error:
            log.info("list again: %s", error)  # too old a version says nothing is wrong, only that we were slow
            failures += 1
        except ArgosyError as error:
            loop.failed(str(error))
            failures += 1
        if failures:
            _pause(failures, stop)


def _watch(loop: _Loop, version: str, stop: Stop) -> None:
    """Watch again and again from the last version; returns when stopped, raises when a new list is needed."""
    cuts = 0
    while not stop.is_set():
        started = time.monotonic()
        try:
            for event, body in stream(
                loop.client, loop.path(), loop.kind, version, stop, accept=loop.accept, query=loop.query
            ):
                version = loop.hears(event, body) or version
        except CutError as error:
            log.info("watch again: %s", error)
        # a server that hangs up at once must not be asked again at once
        cuts = cuts + 1 if time.monotonic() - started < 1 else 0
        if cuts:
            _pause(cuts, stop)


def _pause(failures: int, stop: Stop) -> None:
    longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(failures, 10))
    stop.wait(random.uniform(longest / 2, longest))  # noqa: S311 -- jitter
