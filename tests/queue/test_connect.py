from __future__ import annotations

import logging
import tempfile
from pathlib import Path

import pytest
from broker import Broker

from gitops.adapters.redis.connect import Server, connect
from gitops.errors import RefusedError, RetryableError


def run(**options: str):
    folder = tempfile.mkdtemp(prefix="argosy-c")
    return Broker(Path(folder), **options).start()


def test_a_redis_without_a_password_is_refused():
    broker = run(password="")
    try:
        with pytest.raises(RefusedError, match="without a password"):
            broker.server().check()
        broker.server().check(may_be_open=True)
    finally:
        broker.stop()


def test_a_redis_with_a_password_is_accepted(broker):
    broker.server().check()


def test_a_redis_that_evicts_is_warned_about(caplog):
    broker = run(policy="allkeys-lru")
    try:
        with caplog.at_level(logging.WARNING):
            broker.server().check()
        assert "redis_evicts" in caplog.text
    finally:
        broker.stop()


def test_a_redis_that_is_away_can_be_tried_again():
    with pytest.raises(RetryableError, match="Redis"):
        Server(connect("redis+socket:///nowhere/at-all.sock", "p")).call("PING")


def test_a_wrong_password_can_be_tried_again_and_is_not_in_the_message(broker):
    with pytest.raises(RetryableError) as caught:
        Server(connect(broker.url, "not-the-password")).call("PING")
    assert "not-the-password" not in str(caught.value)
