"""Port Vault on Redis: all repository credentials in one entry, sealed with a key of its own."""

from __future__ import annotations

from gitops.adapters.redis.connect import Server, as_bytes
from gitops.adapters.redis.recent import Recent
from gitops.adapters.redis.seal import Seal
from gitops.model.credentials import CredentialSet

NAME = "argosy:vault"


class RedisVault:
    """Opened once per change; the opened set stays in this process's memory."""

    def __init__(self, server: Server, key: bytes) -> None:
        self._server = server
        self._seal = Seal(key)
        self._opened: Recent[bytes, CredentialSet] = Recent(1)

    def put(self, credentials: CredentialSet) -> None:
        """See port."""
        self._server.call("SET", NAME, self._seal.pack(credentials, NAME))

    def credentials(self) -> CredentialSet | None:
        """See port; None too when the entry is not authentic."""
        sealed = as_bytes(self._server.call("GET", NAME))
        known = self._opened.get(sealed)
        if known is None:
            known = self._seal.unpack(sealed, CredentialSet, NAME)
            if known is not None:
                self._opened.put(sealed, known)
        return known
