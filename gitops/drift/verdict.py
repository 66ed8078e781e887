"""Clean, drifted, missing, extra or unknown, and why (design.md 7.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from gitops.drift.fields import Finding, Grade, findings
from gitops.drift.ignore import NOTHING, Ignored, ignored, without
from gitops.drift.normalise import normalised
from gitops.drift.removed import dropped_since, extra_owned, last_applied, still_client_side
from gitops.drift.strict import changes
from gitops.live.ownership import Entry, client_side, entries, our_entry, owners_of, owns, unowned
from gitops.model.crds.spec import IgnoreDifference
from gitops.model.fingerprint import Verdict
from gitops.model.objects import Json, Manifest
from gitops.model.observed import Absent, Found, LiveObject, Unknown
from gitops.model.paths import Path, path_text


@dataclass(frozen=True, slots=True)
class Judgement:
    """What comparing one object found."""

    verdict: Verdict
    """While `needs_dry_run` the worse of two possibilities: whoever cannot ask must not call it clean."""
    paths: tuple[Path, ...] = ()
    """Where they differ, `spec` and the like before `metadata`."""
    why: str = ""
    """One sentence for status and log, without any value."""
    needs_dry_run: bool = False
    """Only the server can say: dry-run the apply and give its answer to `judge_dry_run`."""
    contested: bool = False
    """We applied, and our entry lacks a path that desired has (design.md 7.4): compare on every change."""
    ignored: Ignored = NOTHING
    """What ignoreDifferences left out, with the rules that are not supported yet."""


def judge(
    desired: Manifest | None,
    live: Found[LiveObject] | Absent | Unknown,
    *,
    manager: str,
    ignore: Iterable[IgnoreDifference] = (),
) -> Judgement:
    """Compare a stamped manifest with what is there; `manager` is our field manager.

    `desired` None means: not wanted any more. The caller has made sure that a live object then is ours.
    """
    match live:
        case Unknown(reason=reason):
            return Judgement(Verdict.UNKNOWN, why=reason)
        case Absent() if desired is None:
            return Judgement(Verdict.CLEAN, why="not wanted and not there")
        case Absent():
            return Judgement(Verdict.MISSING, why="in Git, not in the cluster")
        case Found() if desired is None:
            return Judgement(Verdict.EXTRA, why="in the cluster, not in Git any more")
        case Found(object=there):
            return _Case(desired, there, manager, ignored(ignore, there.key)).judgement()


def judge_dry_run(answer: LiveObject, live: LiveObject, *, manager: str, first: Judgement) -> Judgement:
    """The final word after a dry-run apply: `answer` is what the server would make of `live`.

    Paths that neither our entry in the answer nor the one in `live` has are admission's doing and do not count: they
    would differ again after every apply. `first` is what `judge` said.
    """
    before, after = (without(side.manifest.body, first.ignored) for side in (live, answer))
    known = entries(live.managed_fields)
    ours = [e for e in (our_entry(entries(answer.managed_fields), manager), our_entry(known, manager)) if e]
    told = tuple(p for p in changes(before, after) if not ours or any(owns(entry, p) for entry in ours))
    return Judgement(
        Verdict.DRIFTED if told else Verdict.CLEAN,
        told,
        _why(told, frozenset(), known, manager) if told else "the server keeps it as it is",
        contested=first.contested,
        ignored=first.ignored,
    )


@dataclass(frozen=True)
class _Case:
    """One object that is wanted and there."""

    wanted: Manifest
    there: LiveObject
    manager: str
    ignored: Ignored

    @cached_property
    def desired(self) -> Mapping[str, Json]:
        return without(normalised(self.wanted.body), self.ignored)

    @cached_property
    def live(self) -> Mapping[str, Json]:
        return without(normalised(self.there.manifest.body), self.ignored)

    @cached_property
    def known(self) -> tuple[Entry, ...]:
        return entries(self.there.managed_fields)

    @cached_property
    def ours(self) -> Entry | None:
        return our_entry(self.known, self.manager)

    @property
    def comparable(self) -> Entry | None:
        """Our entry if its field names are those of the desired version."""
        return self.ours if self.ours and self.ours.api_version == self.wanted.api_version else None

    def judgement(self) -> Judgement:
        """Certain findings decide; whatever else was found is a question for the server."""
        differing = findings(self.desired, self.live)
        left = self._left_behind()
        told = tuple(f.path for f in (*differing, *left) if f.grade is not Grade.HOLLOW)
        taken = unowned(self.comparable, without(self.wanted.body, self.ignored)) if self.comparable else ()
        asked = (*self._open(differing), *taken)
        certain = any(self._certain(f) for f in differing) or any(f.grade is Grade.CHANGED for f in left)
        paths = told or asked
        return Judgement(
            Verdict.DRIFTED if paths else Verdict.CLEAN,
            paths,
            _why(paths, frozenset(f.path for f in left), self.known, self.manager),
            needs_dry_run=bool(paths) and not certain,
            contested=bool(taken),
            ignored=self.ignored,
        )

    def _left_behind(self) -> tuple[Finding, ...]:
        """Fields that left Git and are still there."""
        found = extra_owned(self.desired, self.live, self.comparable) if self.comparable else ()
        former = last_applied(self.live)
        if not former:
            return found
        counts = still_client_side(client_side(self.known, self.manager), ours=self.ours)
        applied = without(normalised(former), self.ignored)
        more = dropped_since(applied, self.desired, self.live, counts)
        seen = {f.path for f in found}
        return (*found, *(f for f in more if f.path not in seen))

    def _certain(self, finding: Finding) -> bool:
        """Changed for sure, unless admission may have done it within our own apply: then the server is asked.

        That is so where we applied, do not own the path any more, and it is under our name or nobody's.
        """
        if finding.grade is not Grade.CHANGED:
            return False
        if self.ours is None or owns(self.ours, finding.path):
            return True
        owners = owners_of(self.known, finding.path)
        return bool(owners) and owners[0].manager != self.manager

    def _open(self, differing: Iterable[Finding]) -> tuple[Path, ...]:
        """What cannot be told from here: field names of another version, and empty values that live lacks.

        An empty value our entry still owns was dropped by the server when it was applied.
        """
        if self.ours is not None and self.comparable is None:
            return (("apiVersion",),)
        entry = self.comparable
        hollow = (f.path for f in differing if f.grade is Grade.HOLLOW)
        return tuple(path for path in hollow if entry is None or not owns(entry, path))


def _why(paths: tuple[Path, ...], left: frozenset[Path], known: Iterable[Entry], manager: str) -> str:
    """One sentence about the first path: who changed it, or that Git did; and how many more there are."""
    if not paths:
        return "as in Git"
    first = paths[0]
    more = f", and {len(paths) - 1} more" if len(paths) > 1 else ""
    if first in left:
        return f"{path_text(first)} left Git and is still in the cluster{more}"
    owners = owners_of(known, first)
    if not owners:
        return f"{path_text(first)} differs{more}"
    if owners[0].manager == manager:
        return f"{path_text(first)} differs from what was applied last by {owners[0]}{more}"
    return f"{path_text(first)} was changed by {owners[0]}{more}"
