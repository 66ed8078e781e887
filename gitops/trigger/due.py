"""What is due for a periodic look: repositories to poll, clusters to scan (argo-cd.md 15, AC-134)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta


def due(
    things: Iterable[str], marks: Mapping[str, datetime], now: datetime, *, interval: timedelta, jitter: timedelta
) -> list[str]:
    """Those of `things` that were last done longer ago than `interval` plus their own share of `jitter`.

    The share comes from the name, so that all processes agree and looks are spread. An interval of zero switches
    periodic looks off, except for what was never done.
    """
    return [t for t in things if t not in marks or (interval and now - marks[t] >= interval + share(t, jitter))]


def share(name: str, jitter: timedelta) -> timedelta:
    """A fixed part of `jitter` between 0 and 1 for a name."""
    part = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest(), "big") / 2**32
    return jitter * part
