"""Drift per object and per Application, with reasons; its words are those of `status.resources` and `status.sync`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from gitops.model.fingerprint import Verdict
from gitops.model.health import HealthVerdict
from gitops.model.objects import ObjectKey
from gitops.model.paths import Path, path_text

SYNCED = "Synced"
OUT_OF_SYNC = "OutOfSync"
UNKNOWN = "Unknown"

_WORDS: Mapping[Verdict | None, str] = {
    None: "",
    Verdict.CLEAN: SYNCED,
    Verdict.DRIFTED: OUT_OF_SYNC,
    Verdict.MISSING: OUT_OF_SYNC,
    Verdict.EXTRA: OUT_OF_SYNC,
    Verdict.UNKNOWN: UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class ObjectResult:
    """One object of an Application after a comparison."""

    key: ObjectKey
    version: str
    """API version without its group."""
    verdict: Verdict | None
    """None: the object has no sync status (hook, Skip, a mark copied from another object; argo-cd.md 3.7)."""
    health: HealthVerdict | None = None
    """None: the kind has no rule, which counts as nothing, not as Healthy."""
    paths: tuple[Path, ...] = ()
    """Which fields differ, first those a person is likely to look for; empty unless drifted."""
    why: str = ""
    """One sentence; never a Secret's value."""
    requires_pruning: bool = False
    """Live, marked as ours and not wanted; also true of a hook that left Git, which is not pruned."""
    ignore_extraneous: bool = False
    """Compare option `IgnoreExtraneous`: being extra does not make the Application OutOfSync."""
    hook: bool = False

    @property
    def status(self) -> str:
        """`Synced`, `OutOfSync`, `Unknown`, or empty for an object without sync status."""
        return _WORDS[self.verdict]

    @property
    def counts(self) -> bool:
        """Whether it can make the Application OutOfSync."""
        return self.status == OUT_OF_SYNC and not (self.verdict is Verdict.EXTRA and self.ignore_extraneous)

    @property
    def path_texts(self) -> tuple[str, ...]:
        """`paths` as people write them."""
        return tuple(path_text(path) for path in self.paths)


@dataclass(frozen=True)
class Comparison:
    """Desired against live for one Application.

    `unknown` says why nothing can be said of the whole (no render, cluster not reachable); empty otherwise.
    `namespace_metadata_changed`: managedNamespaceMetadata differs from what the last sync wrote (argo-cd.md 3.7).
    """

    results: tuple[ObjectResult, ...]
    unknown: str = ""
    namespace_metadata_changed: bool = False

    @cached_property
    def status(self) -> str:
        """`Unknown` beats `OutOfSync` beats `Synced`: an app is never called Synced on a guess."""
        if self.unknown or any(r.verdict is Verdict.UNKNOWN for r in self.results):
            return UNKNOWN
        if self.namespace_metadata_changed or any(r.counts for r in self.results):
            return OUT_OF_SYNC
        return SYNCED

    @property
    def out_of_sync(self) -> tuple[ObjectResult, ...]:
        """The objects that make the Application OutOfSync, in the order of `results`."""
        return tuple(r for r in self.results if r.counts)

    @property
    def only_needs_pruning(self) -> bool:
        """Whether pruning is all there is to do (argo-cd.md 2.8 rule 2); false when nothing is to do."""
        left = self.out_of_sync
        return bool(left) and not self.namespace_metadata_changed and all(r.requires_pruning for r in left)

    @property
    def everything_needs_pruning(self) -> bool:
        """Whether a sync would leave nothing: every object but hooks is to be pruned (argo-cd.md 2.8 rule 5)."""
        ordinary = [r for r in self.results if not r.hook]
        return bool(ordinary) and all(r.requires_pruning for r in ordinary)

    @property
    def why(self) -> str:
        """One sentence for the log: the first reason there is, and how many objects it stands for."""
        if self.unknown:
            return self.unknown
        told = [r for r in self.results if r.counts or r.verdict is Verdict.UNKNOWN]
        if not told:
            return "managedNamespaceMetadata changed" if self.namespace_metadata_changed else "nothing differs"
        more = f" (and {len(told) - 1} more)" if len(told) > 1 else ""
        return f"{told[0].key}: {told[0].why or told[0].status}{more}"
