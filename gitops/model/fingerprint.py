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
    ignore_extraneous: bool = False
    """An extra object that says of itself that it makes no app OutOfSync (argo-cd.md 3.6)."""

    def still_holds(self, row: Row, *, has_health_rule: bool) -> bool:
        """Whether nothing this verdict rests on has changed in `row`.

        Ours alone and untouched: the same entry and generation are enough, status and other managers' fields do not
        matter. Without an entry of ours, contested, or with a health rule: only the same resourceVersion will do.
        """
        if row.deleting:
            return False
        return self._same(row.uid, row.resource_version, row.generation, row.entry, has_health_rule=has_health_rule)

    def answers(self, doubt: str, *, has_health_rule: bool) -> bool:
        """Whether this look is at least as new as the row that raised `doubt` (see `doubt_of`)."""
        parts = doubt.split(" ")
        if len(parts) != 4:
            return False
        uid, version, generation, entry = parts
        return self._same(uid, version, int(generation), entry, has_health_rule=has_health_rule)

    def _same(self, uid: str, version: str, generation: int, entry: str, *, has_health_rule: bool) -> bool:
        if uid != self.uid or self.verdict is Verdict.UNKNOWN:
            return False
        if version == self.resource_version:
            return True
        if has_health_rule or self.contested or not self.entry:
            return False
        return entry == self.entry and generation == self.generation


GONE = "gone"


def doubt_of(row: Row) -> str:
    """What is remembered of a row that does not fit its fingerprint; an object that is not there is `GONE`."""
    return GONE if row.deleting else f"{row.uid} {row.resource_version} {row.generation} {row.entry}"
