"""The cookie `argocd.token`, split when long (argo-cd.md 10.3), and the bearer header (surprises 11)."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Request, Response

from api.auth.tokens import looks_like_token

COOKIE = "argocd.token"
COOKIE_LIMIT_BYTES = 4093
MAX_COOKIES = 20


def token_of(request: Request) -> str:
    """The token of a request: the bearer if it looks like a token, else the cookie; empty when neither is there."""
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    if scheme == "Bearer" and looks_like_token(bearer.strip()):
        return bearer.strip()
    return _joined(request.cookies.get(COOKIE, ""), request)


def _joined(first: str, request: Request) -> str:
    count, colon, head = first.partition(":")
    if not colon:
        return first
    if not count.isdigit() or int(count) > MAX_COOKIES:
        return ""
    return head + "".join(request.cookies.get(f"{COOKIE}-{number}", "") for number in range(1, int(count)))


def split(token: str) -> Iterator[tuple[str, str]]:
    """Names and values of the cookies that carry a token."""
    room = COOKIE_LIMIT_BYTES - len(COOKIE) - 8
    chunks = [token[start : start + room] for start in range(0, len(token), room)] or [""]
    first = chunks[0] if len(chunks) == 1 else f"{len(chunks)}:{chunks[0]}"
    yield COOKIE, first
    for number, chunk in enumerate(chunks[1:], start=1):
        yield f"{COOKIE}-{number}", chunk


def put(response: Response, token: str, *, secure: bool) -> None:
    """Give the browser a token; an empty one takes it away."""
    flags = "path=/; SameSite=lax; httpOnly" + ("; Secure" if secure else "")
    for name, value in split(token):
        ending = "; Max-Age=0" if not token else ""
        response.headers.add("Set-Cookie", f"{name}={value}; {flags}{ending}")
