"""Who may do what, so far: the admin account everything, others what `policy.default` names (argo-cd.md 10.4, 10.5)."""

from __future__ import annotations

from dataclasses import dataclass

RESOURCES: dict[str, frozenset[str]] = {
    "applications": frozenset({"get", "create", "update", "delete", "sync", "override", "rollback", "action"}),
    "applicationsets": frozenset({"get", "create", "update", "delete"}),
    "projects": frozenset({"get", "create", "update", "delete"}),
    "clusters": frozenset({"get", "create", "update", "delete"}),
    "repositories": frozenset({"get", "create", "update", "delete"}),
    "write-repositories": frozenset({"get", "create", "update", "delete"}),
    "certificates": frozenset({"get", "create", "delete"}),
    "accounts": frozenset({"get", "update"}),
    "gpgkeys": frozenset({"get", "create", "delete"}),
    "logs": frozenset({"get"}),
    "exec": frozenset({"create"}),
    "extensions": frozenset({"invoke"}),
}
"""Every resource and the actions that can be asked for."""

_READERS = frozenset(RESOURCES) - {"exec", "extensions", "write-repositories"}


@dataclass(frozen=True, slots=True)
class Policy:
    """The permissions of everybody; `default_role` is `policy.default` of argocd-rbac-cm."""

    default_role: str = ""

    def allows(self, username: str, resource: str, action: str) -> bool:
        """Whether a user may do it to any object; `username` is empty for an anonymous caller.

        Rules of policy.csv are not read yet: what only they would allow is denied.
        """
        if action not in RESOURCES.get(resource, frozenset()):
            return False
        roles = {self.default_role} | ({"role:admin"} if username == "admin" else set())
        if "role:admin" in roles:
            return True
        return "role:readonly" in roles and action == "get" and resource in _READERS
