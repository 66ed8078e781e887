"""Which sync options mean something here (argo-cd.md 2.3)."""

from __future__ import annotations

from collections.abc import Iterable

HONOURED = frozenset(
    {
        "Prune=true", "Prune=false", "Prune=confirm", "Delete=true", "Delete=false", "Delete=confirm",
        "ServerSideApply=true", "ApplyOutOfSyncOnly=true", "Validate=true",
    }
)  # fmt: skip
"""Options that have their effect, or ask for what is done anyway; `=confirm` keeps the object."""


def without_effect(options: Iterable[str]) -> tuple[str, ...]:
    """The options that nothing here obeys yet, sorted: a user must be told, not left to find out."""
    asked = {option.strip() for option in options}
    return tuple(sorted(asked - HONOURED - {""}))
