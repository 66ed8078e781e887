"""Requests as Go reads them: keys whatever their case, last duplicate wins, unknown ones ignored (surprises 6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from flask import Request

from api.errors import ApiError, Code
from gitops.errors import InvalidError
from gitops.model.objects import Json, JsonMap
from gitops.trigger.payload import decode

BODY_LIMIT_BYTES = 10 * 1024 * 1024
"""Largest request that is read; an Application is at most 1.5 MB in etcd."""

_KINDS = {str: "string", bool: "bool", int: "number", float: "number", list: "array", dict: "object"}


@dataclass(frozen=True)
class Message:
    """A request message; `name` is its Go type, which error texts show."""

    name: str
    fields: dict[str, Json]
    """By key in lower case."""

    def text(self, key: str) -> str:
        """A string field, empty when absent or null."""
        value = self.raw(key)
        if value is None:
            return ""
        return value if isinstance(value, str) else self._wrong(key, value, "string")

    def flag(self, key: str) -> bool:
        """A boolean field, False when absent or null."""
        value = self.raw(key)
        if value is None:
            return False
        return value if isinstance(value, bool) else self._wrong(key, value, "bool")

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings, empty when absent or null."""
        value = self.raw(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            return self._wrong(key, value, "[]string")
        return tuple(item if isinstance(item, str) else self._wrong(key, item, "string") for item in value)

    def part(self, key: str) -> JsonMap | None:
        """An object field as it is, None when absent or null."""
        value = self.raw(key)
        if value is None:
            return None
        return value if isinstance(value, dict) else self._wrong(key, value, key.capitalize())

    def parts(self, key: str) -> tuple[JsonMap, ...]:
        """A list of objects, empty when absent or null."""
        value = self.raw(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            return self._wrong(key, value, f"[]{key.capitalize()}")
        return tuple(item if isinstance(item, dict) else self._wrong(key, item, key.capitalize()) for item in value)

    def raw(self, key: str) -> Json:
        """A field of any type, None when absent."""
        return self.fields.get(key.lower())

    def demand(self, *keys: str) -> None:
        """Refuse a message without a field that the wire format calls required (surprises 7)."""
        for key in keys:
            if self.raw(key) is None:
                text = f'grpc: error while marshaling: proto: required field "{key}" not set'
                raise ApiError(Code.INTERNAL, text)

    def _wrong(self, key: str, value: Json, wanted: str) -> NoReturn:
        text = f"json: cannot unmarshal {_kind(value)} into Go struct field {self.name}.{key} of type {wanted}"
        raise ApiError(Code.INVALID, text)


def read(request: Request, name: str, *, limit_bytes: int = BODY_LIMIT_BYTES) -> Message:
    """The body of a request as a message; an empty body and `null` are an empty message.

    Raises:
        ApiError: 400 with Go's words for what is wrong.
    """
    fields = read_object(request, name, limit_bytes=limit_bytes)
    return Message(name, {key.lower(): part for key, part in fields.items()})


def read_object(request: Request, name: str, *, limit_bytes: int = BODY_LIMIT_BYTES) -> JsonMap:
    """The body as it is, for objects whose keys keep their case; empty and `null` are an empty object."""
    value = value_of(body_of(request, limit_bytes))
    if value is not None and not isinstance(value, dict):
        raise ApiError(Code.INVALID, f"json: cannot unmarshal {_kind(value)} into Go value of type {name}")
    return value or {}


def value_of(body: bytes) -> Json:
    """Any JSON value, None for an empty body."""
    if not body.strip():
        return None
    try:
        return decode(body)
    except InvalidError as error:
        raise ApiError(Code.INVALID, error.message) from error


def body_of(request: Request, limit_bytes: int) -> bytes:
    """The body, at most `limit_bytes`; reading stops there, also without a Content-Length (S-077)."""
    if (request.content_length or 0) > limit_bytes:
        raise too_large(limit_bytes)
    data = request.stream.read(limit_bytes + 1)
    if len(data) > limit_bytes:
        raise too_large(limit_bytes)
    return data


def too_large(limit_bytes: int) -> ApiError:
    """413: more than is read."""
    return ApiError(Code.EXHAUSTED, f"request body is larger than {limit_bytes} bytes", status=413)


def _kind(value: Json) -> str:
    return "null" if value is None else _KINDS[type(value)]
