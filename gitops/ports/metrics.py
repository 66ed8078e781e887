"""Counters that all processes add to and the API shows (argo-cd.md 14)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Sample:
    """The value of a counter for one set of labels."""

    labels: dict[str, str]
    value: float


class Counters(Protocol):
    """Sums per name and labels; a flush of Redis starts them at zero, as a restart does in Argo CD."""

    def add(self, name: str, labels: Mapping[str, str], value: float = 1.0) -> None:
        """Add to a counter. Failing to count is logged, never raised: no turn fails because of a metric."""

    def read(self) -> dict[str, tuple[Sample, ...]]:
        """All counters by name.

        Raises:
            RetryableError: Redis does not answer.
        """
