"""What happens to every request before a view and to every answer after it: paths, methods, content type, headers.

The rules are Argo CD's (surprises 1-5, 9); what is stricter comes from security-reliability.md (S-152, no-store).
"""

from __future__ import annotations

import posixpath
from datetime import timedelta
from urllib.parse import quote

from flask import Flask, Request, Response, g, request

from api.auth.caller import Caller
from api.auth.cookies import put, token_of
from api.auth.permissions import Policy
from api.auth.tokens import TokenRefusedError, check, looks_like_token, renewed
from api.errors import plain
from api.wiring import Ports

API = "/api/"
WEBHOOK = "/api/webhook"
_KEEPS_SLASHES = ("/api/v1/clusters/", "/api/v1/repositories/", "/api/v1/repocreds/", "/api/v1/account/can-i/")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-XSS-Protection": "1",
    "X-Robots-Tag": "noindex",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
HSTS = ("Strict-Transport-Security", f"max-age={int(timedelta(days=365).total_seconds())}")


def install(app: Flask, ports: Ports) -> None:
    """Put the gate before and after all views."""

    def before() -> Response | None:
        stopped = transport(request)
        if stopped is None:
            g.caller = identify(request, ports)
        return stopped

    def after(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.is_secure:
            response.headers.setdefault(*HSTS)
        response.headers.pop("Allow", None)
        _renew(response, ports)
        return response

    app.before_request(before)
    app.after_request(after)


def transport(asked: Request) -> Response | None:
    """The answer to a request that no view is to see; None lets it pass."""
    cleaned = clean(asked.path)
    if cleaned != asked.path:
        return _moved(cleaned, asked)
    if not asked.path.startswith(API):
        return None
    if asked.method != "GET" and asked.path != WEBHOOK:
        if asked.headers.get("Content-Type", "").lower() != "application/json":
            return plain(415)
        if asked.method in ("HEAD", "OPTIONS"):
            return plain(405)
    encoded = "%2f" in str(asked.environ.get("REQUEST_URI", "")).partition("?")[0].lower()
    return plain(404) if encoded and not asked.path.startswith(_KEEPS_SLASHES) else None


def clean(path: str) -> str:
    """The path without `//`, `/./` and `/../`, except inside the ids that are URLs."""
    if path.startswith(_KEEPS_SLASHES):
        return path
    cleaned = posixpath.normpath("/" + path.lstrip("/"))
    return cleaned + "/" if path.endswith("/") and cleaned != "/" else cleaned


def _moved(path: str, asked: Request) -> Response:
    query = asked.query_string.decode("latin-1")
    place = quote(path) + (f"?{query}" if query else "")
    response = Response('<a href="/">Temporary Redirect</a>.\n', 307, mimetype="text/html")
    response.headers["Location"] = place
    response.autocorrect_location_header = False
    return response


def identify(asked: Request, ports: Ports) -> Caller:
    """Who sends this request. A wrong token is refused even where anonymous callers are let in (S-088)."""
    if not asked.path.startswith((API + "v", "/auth/")):
        return Caller(Policy())
    logins = ports.logins()
    policy = Policy(logins.default_role)
    token = token_of(asked)
    if not token:
        return Caller(policy, anonymous=ports.config().settings.anonymous)
    if not looks_like_token(token):
        return Caller(policy, refusal="invalid session: token is malformed")
    try:
        session = check(token, logins.accounts, ports.revocations.revoked, ports.clock.now())
    except TokenRefusedError as error:
        return Caller(policy, refusal=f"invalid session: {error}")
    return Caller(policy, session)


def _renew(response: Response, ports: Ports) -> None:
    """Give a session that ends soon a new token with any answer (surprises 13)."""
    known = getattr(g, "caller", None)
    session = known.session if isinstance(known, Caller) else None
    if session is None or not session.wants_renewal(ports.clock.now()):
        return
    token = renewed(session, ports.logins().accounts.secret_key, ports.clock.now())
    response.headers["Grpc-Metadata-Renew-Token"] = token
    put(response, token, secure=secure_cookies(request, ports))


def secure_cookies(asked: Request, ports: Ports) -> bool:
    """Whether cookies go over TLS only: asked over TLS, or the installation's own URL says https."""
    return asked.is_secure or ports.config().settings.url.startswith("https://")
