"""Local accounts, token key and webhook secrets from argocd-cm and argocd-secret (argo-cd.md 9.2, 10.1)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from gitops.errors import InvalidError
from gitops.model.accounts import Account, AccountSet, ApiToken
from gitops.model.crds.codec import Part, required
from gitops.model.objects import Json, JsonMap
from gitops.model.spelling import comma_list, config_texts, flag, secret_texts

SecretOf = Callable[[str, str], "str | None"]
"""(Secret name, key) -> decoded value; None when there is no such Secret labelled as ours, or no such key."""

CAPABILITIES = frozenset(("login", "apiKey"))
NAME_LIMIT_BYTES = 32

_PREFIX = "accounts."
_WEBHOOK = "webhook."


@dataclass(frozen=True)
class ListedToken(Part):
    """A token as argocd-secret lists it; `exp` 0 never expires."""

    id: str = required("")
    iat: int = required(0)
    exp: int = 0


@dataclass
class _Reading:
    """The texts of both objects, and what is wrong with them."""

    config: dict[str, str]
    secret: dict[str, str]
    problems: list[str] = field(default_factory=list)


def parse_accounts(config: JsonMap, secret: JsonMap, secret_of: SecretOf) -> tuple[AccountSet, tuple[str, ...]]:
    """All accounts, and what is wrong with the rest. An account that cannot be read in full is disabled, never open.

    Raises:
        InvalidError: argocd-secret cannot be decoded.
    """
    reading = _Reading(config_texts(config), secret_texts(secret))
    names = {key.split(".")[1] for key in reading.config if key.startswith(_PREFIX) and key.count(".") == 1}
    accounts = {name: _account(reading, name) for name in sorted(names | {"admin"}) if _fits(reading, name)}
    secret_key = reading.secret.get("server.secretkey", "").encode()
    if not secret_key:
        reading.problems.append("Secret argocd-secret: server.secretkey is missing; nobody can log in until it is set")
    webhooks = _webhook_secrets(reading, secret_of)
    return AccountSet(accounts, secret_key, webhooks), tuple(reading.problems)


def _fits(reading: _Reading, name: str) -> bool:
    fits = 0 < len(name.encode()) <= NAME_LIMIT_BYTES
    if not fits:
        reading.problems.append(
            f"ConfigMap argocd-cm: accounts.{name} is longer than {NAME_LIMIT_BYTES} bytes; not used"
        )
    return fits


def _account(reading: _Reading, name: str) -> Account:
    capabilities = _capabilities(reading, name)
    stem = "admin." if name == "admin" else f"{_PREFIX}{name}."
    bare = Account(name=name, enabled=False, capabilities=capabilities)
    try:
        return replace(
            bare,
            enabled=_enabled(reading, stem),
            password_hash=reading.secret.get(f"{stem}password", ""),
            password_mtime=_mtime(reading.secret.get(f"{stem}passwordMtime", "")),
            tokens=_tokens(reading.secret.get(f"{stem}tokens", "")),
        )
    except InvalidError as error:
        reading.problems.append(f"account {name} is disabled: {stem}{error}")
        return bare


def _capabilities(reading: _Reading, name: str) -> frozenset[str]:
    given = frozenset(comma_list(reading.config.get(_PREFIX + name, "")))
    for word in sorted(given - CAPABILITIES):
        reading.problems.append(f'ConfigMap argocd-cm: accounts.{name} "{word}" is not one of login, apiKey; ignored')
    return given & CAPABILITIES | ({"login"} if name == "admin" else frozenset())


def _enabled(reading: _Reading, stem: str) -> bool:
    text = reading.config.get(f"{stem}enabled", "").strip()
    try:
        return flag(text) if text else True
    except InvalidError as error:
        raise InvalidError(f'enabled "{text}" {error.message}') from error


def _mtime(text: str) -> datetime | None:
    if not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidError("passwordMtime is no time like 2026-01-31T12:00:00Z", hint="set the password again")
    return moment


def _tokens(text: str) -> tuple[ApiToken, ...]:
    try:
        listed: Json = json.loads(text) if text.strip() else []
    except json.JSONDecodeError:
        listed = {}
    if listed is None:  # Go writes an empty list so
        return ()
    if not isinstance(listed, list):
        raise InvalidError("tokens is no JSON list", hint="remove it and make new tokens")
    read = [ListedToken.parse(item) for item in listed]
    return tuple(ApiToken(id=token.id, iat=token.iat, exp=token.exp or None) for token in read)


def _webhook_secrets(reading: _Reading, secret_of: SecretOf) -> dict[str, str]:
    """By provider (`github`); a key that does not end in `.secret` keeps its last word (`azuredevops.username`)."""
    found = {}
    for key, text in sorted(reading.secret.items()):
        if key.startswith(_WEBHOOK) and text.strip():
            name = key.removeprefix(_WEBHOOK).removesuffix(".secret")
            found[name] = _resolved(reading, key, text.strip(), secret_of)
    return found


def _resolved(reading: _Reading, key: str, text: str, secret_of: SecretOf) -> str:
    """The value behind `$key` (argocd-secret) or `$secret:key`; other text stands for itself."""
    if not text.startswith("$"):
        return text
    secret, colon, entry = text[1:].partition(":")
    value = secret_of(secret, entry) if colon else reading.secret.get(secret)
    if value:
        return value.strip()
    # Without the value every event would be let in, or one that is signed with the reference itself.
    reading.problems.append(f"Secret argocd-secret: {key} refers to {text}, which is not there; its events are refused")
    unguessable = json.dumps([key, reading.secret], sort_keys=True)
    return hashlib.blake2b(unguessable.encode(), digest_size=32).hexdigest()
