"""The two of everything: the fake of a port, and the real thing in its smallest setting."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gitops.adapters.redis.connect import Server
from gitops.adapters.redis.facts import RedisFacts
from gitops.adapters.redis.fingerprints import RedisFingerprints
from gitops.adapters.redis.index import RedisIndex
from gitops.adapters.redis.metrics import RedisCounters
from gitops.adapters.redis.revocations import RedisRevocations
from gitops.adapters.redis.store import RedisDesireds
from gitops.adapters.redis.vault import RedisVault
from gitops.ports.editing import Revocations
from gitops.ports.metrics import Counters
from gitops.ports.store import Desireds, Facts, Fingerprints, Index, Vault
from tests.fakes.redis import (
    MemoryCounters,
    MemoryDesireds,
    MemoryFacts,
    MemoryFingerprints,
    MemoryIndex,
    MemoryRevocations,
    MemoryVault,
)
from tests.queue.broker import Broker

KEY = b"c" * 32


@dataclass(frozen=True)
class Stores:
    """Every port that Redis is behind."""

    index: Index
    desireds: Desireds
    fingerprints: Fingerprints
    vault: Vault
    facts: Facts
    counters: Counters
    revocations: Revocations


@pytest.fixture(scope="session")
def valkey() -> Iterator[Broker]:
    # Not tmp_path: the path of a unix socket may have 107 bytes at most.
    with tempfile.TemporaryDirectory(prefix="argosy-c") as folder:
        running = Broker(Path(folder)).start()
        yield running
        running.stop()


@pytest.fixture(params=["fake", "real"])
def stores(request: pytest.FixtureRequest) -> Stores:
    """Empty stores."""
    if request.param == "fake":
        desireds = MemoryDesireds()
        return Stores(
            MemoryIndex(), desireds, MemoryFingerprints(desireds), MemoryVault(), MemoryFacts(), MemoryCounters(),
            MemoryRevocations(),
        )  # fmt: skip
    running: Broker = request.getfixturevalue("valkey")
    server: Server = running.server()
    server.call("FLUSHALL")
    return Stores(
        RedisIndex(server, KEY), RedisDesireds(server, KEY), RedisFingerprints(server, KEY), RedisVault(server, KEY),
        RedisFacts(server), RedisCounters(server), RedisRevocations(server),
    )  # fmt: skip
