"""Port `Counters`: one hash per counter, one field per set of labels."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import orjson

from gitops.adapters.redis.connect import Server, as_pairs, as_words
from gitops.errors import RetryableError
from gitops.model.objects import Json, as_texts
from gitops.ports.metrics import Sample

log = logging.getLogger(__name__)

PREFIX = "argosy:metrics:"
NAMES = "argosy:metrics"
"""The set of counter names."""


class RedisCounters:
    """Sums of all processes; two commands in one round trip per `add`."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def add(self, name: str, labels: Mapping[str, str], value: float = 1.0) -> None:
        """See port."""
        field = orjson.dumps(dict(labels), option=orjson.OPT_SORT_KEYS)
        commands = [("SADD", NAMES, name), ("HINCRBYFLOAT", PREFIX + name, field, value)]
        try:
            self._server.together(commands, atomic=False)
        except RetryableError as error:
            log.info("not counted", extra={"counter": name, "reason": error.message})

    def read(self) -> dict[str, tuple[Sample, ...]]:
        """See port."""
        names = sorted(as_words(name) for name in _members(self._server.call("SMEMBERS", NAMES)))
        replies = self._server.together([("HGETALL", PREFIX + name) for name in names], atomic=False)
        return {name: _samples(as_pairs(reply)) for name, reply in zip(names, replies, strict=True)}


def _members(reply: object) -> list[bytes]:
    """SMEMBERS comes as a set or a list, depending on the protocol."""
    return [one for one in reply if isinstance(one, bytes)] if isinstance(reply, set | list | tuple) else []


def _samples(fields: dict[bytes, bytes]) -> tuple[Sample, ...]:
    return tuple(Sample(_labels(field), float(value)) for field, value in sorted(fields.items()))


def _labels(field: bytes) -> dict[str, str]:
    value: Json = orjson.loads(field)
    return as_texts(value)
