"""How often a failed operation starts again, and when (argo-cd.md 2.2, 2.7)."""

from __future__ import annotations

import re
from datetime import timedelta

from gitops.model.crds.application import Retry

AUTOMATED_LIMIT = 5

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def duration(text: str, default: timedelta) -> timedelta:
    """A Go duration (`1m30s`) or plain seconds; `default` when empty or unreadable (the spec check reports that)."""
    if not text:
        return default
    if text.isdecimal():
        return timedelta(seconds=int(text))
    parts = _PART.findall(text)
    if not parts or "".join(n + u for n, u in parts) != text:
        return default
    return timedelta(seconds=sum(float(n) * _UNITS[u] for n, u in parts))


def next_attempt(retry: Retry, *, done: int) -> timedelta | None:
    """The wait before the next attempt after `done` retries, or None when the limit is reached.

    A negative limit means for ever. Automated operations are given their limit of 5 when they begin.
    """
    if 0 <= retry.limit <= done:
        return None
    backoff = retry.backoff
    first = duration(backoff.duration if backoff else "", timedelta(seconds=5))
    factor = backoff.factor if backoff and backoff.factor else 2
    cap = duration(backoff.max_duration if backoff else "", timedelta(minutes=3))
    grown = first.total_seconds() * float(factor) ** min(done, 30)
    return min(timedelta(seconds=grown), cap)
