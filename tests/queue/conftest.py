from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from broker import Broker


@pytest.fixture(scope="session")
def broker():
    # Not tmp_path: the path of a unix socket may have 107 bytes at most.
    with tempfile.TemporaryDirectory(prefix="argosy-q") as folder:
        running = Broker(Path(folder)).start()
        yield running
        running.stop()


@pytest.fixture
def server(broker):
    connected = broker.server()
    connected.call("FLUSHALL")
    return connected
