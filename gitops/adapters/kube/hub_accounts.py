"""Accounts of the hub, and what a fresh hub lacks: token key and first admin password (argo-cd.md 0.2, 10.1)."""

from __future__ import annotations

import base64
import logging
import secrets
import string
from datetime import UTC, datetime

import bcrypt
import orjson

from gitops.adapters.kube.client import MERGE_PATCH, Client, Request
from gitops.adapters.kube.hub_config import read_map
from gitops.adapters.kube.hub_paths import Paths
from gitops.errors import ConflictError
from gitops.model.accounts import AccountSet
from gitops.model.objects import JsonMap, as_map, as_text, as_texts
from gitops.model.parse_accounts import parse_accounts

log = logging.getLogger(__name__)

SECRET = "argocd-secret"  # noqa: S105 -- the name of a Secret
FIRST_PASSWORD = "argocd-initial-admin-secret"  # noqa: S105 -- the name of a Secret
PASSWORD_LENGTH = 32
PART_OF = {"app.kubernetes.io/part-of": "argocd"}
"""Without this label Argo CD does not read a ConfigMap or Secret."""


class HubAccounts:
    """Reads accounts; the API alone asks for them."""

    def __init__(self, client: Client, namespace: str, *, read_only: bool) -> None:
        self._client = client
        self._paths = Paths(namespace)
        self._read_only = read_only

    def read(self, now: datetime) -> AccountSet:
        """See `KubeHub.accounts`."""
        config = read_map(self._client, self._paths.config_map("argocd-cm"), "ConfigMap")
        secret = read_map(self._client, self._paths.secret(SECRET), "Secret")
        missing = self._missing(config, secret, now)
        if missing and not self._read_only:
            secret = self._complete(secret, missing)
        accounts, problems = parse_accounts(config, secret, self._secret_value)
        for problem in problems:
            log.warning("accounts: %s", problem)
        return accounts

    def _missing(self, config: JsonMap, secret: JsonMap, now: datetime) -> dict[str, str]:
        """Entries to add to argocd-secret, as text."""
        held, missing = as_texts(secret.get("data")), {}
        if not held.get("server.secretkey"):
            missing["server.secretkey"] = secrets.token_urlsafe(32)
        wanted = as_texts(config.get("data")).get("admin.enabled", "true").lower() != "false"
        if wanted and not held.get("admin.password") and not self._read_only:
            missing["admin.password"] = bcrypt.hashpw(self._first_password().encode(), bcrypt.gensalt(10)).decode()
            missing["admin.passwordMtime"] = f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        return missing

    def _first_password(self) -> str:
        """A new password, kept in its Secret; the one that is there when a former start got this far."""
        alphabet = string.ascii_letters + string.digits
        password = "".join(secrets.choice(alphabet) for _ in range(PASSWORD_LENGTH))
        try:
            self._create(FIRST_PASSWORD, {"password": password})
        except ConflictError:
            kept = read_map(self._client, self._paths.secret(FIRST_PASSWORD), "Secret")
            return base64.b64decode(as_texts(kept.get("data")).get("password", "")).decode() or password
        return password

    def _complete(self, secret: JsonMap, missing: dict[str, str]) -> JsonMap:
        """Write what is missing, fenced, so that two first starts end with one key; the Secret as it is then."""
        try:
            if not secret:
                self._create(SECRET, missing)
            else:
                self._add(secret, missing)
        except ConflictError:
            log.info("%s was completed by someone else meanwhile", SECRET)
        return read_map(self._client, self._paths.secret(SECRET), "Secret")

    def _create(self, name: str, texts: dict[str, str]) -> None:
        body: JsonMap = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "labels": dict(PART_OF)},
            "stringData": dict(texts),
        }
        path = self._paths.secrets
        self._client.send(
            Request("create", path, "Secret", name, body=orjson.dumps(body), secret=True, repeatable=False)
        )

    def _add(self, secret: JsonMap, texts: dict[str, str]) -> None:
        version = as_text(as_map(secret.get("metadata")).get("resourceVersion"))
        body: JsonMap = {"metadata": {"resourceVersion": version}, "stringData": dict(texts)}
        path, data = self._paths.secret(SECRET), orjson.dumps(body)
        self._client.send(
            Request("patch", path, "Secret", SECRET, body=data, content_type=MERGE_PATCH, secret=True, repeatable=True)
        )

    def _secret_value(self, name: str, key: str) -> str | None:
        """A value of another Secret of ours, for `$secret:key` references."""
        body = read_map(self._client, self._paths.secret(name), "Secret")
        if PART_OF.items() - as_texts(as_map(body.get("metadata")).get("labels")).items():
            return None
        value = as_texts(body.get("data")).get(key)
        return None if value is None else base64.b64decode(value).decode("utf-8", "replace")
