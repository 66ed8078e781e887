"""The Applications of the hub in memory, as the watch last told: what list, get and stream answer from.

Bodies are shared between requests and never changed in place. A write of ours is put in at once, so that a client
reads what it wrote; an older event that arrives afterwards changes nothing (resourceVersions only grow).
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum

from gitops.model.objects import AppRef, JsonMap, as_list, as_map, as_text

BACKLOG = 1000
"""Events a slow reader may be behind before its stream ends (argo-cd.md 11.1)."""
GONE_KEPT = 1000


class Change(Enum):
    """What happened to an Application, as streams name it."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"


@dataclass(frozen=True, slots=True)
class AppEvent:
    """A change and the object after it (before it, when it was deleted)."""

    change: Change
    body: JsonMap


class LaggingError(Exception):
    """The reader fell too far behind; it must list again."""


@dataclass
class Subscription:
    """Events of one reader, in order."""

    _news: threading.Condition
    _waiting: deque[AppEvent] = field(default_factory=deque)
    _lagging: bool = False

    def push(self, event: AppEvent) -> None:
        """Queue an event; called by the cache under its lock."""
        self._lagging = self._lagging or len(self._waiting) >= BACKLOG
        if not self._lagging:
            self._waiting.append(event)

    def next(self, timeout_s: float) -> AppEvent | None:
        """The next event; None when there is none within the time.

        Raises:
            LaggingError: events were lost.
        """
        with self._news:
            self._news.wait_for(lambda: self._waiting or self._lagging, timeout_s)
            if self._waiting:
                return self._waiting.popleft()
            if self._lagging:
                raise LaggingError
            return None


def ref_of(body: JsonMap) -> AppRef:
    """Namespace and name of an Application's JSON."""
    metadata = as_map(body.get("metadata"))
    return AppRef(as_text(metadata.get("namespace")), as_text(metadata.get("name")))


def version_of(body: JsonMap) -> int:
    """The resourceVersion as a number, 0 when there is none."""
    text = as_text(as_map(body.get("metadata")).get("resourceVersion"))
    return int(text) if text.isdigit() else 0


class AppCache:
    """All Applications; one lock, one condition, every method is safe from any thread."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._apps: dict[AppRef, JsonMap] = {}
        self._gone: OrderedDict[str, None] = OrderedDict()
        self._readers: list[Subscription] = []
        self._version = 0
        self._synced = False
        self.closed = False
        self._targets: dict[str, set[str]] | None = None

    @property
    def synced(self) -> bool:
        """Whether the first list has arrived."""
        return self._synced

    @property
    def version(self) -> str:
        """resourceVersion of the newest thing seen."""
        return str(self._version) if self._version else ""

    def replace(self, bodies: Iterable[JsonMap], version: str) -> None:
        """A complete list: what is not in it is gone."""
        with self._news:
            listed = {ref_of(body): body for body in bodies}
            for body in listed.values():
                self._put(body)
            for ref in [ref for ref in self._apps if ref not in listed]:
                self._drop(self._apps[ref])
            self._version = max(self._version, int(version) if version.isdigit() else 0)
            self._synced = True
            self._news.notify_all()

    def put(self, body: JsonMap) -> None:
        """An Application as it is now; ignored when something newer is known."""
        with self._news:
            self._put(body)
            self._news.notify_all()

    def drop(self, body: JsonMap) -> None:
        """An Application that is gone."""
        with self._news:
            self._drop(body)
            self._news.notify_all()

    def get(self, ref: AppRef) -> JsonMap | None:
        """One Application, None when there is none."""
        with self._news:
            return self._apps.get(ref)

    def all(self) -> list[JsonMap]:
        """All Applications, sorted by name."""
        with self._news:
            return [self._apps[ref] for ref in sorted(self._apps, key=lambda ref: (ref.name, ref.namespace))]

    def wait_for(self, ref: AppRef, until: Callable[[JsonMap | None], bool], timeout_s: float) -> JsonMap | None:
        """The Application as soon as the condition holds.

        Raises:
            TimeoutError: it did not within the time.
        """
        end = time.monotonic() + timeout_s
        with self._news:
            while not until(self._apps.get(ref)):
                if not self._news.wait(max(0.0, end - time.monotonic())) and time.monotonic() >= end:
                    raise TimeoutError
            return self._apps.get(ref)

    def subscribe(self) -> tuple[Subscription, list[JsonMap]]:
        """A stream of events, and the state it starts from, without a gap between them."""
        with self._news:
            reader = Subscription(self._news)
            self._readers.append(reader)
            return reader, list(self._apps.values())

    def unsubscribe(self, reader: Subscription) -> None:
        """End a stream."""
        with self._news:
            self._readers.remove(reader)

    def close(self) -> None:
        """This process ends: open streams are to end too."""
        with self._news:
            self.closed = True
            self._news.notify_all()

    @property
    def readers(self) -> int:
        """Streams that are open."""
        return len(self._readers)

    def targets(self, urls: Iterable[str]) -> set[str]:
        """targetRevisions of the sources that name one of these URLs, exactly as written."""
        with self._news:
            if self._targets is None:
                self._targets = {}
                for body in self._apps.values():
                    for source in _sources(body):
                        wanted = self._targets.setdefault(as_text(source.get("repoURL")), set())
                        wanted.add(as_text(source.get("targetRevision")))
            found = self._targets
        return set[str]().union(*(found.get(url, set()) for url in urls))

    def _put(self, body: JsonMap) -> None:
        ref, version = ref_of(body), version_of(body)
        known = self._apps.get(ref)
        if _uid(body) in self._gone or (known is not None and version_of(known) >= version > 0):
            return
        shown = _without_managed_fields(body)
        self._apps[ref] = shown
        self._tell(AppEvent(Change.ADDED if known is None else Change.MODIFIED, shown), version)

    def _drop(self, body: JsonMap) -> None:
        known = self._apps.get(ref_of(body))
        if known is None or _uid(known) != _uid(body):
            return
        self._gone[_uid(body)] = None
        while len(self._gone) > GONE_KEPT:
            self._gone.popitem(last=False)
        self._tell(AppEvent(Change.DELETED, self._apps.pop(ref_of(body))), version_of(body))

    def _tell(self, event: AppEvent, version: int) -> None:
        self._version = max(self._version, version)
        self._targets = None
        for reader in self._readers:
            reader.push(event)


def _uid(body: JsonMap) -> str:
    return as_text(as_map(body.get("metadata")).get("uid"))


def _without_managed_fields(body: JsonMap) -> JsonMap:
    metadata = as_map(body.get("metadata"))
    if "managedFields" not in metadata:
        return body
    return {**body, "metadata": {key: value for key, value in metadata.items() if key != "managedFields"}}


def _sources(body: JsonMap) -> Iterator[JsonMap]:
    spec = as_map(body.get("spec"))
    yield as_map(spec.get("source"))
    yield from map(as_map, as_list(spec.get("sources")))
    hydrator = as_map(spec.get("sourceHydrator"))
    yield as_map(hydrator.get("drySource"))
