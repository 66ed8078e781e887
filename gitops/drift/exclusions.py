"""Kinds that are never compared, listed or applied, whatever the settings say (argo-cd.md 5.2)."""

from __future__ import annotations

from gitops.model.objects import GroupKind

_GROUPS = frozenset({"events.k8s.io", "metrics.k8s.io"})
_KINDS = frozenset({GroupKind("", "Event"), GroupKind("coordination.k8s.io", "Lease")})


def excluded(kind: GroupKind) -> bool:
    """Whether the kind is always left out: it changes all the time and is nobody's desired state."""
    return kind.group in _GROUPS or kind in _KINDS
