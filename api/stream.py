"""Streams of Application changes, SSE or one JSON a line (argo-cd.md 11.1, surprises 36-39)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import cast

from flask import Response, request

from api.answer import encode
from api.argo.fields import select
from api.argo.reading import Filter
from api.auth.caller import caller
from api.cache import AppCache, AppEvent, Change, LaggingError, Subscription, ref_of, version_of
from api.errors import ApiError, Code
from api.routes import Needs, Route
from api.wiring import Ports
from gitops.model.objects import AppRef, JsonMap

HEARTBEAT_S = 15.0
LOOK_S = 1.0
"""How often an idle stream looks whether its reader is still there."""
MAX_STREAMS = 200


class Streams:
    """The watch route. A stream takes a thread of the server; beyond `MAX_STREAMS` the answer is 429."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def routes(self) -> tuple[Route, ...]:
        """One stream."""
        return (Route("GET", "/api/v1/stream/applications", self.applications, Needs("applications", "get")),)

    def applications(self) -> Response:
        """ADDED for what is there (no resourceVersion, or one app by name), then every change."""
        if self._ports.apps.readers >= MAX_STREAMS:
            raise ApiError(Code.EXHAUSTED, f"{MAX_STREAMS} streams are open already")
        wanted, sees = Filter.of_request(), caller().may("applications", "get")
        events = Watch(self._ports.apps, lambda body: sees and wanted.accepts(body), _since(wanted))
        as_sse = request.headers.get("Accept") == "text/event-stream"
        left = cast(Callable[[], bool], request.environ.get("waitress.client_disconnected", lambda: False))
        apps = self._ports.apps
        body = lines(events, request.args.get("fields", ""), sse=as_sse, gone=lambda: apps.closed or left())
        response = Response(body, 200, mimetype="text/event-stream" if as_sse else "application/json")
        response.call_on_close(events.close)
        return response


def _since(wanted: Filter) -> int | None:
    """Show only what is newer than this; None shows everything there is (surprises 37)."""
    text = request.args.get("resourceVersion", "")
    if not text:
        return None
    return int(text) if text.isdigit() else 0 if wanted.name else -1


class Watch:
    """The changes one reader asked for, in order; close it, or its queue grows until it counts as lagging."""

    def __init__(self, apps: AppCache, accepts: Callable[[JsonMap], bool], since: int | None) -> None:
        self._apps = apps
        self._accepts = accepts
        self._since = since
        self._reader: Subscription | None
        self._reader, self._first = apps.subscribe()

    def initial(self) -> Iterator[AppEvent]:
        """What is there already."""
        for body in self._first:
            newer = self._since is None or 0 <= self._since < version_of(body)
            if newer and self._accepts(body):
                yield AppEvent(Change.ADDED, body)

    def next(self, timeout_s: float) -> AppEvent | None:
        """The next change, None when nothing that was asked for changed within the time."""
        event = self._reader.next(timeout_s) if self._reader else None
        return event if event is not None and self._accepts(event.body) else None

    def close(self) -> None:
        """Stop listening; a second call does nothing."""
        if self._reader is not None:
            self._apps.unsubscribe(self._reader)
            self._reader = None


def lines(watch: Watch, fields: str, *, sse: bool, gone: Callable[[], bool]) -> Iterator[bytes]:
    """The stream's bytes. Ends when the reader is gone or lags; nothing, not even headers, is sent before the first."""
    told: dict[AppRef, bytes] = {}
    try:
        for event in watch.initial():
            yield from _fresh(event, fields, told, sse=sse)
        idle_s = 0.0
        while not gone():
            found = watch.next(LOOK_S)
            idle_s = 0.0 if found else idle_s + LOOK_S
            if found is not None:
                yield from _fresh(found, fields, told, sse=sse)
            elif sse and idle_s >= HEARTBEAT_S:
                idle_s = 0.0
                yield b":\n\n"
    except LaggingError:
        yield _framed(_LAGGED, sse=sse)
    finally:
        watch.close()


_LAGGED = encode(
    {"error": {"grpc_code": 8, "http_code": 429, "http_status": "Too Many Requests", "message": "reader too slow"}}
)


def _fresh(event: AppEvent, fields: str, told: dict[AppRef, bytes], *, sse: bool) -> Iterator[bytes]:
    """The event's bytes, unless the reader was told exactly this about the app before."""
    message = select({"result": {"type": event.change.value, "application": event.body}}, fields)
    encoded, ref = encode(message), ref_of(event.body)
    if told.get(ref) != encoded:
        told[ref] = encoded
        yield _framed(encoded, sse=sse)


def _framed(encoded: bytes, *, sse: bool) -> bytes:
    return b"data: " + encoded + b" \n\n" if sse else encoded + b"\n"
