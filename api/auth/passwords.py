"""Password checks that take as long for unknown names as for known ones (S-096), a few at a time (S-094)."""

from __future__ import annotations

import threading
from datetime import datetime

import bcrypt

from api.auth.limits import FailedLogins
from api.errors import RETRY_AFTER, ApiError, Code
from gitops.model.accounts import AccountSet

NAME_LIMIT_BYTES = 32
AT_ONCE = 4
"""bcrypt runs at a time; each costs a core for about 50 ms."""
WAIT_S = 5.0
"""How long a login waits for its turn."""
INVALID_LOGIN = "Invalid username or password"
_NOBODY = b"$2b$10$CwTycUXWue0Thq9StjUM0uJ4Z2nCzKXx0FhY1sH8pQ6pX3yE5wF4e"
"""A hash that no password has: names without an account cost the same time."""


class Passwords:
    """Checks of local passwords with a memory of failures."""

    def __init__(self) -> None:
        self._failures = FailedLogins()
        self._slots = threading.BoundedSemaphore(AT_ONCE)

    def check(self, name: str, password: str, logins: AccountSet, now: datetime) -> None:
        """Return when the account may log in with this password.

        Raises:
            ApiError: 401 (400 for a name that is too long) with Argo CD's texts (surprises 15).
        """
        if not name or not password:
            raise _refused("no credentials supplied")
        if len(name.encode("utf-8", "replace")) > NAME_LIMIT_BYTES:
            raise ApiError(Code.INVALID, f"Username is longer than {NAME_LIMIT_BYTES} bytes")
        account = logins.accounts.get(name)
        wanted = account.password_hash.encode() if account and account.password_hash else _NOBODY
        right = self._matches(password, wanted)
        if self._failures.blocked(name, now):
            raise _refused(INVALID_LOGIN)
        if not right or account is None:
            self._failures.failed(name, now, exists=account is not None)
            raise _refused(INVALID_LOGIN)
        if not account.enabled:
            raise _refused(f"Account {name} is disabled")
        if "login" not in account.capabilities:
            raise _refused(f"Account {name} does not have login capability")
        self._failures.succeeded(name)

    def _matches(self, password: str, wanted: bytes) -> bool:
        if not self._slots.acquire(timeout=WAIT_S):
            raise ApiError(Code.UNAVAILABLE, "too many logins at a time, try again", retry_after=RETRY_AFTER)
        try:
            return bcrypt.checkpw(password.encode("utf-8", "replace")[:72], wanted) and wanted != _NOBODY
        except ValueError:  # a hash that is no bcrypt hash: nobody's password is right
            return False
        finally:
            self._slots.release()


def _refused(text: str) -> ApiError:
    return ApiError(Code.UNAUTHENTICATED, text)
