"""Local accounts and webhook secrets of argocd-secret and argocd-cm (argo-cd.md 9.2, 10.1). Only the API holds them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A listed API key of an account; `exp` is None when it never expires."""

    id: str
    iat: int
    exp: int | None


@dataclass(frozen=True, slots=True)
class Account:
    """A local account; `admin` exists always."""

    name: str
    enabled: bool
    capabilities: frozenset[str]
    """`login`, `apiKey`."""
    password_hash: str = field(default="", repr=False)
    password_mtime: datetime | None = None
    tokens: tuple[ApiToken, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountSet:
    """All accounts, the key of our own tokens, and the webhook secrets by provider (`github`, `gitlab`)."""

    accounts: dict[str, Account]
    secret_key: bytes = field(default=b"", repr=False)
    webhook_secrets: dict[str, str] = field(default_factory=dict, repr=False)
