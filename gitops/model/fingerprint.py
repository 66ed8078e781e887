"""What stands for a live object that was found clean, so that it need not be read again (design.md 7.1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from gitops.model.health import Health
from gitops.model.observed import Row


class Verdict(Enum):
    """Outcome of comparing one object."""

    CLEAN = "clean"
    DRIFTED = "drifted"
    MISSING = "missing"
    EXTRA = "extra"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The state of one managed object at its last full look: verdict, health, and the row they hold for."""

    uid: str
    entry: str
    """Hash of our managedFields entry, as in `Row.entry`."""
    generation: int
    resource_version: str
    desired: str
    """Digest of the stamped manifest it was compared with; empty for an extra object."""
    verdict: Verdict
    health: Health | None
    health_message: str = ""
    version: str = ""
    """API version of the desired manifest, for `status.resources`."""
    contested: bool = False
    """Admission took one of our fields: compare on every change (design.md 7.4)."""

    def still_holds(self, row: Row, *, has_health_rule: bool) -> bool:
        """Whether nothing this verdict rests on has changed in `row`.

        Ours alone and untouched: the same entry and generation are enough, status and other managers' fields do not
        matter. Without an entry of ours, contested, or with a health rule: only the same resourceVersion will do.
        """
        if row.uid != self.uid or row.deleting:
            return False
        if row.resource_version == self.resource_version:
            return True
        if has_health_rule or self.contested or not self.entry:
            return False
        return row.entry == self.entry and (row.generation == self.generation)
