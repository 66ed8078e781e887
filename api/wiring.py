"""The ports the API may have: the hub, the store, the queue; target clusters only for live objects a user asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from api.cache import AppCache
from gitops.model.config import HubConfig
from gitops.ports.clock import Clock
from gitops.ports.cluster import Clusters
from gitops.ports.editing import Editor, Logins, Revocations
from gitops.ports.hub import Hub
from gitops.ports.metrics import Counters
from gitops.ports.queue import Queue
from gitops.ports.store import Desireds, Index


@dataclass(frozen=True, slots=True)
class LaneDepth:
    """How much waits in the lanes of one queue; `oldest_s` is the age of the job that waits longest."""

    queue: str
    ready: int
    leased: int
    oldest_s: float


@dataclass(frozen=True)
class Ports:
    """Everything `create_app` needs."""

    namespace: str
    clock: Clock
    hub: Hub
    editor: Editor
    index: Index
    queue: Queue
    desireds: Desireds
    clusters: Clusters
    counters: Counters
    revocations: Revocations
    apps: AppCache
    logins: Callable[[], Logins]
    config: Callable[[], HubConfig]
    depths: Callable[[], tuple[LaneDepth, ...]] = tuple
    read_only: bool = False
