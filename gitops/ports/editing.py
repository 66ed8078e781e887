"""What only the API does to the hub: create and delete Applications for users, and know its accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gitops.model.accounts import AccountSet
from gitops.model.crds.application import Application


@dataclass(frozen=True, slots=True)
class Logins:
    """Who may come in: local accounts, and the role of everybody who is logged in (`policy.default`)."""

    accounts: AccountSet
    default_role: str = ""


class Editor(Protocol):
    """Writes of users that `Hub.update` does not cover."""

    def create(self, app: Application) -> Application:
        """Create the object; returns it as stored.

        Raises:
            ConflictError: there is one of this name.
            InvalidError: the API server refuses the object.
            RefusedError, RetryableError: as `Hub.update`.
        """

    def delete(self, app: Application) -> None:
        """Ask for deletion of exactly this object (its uid); gone already is no error.

        Raises:
            RefusedError, RetryableError: as `Hub.update`.
        """

    def logins(self) -> Logins:
        """Accounts and default role as they are now.

        Raises:
            RetryableError: the hub did not answer.
        """


class Revocations(Protocol):
    """Tokens that were logged out before they expire."""

    def revoke(self, token_id: str, until: datetime) -> None:
        """Refuse a token from now on; the record may be dropped after `until`.

        Raises:
            RetryableError: Redis does not answer, so only this process knows; say so to the user.
        """

    def revoked(self, token_id: str) -> bool:
        """Whether the token was logged out. Without Redis: what this process knows."""
