"""Plain HTTP to one API server: warm connections, deadlines, few retries, errors that say what to do.

The official client costs 285 ms of import and decodes in Python; this one hands out bytes (design.md 11).
"""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, Protocol, TypeAlias

import urllib3
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.response import BaseHTTPResponse

from gitops.adapters.kube.answers import NOT_FOUND, Answer, error_of, worth_repeating
from gitops.adapters.kube.tls import context_of
from gitops.errors import ArgosyError, InvalidError, RetryableError
from gitops.model.config import ClusterCredential

JSON = "application/json"
APPLY_PATCH = "application/apply-patch+yaml"
MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"

CONNECT_S = 5.0
READ_S = 30.0
IN_FLIGHT = 20
"""Requests of one process to one cluster at a time; watches are not counted."""
RETRIES = 2

_PoolOptions: TypeAlias = dict[str, Any]  # passed through to urllib3, whose classes disagree on the rest

_METHODS = {"get": "GET", "list": "GET", "watch": "GET", "create": "POST", "patch": "PATCH", "delete": "DELETE"}


class Observer(Protocol):
    """Told about every answer: verb, kind, HTTP status (0 = no answer) and how long it took."""

    def __call__(self, verb: str, kind: str, code: int, seconds: float) -> None:
        """Count one answer; called from many threads, must not raise."""


def unobserved(verb: str, kind: str, code: int, seconds: float) -> None:
    """The observer of those who count nothing."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an API server is and who we are to it. `token`, if given, is asked before each request (rotation)."""

    server: str
    credential: ClusterCredential = field(repr=False)
    token: Callable[[], str] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """One call. `about` names the object in errors; `secret` keeps server texts out of them."""

    verb: str
    path: str
    kind: str
    about: str
    query: str = ""
    body: bytes = field(default=b"", repr=False)
    content_type: str = JSON
    accept: str = JSON
    secret: bool = False
    repeatable: bool = True
    """Safe to send again after an unknown outcome: reads, server-side applies, patches fenced by a resourceVersion."""

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query}" if self.query else self.path


class ResetError(RetryableError):
    """The connection broke: whether a write arrived is unknown."""


class Client:
    """Requests to one API server; safe to share between threads."""

    def __init__(self, endpoint: Endpoint, *, observer: Observer = unobserved) -> None:
        self.server = endpoint.server.rstrip("/")
        self._token = endpoint.token
        self._observer = observer
        self._slots = threading.BoundedSemaphore(IN_FLIGHT)
        self._headers = {"User-Agent": f"argosy/{version('argosy')}", **_authorisation(endpoint.credential)}
        self._pool = _pool(self.server, endpoint.credential)
        self._prefix = _prefix(self.server, endpoint.credential.proxy_url)

    def send(self, request: Request) -> Answer:
        """The answer, if its status is below 400 or 404 (look at `Answer.absent`).

        Raises:
            RefusedError, InvalidError, ConflictError, GoneError: what `answers.error_of` says.
            RetryableError: no answer in time; a write may or may not have happened.
        """
        for attempt in range(RETRIES if request.repeatable else 0):
            try:
                answer = self._once(request)
            except ResetError:  # the next try, or the last one below, says what is wrong
                pass
            else:
                if not worth_repeating(answer):
                    return self._checked(answer, request)
            time.sleep(random.uniform(0.05, 0.2) * 2**attempt)  # noqa: S311 -- jitter
        return self._checked(self._once(request), request)

    def open(self, request: Request, *, read_timeout_s: float) -> BaseHTTPResponse:
        """A response whose body is still to come, on a connection of its own: for watches.

        Raises:
            GoneError, RetryableError, RefusedError, InvalidError: as `send`; 404 is an error here.
        """
        started = time.monotonic()
        with self._translated(request, started):
            response = self._ask(request, read_timeout_s, preload=False)
        self._observer(request.verb, request.kind, response.status, time.monotonic() - started)
        if response.status >= 400:
            raise error_of(_answer(response), about=self._about(request), secret=request.secret)
        return response

    def close(self) -> None:
        """Drop idle connections; the client stays usable."""
        self._pool.close()

    def _once(self, request: Request) -> Answer:
        started = time.monotonic()
        if not self._slots.acquire(timeout=READ_S):
            raise RetryableError(f"{IN_FLIGHT} requests are waiting for {self.server}", about=self._about(request))
        try:
            with self._translated(request, started):
                response = self._ask(request, READ_S, preload=True)
        finally:
            self._slots.release()
        self._observer(request.verb, request.kind, response.status, time.monotonic() - started)
        return _answer(response)

    def _ask(self, request: Request, read_timeout_s: float, *, preload: bool) -> BaseHTTPResponse:
        headers = self._headers | {"Accept": request.accept}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token()}"
        if request.body:
            headers["Content-Type"] = request.content_type
        return self._pool.urlopen(
            _METHODS[request.verb],
            self._prefix + request.target,
            body=request.body or None,
            headers=headers,
            retries=False,
            redirect=False,
            assert_same_host=False,  # plain HTTP through a proxy names another host than the pool's
            preload_content=preload,
            timeout=urllib3.Timeout(connect=CONNECT_S, read=read_timeout_s),
        )

    @contextmanager
    def _translated(self, request: Request, started: float) -> Iterator[None]:
        """Turn every failure of the transport into an error with the cluster and the object in it."""
        try:
            yield
        except urllib3.exceptions.HTTPError as error:
            self._observer(request.verb, request.kind, 0, time.monotonic() - started)
            raise self._lost(error, request) from error

    def _lost(self, error: urllib3.exceptions.HTTPError, request: Request) -> ArgosyError:
        about = self._about(request)
        match error:
            case urllib3.exceptions.SSLError():
                return RetryableError(
                    f"TLS to {self.server} failed: {error}", about=about, hint="Check CA and certificate"
                )
            case urllib3.exceptions.ReadTimeoutError():
                return RetryableError(f"{self.server} did not answer in {READ_S:.0f} s", about=about)
            case urllib3.exceptions.ConnectTimeoutError() if not isinstance(
                error, urllib3.exceptions.NewConnectionError
            ):
                return RetryableError(f"{self.server} cannot be reached in {CONNECT_S:.0f} s", about=about)
            case urllib3.exceptions.ProtocolError():
                return ResetError(f"{self.server} cut the connection: {error}", about=about)
            case urllib3.exceptions.LocationValueError() | urllib3.exceptions.LocationParseError():
                return InvalidError(f"the server address {self.server} cannot be used: {error}", about=about)
        return RetryableError(f"{self.server} cannot be reached: {error}", about=about)

    def _checked(self, answer: Answer, request: Request) -> Answer:
        if answer.status < 300 or answer.status == NOT_FOUND:
            return answer
        raise error_of(answer, about=self._about(request), secret=request.secret)

    def _about(self, request: Request) -> str:
        return f"{request.verb} {request.about} at {self.server}"


def _answer(response: BaseHTTPResponse) -> Answer:
    wait = response.headers.get("Retry-After", "")
    return Answer(
        response.status, response.data, float(wait) if wait.isdigit() else 0.0, response.headers.get("Date", "")
    )


def _authorisation(credential: ClusterCredential) -> dict[str, str]:
    if credential.bearer_token:
        return {"Authorization": f"Bearer {credential.bearer_token}"}
    if credential.username:
        return dict(urllib3.util.make_headers(basic_auth=f"{credential.username}:{credential.password}"))
    return {}


def _pool(server: str, credential: ClusterCredential) -> HTTPConnectionPool:
    about = f"cluster {server}"
    if not server.startswith(("https://", "http://")):
        raise InvalidError(f"server {server!r} is no http(s) URL", about=about, hint="Correct the cluster's `server`")
    options: _PoolOptions = {"maxsize": IN_FLIGHT, "block": False, "socket_options": _socket_options()}
    if server.startswith("https://"):
        options["ssl_context"] = context_of(credential, about)
        if credential.insecure:
            options["cert_reqs"] = "CERT_NONE"
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        if credential.server_name:
            options["server_hostname"] = options["assert_hostname"] = credential.server_name
    return _manager(credential.proxy_url, options).connection_from_url(server)


def _prefix(server: str, proxy_url: str) -> str:
    """What comes before each path: a proxy wants the whole address, except inside a TLS tunnel or SOCKS."""
    if proxy_url.startswith("http") and server.startswith("http://"):
        return server
    return urllib3.util.parse_url(server).path or ""


def _manager(proxy_url: str, options: _PoolOptions) -> urllib3.PoolManager:
    if proxy_url.startswith("socks5"):
        from urllib3.contrib.socks import SOCKSProxyManager  # needs PySocks; clusters behind SOCKS are rare

        return SOCKSProxyManager(proxy_url, **options)
    if proxy_url:
        user = urllib3.util.parse_url(proxy_url).auth
        headers = urllib3.util.make_headers(proxy_basic_auth=user) if user else None
        return urllib3.ProxyManager(proxy_url, proxy_headers=headers, **options)
    return urllib3.PoolManager(**options)


def _socket_options() -> list[tuple[int, int, int | bytes]]:
    """No delay (urllib3's default) and keep-alive probes, so that a peer that vanished ends a watch."""
    probes = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    for name, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, name):  # macOS lacks TCP_KEEPIDLE
            probes.append((socket.IPPROTO_TCP, getattr(socket, name), value))
    return [*HTTPConnection.default_socket_options, *probes]
