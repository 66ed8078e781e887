"""The caller of this request: found once, asked for each permission, and remembered as asked (bar rule 10)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from flask import g

from api.auth.permissions import Policy
from api.auth.tokens import Session
from api.errors import ApiError, Code, denied


@dataclass
class Caller:
    """Who calls; `refusal` says why there is no session. `anonymous` callers have no name and the default role."""

    policy: Policy
    session: Session | None = None
    refusal: str = "no session information"
    anonymous: bool = False
    asked: set[tuple[str, str]] = field(default_factory=set)
    """(resource, action) pairs that this request was checked for."""

    @property
    def name(self) -> str:
        """The account, empty for nobody."""
        return self.session.username if self.session else ""

    @property
    def known(self) -> bool:
        """Logged in, or let in without a name."""
        return self.session is not None or self.anonymous

    def demand_login(self) -> None:
        """Refuse a caller without a session (401)."""
        if not self.known:
            raise ApiError(Code.UNAUTHENTICATED, self.refusal)

    def may(self, resource: str, action: str) -> bool:
        """Whether the caller may do it; counts as asked."""
        self.asked.add((resource, action))
        return self.known and self.policy.allows(self.name, resource, action)

    def demand(self, resource: str, action: str, name: str) -> None:
        """Refuse with the long text of checks that are made directly (surprises 18)."""
        if not self.may(resource, action):
            issued = f", iat: {self.session.issued:%Y-%m-%dT%H:%M:%SZ}" if self.session else ""
            raise denied(f"permission denied: {resource}, {action}, {name}, sub: {self.name}{issued}")


def caller() -> Caller:
    """The caller of the request being answered; set by the gate before any view runs."""
    return cast(Caller, g.caller)
