"""Error classes -> status, gRPC code and Argo CD's body `{"error", "code", "message"}` (argo-cd.md 11.1)."""

from __future__ import annotations

import logging
import secrets
from datetime import timedelta
from enum import IntEnum

import orjson
from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from gitops.errors import ArgosyError, ConflictError, InvalidError, RefusedError, RetryableError

log = logging.getLogger(__name__)


class Code(IntEnum):
    """gRPC codes that Argo CD's clients look at."""

    UNKNOWN = 2
    INVALID = 3
    DEADLINE = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    DENIED = 7
    EXHAUSTED = 8
    PRECONDITION = 9
    ABORTED = 10
    INTERNAL = 13
    UNAVAILABLE = 14
    UNAUTHENTICATED = 16


STATUS = {
    Code.UNKNOWN: 500,
    Code.INVALID: 400,
    Code.DEADLINE: 504,
    Code.NOT_FOUND: 404,
    Code.ALREADY_EXISTS: 409,
    Code.DENIED: 403,
    Code.EXHAUSTED: 429,
    Code.PRECONDITION: 400,
    Code.ABORTED: 409,
    Code.INTERNAL: 500,
    Code.UNAVAILABLE: 503,
    Code.UNAUTHENTICATED: 401,
}
_PLAIN = {404: "Not Found\n", 405: "Method Not Allowed\n", 415: "Invalid content type\n"}
RETRY_AFTER = timedelta(seconds=2)


class ApiError(Exception):
    """A request that is answered with an error; `message` is what Argo CD says in this case."""

    def __init__(
        self, code: Code, message: str, *, status: int | None = None, retry_after: timedelta | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status or STATUS[code]
        self.message = message
        self.retry_after = retry_after


def denied(message: str = "permission denied") -> ApiError:
    """403: not allowed, or not there (existence does not leak)."""
    return ApiError(Code.DENIED, message)


def as_api_error(error: ArgosyError) -> ApiError:
    """What the caller does next, as a code."""
    match error:
        case ConflictError():
            return ApiError(Code.ABORTED, str(error))
        case RetryableError():
            return ApiError(Code.UNAVAILABLE, str(error), retry_after=error.retry_after or RETRY_AFTER)
        case InvalidError():
            return ApiError(Code.INVALID, str(error))
        case RefusedError():
            return ApiError(Code.DENIED, str(error))
        case _:
            return ApiError(Code.INTERNAL, str(error))


def answer(error: ApiError) -> Response:
    """The error as Argo CD writes it."""
    body = {"error": error.message, "code": int(error.code), "message": error.message}
    response = Response(orjson.dumps(body), error.status, mimetype="application/json")
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(max(1, round(error.retry_after.total_seconds())))
    return response


def plain(status: int, text: str = "") -> Response:
    """A text answer of the front door, before any of our own code decides."""
    return Response(text or _PLAIN[status], status, mimetype="text/plain")


def install(app: Flask) -> None:
    """Map every exception of a view to an answer; bugs are logged with an id and shown as that id only (S-142)."""
    app.register_error_handler(ApiError, answer)
    app.register_error_handler(ArgosyError, lambda error: answer(as_api_error(error)))
    app.register_error_handler(HTTPException, _front_door)
    app.register_error_handler(Exception, _bug)


def _front_door(error: HTTPException) -> Response:
    status = error.code or 500
    if status in _PLAIN:
        return plain(status)
    return answer(ApiError(Code.INVALID if status < 500 else Code.INTERNAL, error.name))


def _bug(error: Exception) -> Response:
    number = secrets.token_hex(4)
    log.error("bug", exc_info=error, extra={"error_id": number})
    return answer(ApiError(Code.INTERNAL, f"internal error {number}, see the log of the api"))
