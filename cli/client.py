"""Requests to an Argosy (or Argo CD) server over REST; errors of the server become exit codes in one place."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import ParamSpec, TypeVar
from urllib.parse import quote, urlencode

import click

from cli.contexts import Target, load, path_of, target_of
from cli.errors import CommandError, Exit
from cli.wire import Json, Object, part, text

P = ParamSpec("P")
R = TypeVar("R")

CONNECT_S = 5.0
READ_S = 70.0
"""Longer than the 60 s that a get with refresh may take."""

_FAILED_PRECONDITION = 9
_EXITS = {401: Exit.NOT_LOGGED_IN, 403: Exit.FORBIDDEN, 404: Exit.NOT_FOUND, 409: Exit.CONFLICT}
_UNREACHABLE = frozenset({502, 503, 504})
_HINTS = {
    Exit.NOT_LOGGED_IN: "log in: argosy login SERVER",
    Exit.UNREACHABLE: "is the server up? try again",
    Exit.CONFLICT: "wait for it: argosy app wait --operation",
}


class Client:
    """A server and a session on it."""

    def __init__(self, target: Target, headers: tuple[str, ...] = ()) -> None:
        import urllib3  # 40 ms that --help does not pay

        self.target = target
        scheme = "http" if target.plaintext else "https"
        self._prefix = f"{scheme}://{target.server}"
        certificates = "CERT_NONE" if target.insecure else "CERT_REQUIRED"
        if target.insecure:
            urllib3.disable_warnings()
        self._pool = urllib3.PoolManager(cert_reqs=certificates, retries=False)
        self._errors = urllib3.exceptions
        self._headers = {"Content-Type": "application/json", "Accept": "application/json", **_given(headers)}
        if target.token:
            self._headers["Authorization"] = f"Bearer {target.token}"

    def get(self, path: str, **query: str | list[str]) -> Object:
        """The JSON object at a path below /api/; empty query values are left out."""
        return self.call("GET", path, None, **query)

    def call(self, method: str, path: str, body: Json = None, **query: str | list[str]) -> Object:
        """One request.

        Raises:
            CommandError: with the exit code for what the server said, or UNREACHABLE.
        """
        import urllib3

        data = json.dumps(body).encode() if body is not None else None
        timeout = urllib3.Timeout(connect=CONNECT_S, read=READ_S)
        try:
            response = self._pool.request(
                method, self._url(path, query), body=data, headers=self._headers, timeout=timeout, redirect=False
            )
        except self._errors.HTTPError as error:
            raise self._unreachable(error) from error
        if response.status >= 300:
            raise self._refused(response.status, response.data)
        return _object(response.data)

    def watch(self, name: str, silence_s: float) -> Iterator[tuple[str, Object]]:
        """Changes of an app as (ADDED, MODIFIED or DELETED, app), its present state first.

        Ends when the server ends it or nothing comes for `silence_s`: open it again, and ask whether the app exists.

        Raises:
            CommandError: as `call`.
        """
        import urllib3

        timeout = urllib3.Timeout(connect=CONNECT_S, read=silence_s)
        response = None
        try:
            response = self._pool.request(
                "GET",
                self._url("v1/stream/applications", {"name": name}),
                headers=self._headers,
                timeout=timeout,
                preload_content=False,
                redirect=False,
            )
            if response.status >= 300:
                raise self._refused(response.status, response.data)
            for line in _lines(response.stream(65536)):
                result = part(_object(line), "result")
                yield text(result, "type"), part(result, "application")
        except self._errors.ReadTimeoutError:
            return  # silence: told by ending
        except self._errors.HTTPError as error:
            raise self._unreachable(error) from error
        finally:
            if response is not None:
                response.close()

    def _url(self, path: str, query: Mapping[str, str | list[str]]) -> str:
        filled = {name: value for name, value in query.items() if value}
        return f"{self._prefix}/api/{path}" + (f"?{urlencode(filled, doseq=True)}" if filled else "")

    def _unreachable(self, error: Exception) -> CommandError:
        return CommandError(
            f"cannot be reached ({type(error).__name__})",
            code=Exit.UNREACHABLE,
            about=self._prefix,
            hint="check the address, --plaintext and --insecure",
        )

    def _refused(self, status: int, data: bytes) -> CommandError:
        try:
            told = _object(data)
        except CommandError:  # a proxy's page instead of an answer: its status is all there is to tell
            told = {}
        message = text(told, "message") or text(told, "error.message") or f"HTTP {status}"
        code = _EXITS.get(status, Exit.UNREACHABLE if status in _UNREACHABLE else Exit.ERROR)
        if told.get("code") == _FAILED_PRECONDITION:
            code = Exit.CONFLICT
        if code is Exit.FORBIDDEN and message == "permission denied":
            return CommandError(message, code=code, hint="it may not exist, or your account may not see it")
        return CommandError(message, code=code, hint=_HINTS.get(code, ""))


def app_path(name: str, rest: str = "") -> str:
    """The path of an app; `namespace/name` is accepted, the namespace goes into the query."""
    return f"v1/applications/{quote(name.rpartition('/')[2], safe='')}{rest}"


def namespace_of(name: str) -> str:
    """The namespace of `namespace/name`, empty for a bare name."""
    return name.rpartition("/")[0]


_OPTIONS = (
    click.option("--server", "server", default="", help="Address of the server, host:port [ARGOSY_SERVER]."),
    click.option("--auth-token", "token", default="", help="Token instead of a login [ARGOSY_AUTH_TOKEN]."),
    click.option("--plaintext", is_flag=True, help="Talk http instead of https."),
    click.option("--insecure", is_flag=True, help="Do not check the server's certificate."),
    click.option("--config", "config", default="", help="File with contexts and tokens."),
    click.option("--context", "--argocd-context", "context", default="", help="Use this login instead of the current."),
    click.option("--header", "-H", "headers", multiple=True, help="Further header, `Name: value`."),
)
_NAMES = ("server", "token", "plaintext", "insecure", "config", "context", "headers")


def connection_options(command: Callable[P, R]) -> Callable[P, R]:
    """The connection options; the command gets them as they are, for `client_for`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def client_for(options: Mapping[str, object]) -> Client:
    """A client for the server that connection options, environment and contexts name.

    Raises:
        CommandError: none of them names one.
    """
    words = {name: str(options[name]) for name in ("server", "token", "config", "context")}
    flags = {name: options[name] is True for name in ("plaintext", "insecure")}
    headers = options["headers"]
    return Client(chosen(words, flags, os.environ), tuple(map(str, headers)) if isinstance(headers, tuple) else ())


def connected(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the connection options, and a ready `client` in their place."""

    @wraps(command)
    def run(*args: P.args, **options: P.kwargs) -> R:
        connection = {name: options.pop(name) for name in _NAMES}
        options["client"] = client_for(connection)
        return command(*args, **options)

    return connection_options(run)


def chosen(words: Mapping[str, str], flags: Mapping[str, bool], environ: Mapping[str, str]) -> Target:
    """The server that flags, environment and contexts name, in this order.

    Raises:
        CommandError: none of them names one.
    """
    known = target_of(load(path_of(environ, words["config"]), environ), words["context"])
    server = words["server"] or _either(environ, "SERVER")
    token = words["token"] or _either(environ, "AUTH_TOKEN")
    if not server and known is None:
        raise CommandError("no server is named", code=Exit.NOT_LOGGED_IN, hint="argosy login SERVER, or --server")
    if not server and known is not None:
        return Target(known.server, token or known.token, known.plaintext or flags["plaintext"], known.insecure)
    address, plaintext = address_of(server, plaintext=flags["plaintext"])
    same = known if known is not None and known.server == address else Target(address)
    return Target(
        address,
        token or same.token,
        plaintext=plaintext or same.plaintext,
        insecure=flags["insecure"] or same.insecure,
    )


def address_of(server: str, *, plaintext: bool) -> tuple[str, bool]:
    """host:port, and whether to talk http; `http://` and `https://` in front are understood."""
    scheme, _, rest = server.rpartition("://")
    return rest.rstrip("/"), plaintext or scheme == "http"


def _either(environ: Mapping[str, str], name: str) -> str:
    return environ.get(f"ARGOSY_{name}") or environ.get(f"ARGOCD_{name}", "")


def _given(headers: tuple[str, ...]) -> dict[str, str]:
    pairs = (header.partition(":") for header in headers)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _object(data: bytes) -> Object:
    try:
        value: Json = json.loads(data or b"{}")
    except ValueError as error:
        raise CommandError("the answer is no JSON; is this an Argosy server?") from error
    return value if isinstance(value, dict) else {}


def _lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from filter(None, whole)
