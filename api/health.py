"""/healthz: whether this process can answer (argo-cd.md 11.2)."""

from __future__ import annotations

from flask import Response, request

from api.errors import plain
from api.routes import Open, Route
from api.wiring import Ports
from gitops.errors import RetryableError


class Health:
    """503 until the Applications were listed once; `?full` also says what is wrong with Redis and the hub."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def routes(self) -> tuple[Route, ...]:
        """One route, asked by supervisors without a session."""
        return (Route("GET", "/healthz", self.get, Open("says only whether the process works")),)

    def get(self) -> Response:
        """`ok`, or one line per thing that is wrong."""
        wrong = [] if self._ports.apps.synced else ["applications were not listed yet"]
        if "full" in request.args:
            wrong += self._deeper()
        return plain(503 if wrong else 200, "\n".join(wrong or ["ok"]) + "\n")

    def _deeper(self) -> list[str]:
        wrong = []
        try:
            self._ports.depths()
        except RetryableError as error:
            wrong.append(f"redis: {error.message}")
        try:
            self._ports.config()
        except RetryableError as error:
            wrong.append(f"hub: {error.message}")
        return wrong
