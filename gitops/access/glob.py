"""The patterns of projects (argo-cd.md 7): `*` stops at the separator, `**` does not.

Also `?`, `[a-z]`, `[!a-z]`, `{a,b}`, and a backslash before a character that stands for itself.
"""

from __future__ import annotations

import re
from functools import lru_cache

from gitops.errors import InvalidError

LENGTH_LIMIT = 1_000
"""Characters of a pattern; projects are written by people."""

_SPECIAL = re.compile(r"\\.|\*\*+|\*|\?|\[!?[^\]]+\]|\{|\}|,|[^\\*?\[{},]+|.", re.DOTALL)


def matches(pattern: str, text: str, *, separator: str = "") -> bool:
    """Whether the whole text fits; a lone `*` fits everything. Case counts.

    Raises:
        InvalidError: a bracket is not closed, or the pattern is too long. Refuse what the pattern should decide.
    """
    return pattern == "*" or _compiled(pattern, separator).fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str, separator: str) -> re.Pattern[str]:
    if len(pattern) > LENGTH_LIMIT:
        raise _refused(pattern, f"is longer than {LENGTH_LIMIT} characters")
    depth = 0
    out = []
    for part in _SPECIAL.findall(pattern):
        depth += (part == "{") - (part == "}")
        if depth < 0:
            break
        out.append(_translated(pattern, part, depth, separator))
    if depth:
        raise _refused(pattern, "has a brace without its partner")
    try:
        return re.compile("".join(out), re.DOTALL)
    except re.error as error:
        raise _refused(pattern, f"cannot be read ({error.msg})") from None


def _translated(pattern: str, part: str, depth: int, separator: str) -> str:
    one = f"[^{re.escape(separator)}]" if separator else "."
    braces = {"{": "(?:", "}": ")", ",": "|" if depth else ","}
    if part in braces:
        return braces[part]
    if part[0] == "*":
        return f"{one}*" if part == "*" else ".*"
    if part == "?":
        return one
    if part[0] == "[":
        return _char_class(pattern, part)
    return re.escape(part[1:] if part[0] == "\\" and len(part) > 1 else part)


def _char_class(pattern: str, part: str) -> str:
    if len(part) == 1:
        raise _refused(pattern, "has a bracket without its partner")
    body = part[1:-1]
    negated, body = body.startswith("!"), body.removeprefix("!")
    escaped = re.sub(r"([\\\[\]^&~|])", r"\\\1", body)
    return f"[{'^' if negated else ''}{escaped}]"


def _refused(pattern: str, why: str) -> InvalidError:
    return InvalidError(f"pattern {pattern[:80]!r} {why}", hint="correct it in the project")
