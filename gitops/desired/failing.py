"""When to try a failed render again, and whether a failure is news (security-reliability.md R-067, section 10)."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta

from gitops.errors import ArgosyError, RetryableError
from gitops.model.desired import Failure

FIRST = timedelta(seconds=2)
LONGEST = timedelta(minutes=5)
_CAUSE_LIMIT = 2_000
_VARYING = re.compile(r"[0-9a-f]{7,}|\d+")


def failure_of(error: ArgosyError, before: Failure | None, now: datetime, salt: str) -> Failure:
    """The record of one more failed look; only what may pass by itself has a next try."""
    tries = before.tries + 1 if before else 1
    since = before.since if before else now
    wait = _wait(error, tries, salt)
    return Failure("source", str(error)[:_CAUSE_LIMIT], tries, since, now + wait if wait is not None else None)


def _wait(error: ArgosyError, tries: int, salt: str) -> timedelta | None:
    """2 s, tripled each time up to 5 min, spread by a quarter so that repositories of one dead host do not march."""
    if not isinstance(error, RetryableError):
        return None
    spread = 0.75 + hashlib.blake2b(f"{salt} {tries}".encode(), digest_size=1).digest()[0] / 510
    wait = min(FIRST * int(3 ** min(tries - 1, 8)), LONGEST) * spread
    return max(wait, error.retry_after) if error.retry_after else wait


def is_news(before: Failure | None, after: Failure) -> bool:
    """Whether the words differ by more than numbers and ids: only then somebody is told again."""
    return before is None or _class(before.cause) != _class(after.cause)


def _class(cause: str) -> str:
    return _VARYING.sub("#", cause)
