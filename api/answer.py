"""Successful answers: Go-like JSON with the header that Argo CD's gateway adds (surprises 9)."""

from __future__ import annotations

import orjson
from flask import Response

from gitops.model.objects import Json


def answer(value: Json) -> Response:
    """200 with a JSON body; values are encoded as they are, so redact before."""
    response = Response(encode(value), 200, mimetype="application/json")
    response.headers["Grpc-Metadata-Content-Type"] = "application/grpc"
    return response


def encode(value: Json) -> bytes:
    """JSON bytes without spaces; text that no UTF-8 can hold is replaced."""
    try:
        return orjson.dumps(value)
    except TypeError:  # a lone surrogate or an integer beyond 64 bits, which JSON from elsewhere may hold
        return orjson.dumps(_encodable(value))


def _encodable(value: Json) -> Json:
    if isinstance(value, dict):
        return {_clean(key): _encodable(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_encodable(part) for part in value]
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**64:
        return float(value)
    return _clean(value) if isinstance(value, str) else value


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
