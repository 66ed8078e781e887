"""Health of an object or application, ordered from best to worst (argo-cd.md section 4)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Health(Enum):
    """Argo CD's health codes; definition order is from best to worst."""

    HEALTHY = "Healthy"
    SUSPENDED = "Suspended"
    PROGRESSING = "Progressing"
    MISSING = "Missing"
    DEGRADED = "Degraded"
    UNKNOWN = "Unknown"

    @property
    def badness(self) -> int:
        """0 for Healthy, growing towards Unknown."""
        return list(Health).index(self)


@dataclass(frozen=True, slots=True)
class HealthVerdict:
    """A health code and the words that explain it (may be empty)."""

    status: Health
    message: str = ""
