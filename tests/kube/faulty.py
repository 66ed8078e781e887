"""An HTTP server that answers by a script: for faults that a real API server does not produce on demand."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Reply:
    """One answer; status 0 cuts the connection instead."""

    status: int
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Faulty:
    """A running server: replies in order, the last one again and again; `asked` is what came in."""

    url: str
    asked: list[tuple[str, str]]


@contextmanager
def faulty(*replies: Reply) -> Iterator[Faulty]:
    """Serve on loopback until the block ends."""
    asked: list[tuple[str, str]] = []

    class Scripted(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked.append((self.command, self.path))
            reply = replies[min(len(asked), len(replies)) - 1]
            if not reply.status:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, text in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_PATCH = do_POST = do_DELETE = answer  # noqa: N815 -- the names http.server looks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name of the overridden one
            """Quiet."""

    with _serving(Scripted) as url:
        yield Faulty(url, asked)


@contextmanager
def tunnel() -> Iterator[Faulty]:
    """An HTTP proxy that carries CONNECT tunnels; `asked` is where to and as whom."""
    asked: list[tuple[str, str]] = []

    class Tunnel(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            asked.extend([("CONNECT", self.path), ("as", self.headers.get("Proxy-Authorization", ""))])
            host, _, port = self.path.rpartition(":")
            with socket.create_connection((host, int(port))) as far:
                self.send_response(200)
                self.end_headers()
                self.wfile.flush()
                _carry(self.connection, far)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name of the overridden one
            """Quiet."""

    with _serving(Tunnel) as url:
        yield Faulty(url, asked)


def _carry(near: socket.socket, far: socket.socket) -> None:
    """Bytes both ways until one side ends."""
    other = {near: far, far: near}
    while True:
        for side in select.select([near, far], [], [])[0]:
            read = side.recv(65536)
            if not read:
                return
            other[side].sendall(read)


@contextmanager
def _serving(answers: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), answers) as server:
        server.daemon_threads = True
        server.block_on_close = False  # a kept-alive connection would be waited for
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
