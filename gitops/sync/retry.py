"""How often a failed operation starts again, and when (argo-cd.md 2.2, 2.7)."""

from __future__ import annotations

from datetime import timedelta

from gitops.errors import InvalidError
from gitops.model.crds.application import Retry
from gitops.model.spelling import duration_s

AUTOMATED_LIMIT = 5


def _span(text: str, default: timedelta) -> timedelta:
    """A duration as written; `default` when empty or unreadable, which the spec check has reported."""
    try:
        return timedelta(seconds=duration_s(text))
    except InvalidError:
        return default


def next_attempt(retry: Retry, *, done: int) -> timedelta | None:
    """The wait before the next attempt after `done` retries, or None when the limit is reached.

    A negative limit means for ever. Automated operations are given their limit of 5 when they begin.
    """
    if 0 <= retry.limit <= done:
        return None
    backoff = retry.backoff
    first = _span(backoff.duration if backoff else "", timedelta(seconds=5))
    factor = backoff.factor if backoff and backoff.factor else 2
    cap = _span(backoff.max_duration if backoff else "", timedelta(minutes=3))
    grown = first.total_seconds() * float(factor) ** min(done, 30)
    return min(timedelta(seconds=grown), cap)
