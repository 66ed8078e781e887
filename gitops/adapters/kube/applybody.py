"""The body of a server-side apply: JSON that also survives the server's YAML parser.

The server reads application/apply-patch+yaml with a YAML parser even when it is JSON (tried on 1.36.1: U+2028 in a
string is "did not find expected ',' or '}'"). Pairs of surrogate escapes would not survive either, so only what YAML
does not allow as it is gets escaped, and nothing of that is beyond the basic plane.
"""

from __future__ import annotations

import re

import orjson

from gitops.model.objects import JsonMap

_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def apply_body(body: JsonMap) -> bytes:
    """The bytes to send."""
    plain = orjson.dumps(body)
    if plain.isascii() and b"\x7f" not in plain:
        return plain
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", plain.decode()).encode()
