"""One watch request: lines as they come, until the server ends it, the connection breaks or a stop hangs up."""

from __future__ import annotations

import random
from collections.abc import Iterator

import msgspec
import urllib3

from gitops.adapters.kube.answers import Answer, Status, error_of
from gitops.adapters.kube.client import Client, Request
from gitops.errors import RetryableError
from gitops.ports.watching import Stop

SERVER_S = 300
"""The server ends a watch after 80-100 % of this (all at once would be a herd)."""
SILENCE_S = 310.0
"""A connection without a byte for this long is dead (R-042); bookmarks come every minute."""


class CutError(RetryableError):
    """The watch ended without saying why: go on from the last version."""


class _Event(msgspec.Struct, frozen=True):
    type: str
    object: msgspec.Raw


_EVENT = msgspec.json.Decoder(_Event)


def stream(
    client: Client, path: str, kind: str, resource_version: str, stop: Stop, *, accept: str, query: str = ""
) -> Iterator[tuple[str, bytes]]:
    """(ADDED | MODIFIED | DELETED | BOOKMARK, the object's JSON) until the server ends the watch or `stop` is set.

    Raises:
        GoneError: the version is too old; list again.
        CutError: the connection broke.
        RetryableError, RefusedError, InvalidError: the watch was not granted.
    """
    timeout_s = round(SERVER_S * random.uniform(0.8, 1.0))  # noqa: S311 -- jitter
    asked = f"watch=1&allowWatchBookmarks=true&resourceVersion={resource_version}&timeoutSeconds={timeout_s}"
    request = Request("watch", path, kind, path, f"{asked}&{query}" if query else asked, accept=accept)
    response = client.open(request, read_timeout_s=SILENCE_S)
    detach = stop.attach(response.shutdown)
    try:
        for line in _lines(response):
            yield _event(line, request)
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        # ValueError: http.client reads a chunk size out of a stream that was hung up on
        if not stop.is_set():
            raise CutError(f"the watch broke: {error}", about=f"watch {path} at {client.server}") from error
    finally:
        detach()
        response.close()


def _lines(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    """Whole lines; what is left of an unfinished one at the end is dropped."""
    rest = b""
    for chunk in response.stream(65536):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line for line in lines if line)


def _event(line: bytes, request: Request) -> tuple[str, bytes]:
    event = _EVENT.decode(line)
    if event.type == "ERROR":
        status = msgspec.json.decode(event.object, type=Status)
        raise error_of(Answer(status.code or 500, bytes(event.object)), about=f"watch {request.path}", secret=False)
    return event.type, bytes(event.object)
