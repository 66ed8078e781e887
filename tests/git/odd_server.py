"""An HTTP server that answers what a test tells it to, and remembers what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Asked:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]


@dataclass
class Answer:
    """What to send back; `body` is sent in the pieces given."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: tuple[bytes, ...] = ()


class OddServer:
    """Use as a context manager."""

    def __init__(self, answer: Callable[[Asked], Answer]) -> None:
        self.asked: list[Asked] = []
        owner = self

        class Exchange(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                asked = Asked(self.command, self.path, {k.lower(): v for k, v in self.headers.items()})
                owner.asked.append(asked)
                found = answer(asked)
                self.send_response(found.status)
                for name, text in found.headers.items():
                    self.send_header(name, text)
                if "Content-Length" not in found.headers:
                    self.send_header("Content-Length", str(sum(map(len, found.body))))
                self.end_headers()
                for part in found.body:
                    self.wfile.write(part)

            do_GET = do_POST = _serve  # noqa: N815 -- the library's names

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's name
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Exchange)
        self._http.daemon_threads = True
        self.port = self._http.server_address[1]

    def __enter__(self) -> OddServer:
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
