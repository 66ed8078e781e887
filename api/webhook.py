"""POST /api/webhook: check, receive, answer. Whatever is sent, the answer is 200 or 4xx (503 without Redis)."""

from __future__ import annotations

import logging

from flask import Request, Response, request

from api.auth.limits import TokenBuckets
from api.body import body_of
from api.errors import ApiError, Code
from api.routes import Open, Route
from api.wiring import Ports
from gitops.errors import InvalidError
from gitops.reconcile.receive import ReceivePorts, receive
from gitops.trigger.push import FAILED, UNKNOWN_EVENT, PushEvent, authentic, parse, provider_of

log = logging.getLogger(__name__)

RATE_PER_S = 50.0
BURST = 200


class Webhook:
    """The receiver of pushes; 50 events a second per sender after a burst of 200."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._receive = ReceivePorts(ports.index, ports.queue, ports.apps.targets)
        self._buckets = TokenBuckets(RATE_PER_S, BURST)

    def routes(self) -> tuple[Route, ...]:
        """One route, protected by the provider's secret instead of a session."""
        return (Route("POST", "/api/webhook", self.post, Open("a push only causes a look, and proves its sender")),)

    def post(self) -> Response:
        """Verify, parse, ask for looks."""
        headers, body = self._admitted(request)
        try:
            provider = provider_of(headers)
            if not authentic(provider, headers, body, self._ports.logins().accounts.webhook_secrets):
                return _text(400, FAILED)
            event = parse(provider, headers, body)
        except InvalidError as error:
            return _text(400, error.message if error.message == UNKNOWN_EVENT else FAILED)
        if isinstance(event, PushEvent):
            self._look(event)
        return _text(200, "")

    def _admitted(self, asked: Request) -> tuple[dict[str, str], bytes]:
        wait = self._buckets.take(asked.remote_addr or "", self._ports.clock.now())
        if wait is not None:
            raise ApiError(Code.EXHAUSTED, "too many events from this address", retry_after=wait)
        if asked.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise ApiError(Code.INVALID, "compressed bodies are not read", status=415)
        limit = self._ports.config().settings.webhook_limit_bytes
        return {name.lower(): value for name, value in asked.headers.items()}, body_of(asked, limit)

    def _look(self, event: PushEvent) -> None:
        meant = receive(event, self._receive)
        log.info("push", extra={"provider": event.provider, "ref": event.ref, "repositories": len(meant)})
        for repo in meant:
            self._ports.counters.add("argocd_webhook_requests_total", {"repo": repo})


def _text(status: int, text: str) -> Response:
    return Response(text, status, mimetype="text/plain")
