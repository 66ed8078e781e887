"""Removals, and why not: delete only on proof (design.md 8, security-reliability.md 12)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gitops.model.objects import ObjectKey
from gitops.model.observed import LiveObject
from gitops.sync.marks import keeps

NOT_ASKED = "ignored (requires pruning)"
NO_PRUNE = "ignored (no prune)"
RENDER_INCOMPLETE = "the render is not complete"
DISCOVERY_INCOMPLETE = "the cluster's API discovery is incomplete"


@dataclass(frozen=True, slots=True)
class Removal:
    """An object the app no longer wants: `kept` is the result message when it stays, else it is to be deleted."""

    key: ObjectKey
    uid: str
    version: str
    because: str
    kept: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a deletion rests on. Everything must hold, or nothing is removed."""

    revision: str
    """Commit of the pinned source set."""
    complete: bool
    """The render of the pinned commit ended without error. That it was made during this operation is checked by the
    turn before anything is deleted."""
    discovery_whole: bool
    """No API group of the cluster failed to answer."""

    @property
    def missing(self) -> str:
        """What is not proved, empty when everything is."""
        if not self.complete:
            return RENDER_INCOMPLETE
        return "" if self.discovery_whole else DISCOVERY_INCOMPLETE


def removals(
    extras: Iterable[LiveObject],
    *,
    proof: Proof,
    prune: bool,
    app_options: frozenset[str],
    ours: Callable[[LiveObject], bool],
    permitted: Callable[[LiveObject], bool],
) -> tuple[Removal, ...]:
    """One entry per extra object that is ours; only entries without `kept` may be deleted, and only with their uid."""
    found = []
    for live in extras:
        if not ours(live) or live.deleting:
            continue
        kept = _kept(live, proof=proof, prune=prune, app_options=app_options, permitted=permitted)
        found.append(
            Removal(live.key, live.uid, live.manifest.version, because=f"absent from {proof.revision[:7]}", kept=kept)
        )
    return tuple(found)


def _kept(
    live: LiveObject,
    *,
    proof: Proof,
    prune: bool,
    app_options: frozenset[str],
    permitted: Callable[[LiveObject], bool],
) -> str:
    if keeps(live.manifest, "Prune", app_options):
        return NO_PRUNE
    if not prune:
        return NOT_ASKED
    if proof.missing:
        return _without(proof.missing)
    return "" if permitted(live) else "ignored (not permitted in project)"


def unproved(message: str) -> bool:
    """Whether an object was kept only because the proof was missing: another try may find it."""
    return message in (_without(RENDER_INCOMPLETE), _without(DISCOVERY_INCOMPLETE))


def _without(proof: str) -> str:
    return f"ignored ({proof})"
