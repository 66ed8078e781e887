"""Session tokens as Argo CD makes and checks them (argo-cd.md 10.1, surprises 12): HMAC JWTs of `server.secretkey`."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt

from gitops.model.accounts import Account, AccountSet

ISSUER = "argocd"
_ALGORITHMS = ["HS256", "HS384", "HS512"]
"""Any HMAC is accepted, as in Argo CD; never anything asymmetric and never `none`."""
_CHECKED_HERE = dict.fromkeys(("verify_exp", "verify_nbf", "verify_iat", "verify_aud", "verify_sub"), False)
_ODD_HEADERS = frozenset({"crit", "jwk", "jku", "x5u", "x5c"})
RENEW_BELOW = timedelta(minutes=5)
LEEWAY = timedelta(seconds=60)
"""How far `nbf` and `iat` may lie ahead of our clock."""


class TokenRefusedError(Exception):
    """The token is not accepted; the text is what Argo CD says."""


@dataclass(frozen=True, slots=True)
class Session:
    """An accepted token; `expires` is None for an API key without end."""

    username: str
    capability: str
    """`login` or `apiKey`."""
    token_id: str
    issued: datetime
    expires: datetime | None
    issuer: str = ISSUER

    def wants_renewal(self, now: datetime) -> bool:
        """A login token that ends soon is renewed on use."""
        return self.capability == "login" and self.expires is not None and self.expires - now < RENEW_BELOW


def issue(username: str, key: bytes, now: datetime, lifetime: timedelta) -> str:
    """A login token with a random id; a `lifetime` of zero never ends."""
    issued = int(now.timestamp())
    claims: dict[str, str | int] = {
        "iss": ISSUER,
        "sub": f"{username}:login",
        "iat": issued,
        "nbf": issued,
        "jti": secrets.token_urlsafe(16),
    }
    if lifetime:
        claims["exp"] = issued + int(lifetime.total_seconds())
    return jwt.encode(claims, key, algorithm="HS256")


def renewed(session: Session, key: bytes, now: datetime) -> str:
    """A new token of the same account that lives as long as the old one did in total."""
    lifetime = session.expires - session.issued if session.expires else timedelta(0)
    return issue(session.username, key, now, lifetime)


def looks_like_token(text: str) -> bool:
    """Three non-empty parts of base64url: anything else counts as no token at all (surprises 11)."""
    parts = text.split(".")
    return len(parts) == 3 and all(part.replace("-", "").replace("_", "").isalnum() for part in parts if part) and bool(
        parts[0] and parts[1]
    )


def check(token: str, logins: AccountSet, revoked: Callable[[str], bool], now: datetime) -> Session:
    """The session a token stands for.

    Raises:
        TokenRefusedError: with the reason in Argo CD's words.
    """
    session, token_name = _session(_claims(token, logins.secret_key), now)
    account = logins.accounts.get(session.username)
    if account is None:
        raise TokenRefusedError(f"account {session.username} does not exist")
    _account_allows(account, session, token_name)
    if revoked(session.token_id):
        raise TokenRefusedError("token is revoked, please re-login")
    return session


def _claims(token: str, key: bytes) -> Mapping[str, object]:
    if not key:
        raise TokenRefusedError("the server has no key for tokens yet")
    try:
        if _ODD_HEADERS & jwt.get_unverified_header(token).keys():
            raise TokenRefusedError("token header is not acceptable")
        claims: Mapping[str, object] = jwt.decode(
            token, key, algorithms=_ALGORITHMS, issuer=ISSUER, options=_CHECKED_HERE  # type: ignore[arg-type]  # a plain dict of the same keys
        )
    except jwt.InvalidSignatureError as error:
        raise TokenRefusedError("signature is invalid") from error
    except (jwt.InvalidTokenError, ValueError) as error:
        raise TokenRefusedError("token is malformed or of another issuer") from error
    return claims


def _session(claims: Mapping[str, object], now: datetime) -> tuple[Session, str]:
    subject = _word(claims, "sub")
    name, _, capability = subject.rpartition(":") if ":" in subject else (subject, "", "apiKey")
    if capability not in ("login", "apiKey") or not name:
        raise TokenRefusedError(f"subject {subject[:64]!r} is not a local account")
    issued, expires = _moment(claims, "iat"), _moment(claims, "exp")
    not_before = _moment(claims, "nbf")
    if issued is None or issued > now + LEEWAY or (not_before is not None and not_before > now + LEEWAY):
        raise TokenRefusedError("token is not valid yet")
    if expires is not None and expires <= now:
        raise TokenRefusedError("token is expired")
    if expires is None and capability == "login":
        raise TokenRefusedError("token has no expiry")
    token_id = _word(claims, "jti")
    return Session(name, capability, token_id, issued, expires), token_id


def _account_allows(account: Account, session: Session, token_name: str) -> None:
    if not account.enabled:
        raise TokenRefusedError(f"account {account.name} is disabled")
    if session.capability not in account.capabilities:
        raise TokenRefusedError(f"account {account.name} does not have '{session.capability}' capability")
    listed = {token.id for token in account.tokens}
    if session.capability == "apiKey" and token_name not in listed:
        raise TokenRefusedError(f"account {account.name} does not have token with id {token_name}")
    if account.password_mtime is not None and session.issued < account.password_mtime.replace(microsecond=0):
        raise TokenRefusedError("account password has changed since token issued")


def _word(claims: Mapping[str, object], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise TokenRefusedError(f"token has no {name}")
    return value


def _moment(claims: Mapping[str, object], name: str) -> datetime | None:
    value = claims.get(name)
    if value is None or (name == "exp" and value == 0):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**40:
        raise TokenRefusedError(f"token has an unusable {name}")
    return datetime.fromtimestamp(int(value), UTC)
