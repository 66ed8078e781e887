"""The ports that the steps of diff and apply workers may use, in one value."""

from __future__ import annotations

from dataclasses import dataclass

from gitops.ports.clock import Clock
from gitops.ports.cluster import Clusters
from gitops.ports.hub import Hub
from gitops.ports.metrics import Counters
from gitops.ports.queue import Queue
from gitops.ports.store import Desireds, Facts, Fingerprints


@dataclass(frozen=True)
class Ports:
    """What compare, advance, scan and sweep reach the outside through."""

    hub: Hub
    clusters: Clusters
    desireds: Desireds
    fingerprints: Fingerprints
    facts: Facts
    queue: Queue
    counters: Counters
    clock: Clock
    read_only: bool = False
    """Look and write nothing: Argo CD's own controller is still at work on this hub."""
