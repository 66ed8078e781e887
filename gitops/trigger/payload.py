"""Bytes from strangers -> JSON, with bounds checked before anything is parsed (S-079, S-155)."""

from __future__ import annotations

import json
import re
from typing import NoReturn

from gitops.errors import InvalidError
from gitops.model.objects import Json

DEPTH_LIMIT = 64
"""Deepest nesting that is read; webhooks and requests of real clients stay below 20."""

_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+\\?(?:"|\Z)', re.DOTALL)
"""A JSON string, or the unterminated rest: it always matches, so that the scan stays linear for any input."""
_OUTSIDE = re.compile(rb"[^\[\]{}]+")


def depth_of(body: bytes) -> int:
    """Deepest bracket nesting outside strings; linear in the size of `body`, no recursion."""
    deepest = depth = 0
    for bracket in _OUTSIDE.sub(b"", _STRING.sub(b"", body)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def decode(body: bytes) -> Json:
    """The first JSON value of `body`; what follows it is ignored, of duplicate keys the last counts, as in Go.

    Raises:
        InvalidError: not UTF-8, not JSON, cut off, NaN or Infinity, a number too long, or nested deeper than the limit.
    """
    if depth_of(body) > DEPTH_LIMIT:
        raise InvalidError(f"nested deeper than {DEPTH_LIMIT}", about="JSON body", hint="send a flatter document")
    try:
        text = body.decode("utf-8").lstrip(" \t\r\n")
        value: Json = json.JSONDecoder(parse_constant=_no_constant).raw_decode(text)[0]
    except ValueError as error:
        raise InvalidError(reason_of(error, body), about="JSON body", hint="send one JSON document") from error
    return value


def reason_of(error: ValueError, body: bytes) -> str:
    """Go's words for a body that ends too early, else one line without any of the body's content."""
    if isinstance(error, json.JSONDecodeError):
        ended = error.pos >= len(error.doc.rstrip()) or "Unterminated" in error.msg
        return "unexpected EOF" if ended else f"invalid character at offset {error.pos} of {len(body)} bytes"
    return "not UTF-8" if isinstance(error, UnicodeDecodeError) else "a number or word that is not JSON"


def _no_constant(word: str) -> NoReturn:
    raise ValueError(word)
