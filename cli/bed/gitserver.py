"""Repositories over smart HTTP: `git http-backend` behind a small threaded server that counts what it is asked.

HTTP/1.1 with keep-alive and without Nagle's delay, so that a request costs what git costs. Listens on 127.0.0.1 only.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

from cli.bed.gitbackend import GitRequest, answer, kind_of
from cli.bed.repository import Repository, create_repository


@dataclass(frozen=True)
class Access:
    """One line of the access log; `kind` is one of info/refs, ls-refs, fetch, push, other."""

    kind: str
    repository: str
    status: int
    user: str = ""


@dataclass(frozen=True)
class Login:
    """What a client must send: basic credentials, or the token as a bearer; an empty one is not accepted."""

    user: str = ""
    password: str = ""
    bearer: str = ""

    def user_of(self, header: str) -> str | None:
        """Whom an Authorization header names; None when it is missing or wrong."""
        scheme, _, credential = header.partition(" ")
        if scheme.lower() == "bearer" and self.bearer:
            return "bearer" if hmac.compare_digest(credential.encode(), self.bearer.encode()) else None
        if scheme.lower() == "basic" and self.password:
            wanted = f"{self.user}:{self.password}".encode()
            return self.user if hmac.compare_digest(_decoded(credential), wanted) else None
        return None


class GitServer:
    """Serves the bare repositories below a folder; use as a context manager, or `start` and `stop`.

    `login` guards all of them. Set `failing` to an HTTP status to let every request fail with it, 0 to go on.
    """

    def __init__(self, root: Path, *, login: Login | None = None, port: int = 0) -> None:
        self.root = root
        self.login = login
        self.failing = 0
        self._log: list[Access] = []
        self._lock = threading.Lock()
        self._port = port
        self._http: _Listener | None = None

    @property
    def url(self) -> str:
        """Address of the server without a slash at the end."""
        port = self._http.server_address[1] if self._http else self._port
        return f"http://127.0.0.1:{port}"

    def url_of(self, name: str) -> str:
        """Address of a repository, as it stands in an Application."""
        return f"{self.url}/{name}.git"

    def create(self, name: str, files: Mapping[str, str | bytes | None] | None = None) -> Repository:
        """Create the repository `name` (may hold slashes), with a first commit if files are given."""
        return create_repository(self.root / f"{name}.git", files)

    def accesses(self) -> list[Access]:
        """The access log so far."""
        with self._lock:
            return list(self._log)

    def counts(self, repository: str = "") -> Counter[str]:
        """Answered requests by kind, of one repository or of all."""
        return Counter(
            access.kind for access in self.accesses() if not repository or access.repository == f"{repository}.git"
        )

    def forget(self) -> None:
        """Empty the access log."""
        with self._lock:
            self._log.clear()

    def record(self, access: Access) -> None:
        """Add a line to the access log."""
        with self._lock:
            self._log.append(access)

    def start(self) -> Self:
        """Listen; returns at once."""
        self.root.mkdir(parents=True, exist_ok=True)
        self._http = _Listener(self, self._port)
        threading.Thread(target=self._http.serve_forever, args=(0.05,), name="bed-git", daemon=True).start()
        return self

    def stop(self) -> None:
        """Stop listening. A second call does nothing."""
        if self._http is not None:
            self._http.shutdown()
            self._http.server_close()
            self._port = self._http.server_address[1]
            self._http = None

    def __enter__(self) -> Self:
        return self if self._http else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.stop()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # an idle keep-alive connection must not hold up the end
    request_queue_size = 128

    def __init__(self, owner: GitServer, port: int) -> None:
        self.owner = owner
        super().__init__(("127.0.0.1", port), _Exchange)


class _Exchange(BaseHTTPRequestHandler):
    """One connection of a git client."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    server: _Listener

    def do_GET(self) -> None:
        """Answer the reference advertisement."""
        self._serve(b"")

    def do_POST(self) -> None:
        """Answer a command of the smart protocol."""
        self._serve(self._body())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (name given by the standard library)
        """Nothing on stderr: there is the access log."""

    def _serve(self, body: bytes) -> None:
        path, _, query = self.path.partition("?")
        headers = {name.lower(): text for name, text in self.headers.items()}
        request = GitRequest(self.command, path, query, headers, body)
        owner = self.server.owner
        user = owner.login.user_of(headers.get("authorization", "")) if owner.login else ""
        if owner.failing:
            status = self._refuse(owner.failing)
        elif user is None:
            status = self._refuse(HTTPStatus.UNAUTHORIZED, {"WWW-Authenticate": 'Basic realm="bed"'})
        else:
            status = self._run(request, owner.root, user)
        owner.record(Access(kind_of(request), request.repository, status, user or ""))

    def _run(self, request: GitRequest, root: Path, user: str) -> int:
        found = answer(request, root, user)
        self.send_response(found.status)
        for name, text in found.headers.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(found.body)))
        self.end_headers()
        self.wfile.write(found.body)
        return found.status

    def _refuse(self, status: int, headers: Mapping[str, str] | None = None) -> int:
        self.send_response(status)
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.send_header("Content-Length", "0")
        self.end_headers()
        return status

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = bytearray()
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return bytes(parts)


def _decoded(credential: str) -> bytes:
    try:
        return base64.b64decode(credential, validate=True)
    except binascii.Error:
        return b""  # no credentials: refused like wrong ones
