"""The file patterns of `directory.include` and `exclude`: `*` and `?` match any character, slashes too."""

from __future__ import annotations

import fnmatch
import re
from functools import lru_cache

from gitops.errors import InvalidError

_CHOICES_LIMIT = 200
_LENGTH_LIMIT = 2_000


def matches(pattern: str, path: str) -> bool:
    """Whether the whole path fits: `*`, `?`, `[a-z]`, `[!a-z]` and `{a,b}`; case counts.

    Takes linear time in the path for each choice of the braces (S-034).

    Raises:
        InvalidError: the pattern is too long or has too many choices.
    """
    return any(choice.match(path) for choice in _compiled(pattern))


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> tuple[re.Pattern[str], ...]:
    if len(pattern) > _LENGTH_LIMIT:
        raise _refused(pattern, f"longer than {_LENGTH_LIMIT} characters")
    # fnmatch.translate makes each `*` an atomic group, so there is nothing to backtrack into
    return tuple(re.compile(fnmatch.translate(text)) for text in _choices(pattern))


def _choices(pattern: str) -> list[str]:
    """Every way to take one alternative of each `{a,b}`; braces nest."""
    todo, done = [pattern], []
    while todo:
        text = todo.pop()
        inner = re.search(r"\{([^{}]*)\}", text)
        if inner is None:
            done.append(text)
        else:
            todo.extend(text[: inner.start()] + part + text[inner.end() :] for part in inner[1].split(","))
        if len(todo) + len(done) > _CHOICES_LIMIT:
            raise _refused(pattern, f"more than {_CHOICES_LIMIT} alternatives")
    return done


def _refused(pattern: str, why: str) -> InvalidError:
    return InvalidError(why, about=f"pattern {pattern[:80]!r}", hint="simplify directory.include or exclude")
