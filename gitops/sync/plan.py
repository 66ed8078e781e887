"""What one operation will do, in order: the plan that is shown is the plan that is applied (design.md 8)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from gitops.model.crds.application import SyncResource
from gitops.model.objects import Manifest, ObjectKey, digest_of
from gitops.sync.marks import hook_of, skipped
from gitops.sync.order import apply_place, prune_place
from gitops.sync.prune import Removal


class Act(Enum):
    """What happens to one object."""

    APPLY = "apply"
    UNCHANGED = "unchanged"
    """Known to be as wanted: reported, no request."""
    PRUNE = "prune"
    KEEP = "keep"
    """Extra, but not removed; `why` says why."""


@dataclass(frozen=True, slots=True)
class Task:
    """One object of the plan."""

    key: ObjectKey
    act: Act
    version: str
    manifest: Manifest | None = None
    uid: str = ""
    """The object a prune was decided for: the precondition of its DELETE."""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """All tasks in order, and what makes the plan impossible (`invalid`, one text per object)."""

    tasks: tuple[Task, ...]
    invalid: tuple[str, ...] = ()

    @property
    def hash(self) -> str:
        """Equal for equal plans: what an approval would name."""
        return digest_of(
            [[str(t.key), t.act.value, t.uid, t.manifest.digest if t.manifest else ""] for t in self.tasks]
        )


def plan(
    wanted: Sequence[Manifest],
    removals: Iterable[Removal],
    *,
    selected: Sequence[SyncResource],
    clean: frozenset[ObjectKey],
    refuses: Callable[[Manifest], str],
) -> Plan:
    """Order the work: applies by wave, kind and name, then prunes in reverse.

    `clean` are objects known to be as wanted; `refuses` gives the reason why an object may not be applied (kind not
    served, not permitted), or empty text. Hooks need the full machine and make the plan invalid, so that nothing is
    applied out of its order.
    """
    tasks: list[Task] = []
    invalid: list[str] = []
    for manifest in sorted((m for m in wanted if not skipped(m)), key=apply_place):
        if not _selects(selected, manifest.key):
            continue
        reason = refuses(manifest) or _hook_problem(manifest)
        if reason:
            invalid.append(f"{manifest.key.group_kind} {manifest.namespace}/{manifest.name}: {reason}")
            continue
        act = Act.UNCHANGED if manifest.key in clean else Act.APPLY
        tasks.append(Task(manifest.key, act, manifest.version, manifest))
    for removal in sorted(removals, key=lambda r: prune_place(r.key)):
        if _selects(selected, removal.key):
            act = Act.KEEP if removal.kept else Act.PRUNE
            tasks.append(Task(removal.key, act, removal.version, uid=removal.uid, why=removal.kept or removal.because))
    return Plan(tuple(tasks), tuple(invalid))


def _hook_problem(manifest: Manifest) -> str:
    phases = hook_of(manifest)
    return f"hook phase {phases} is not supported yet; remove the hook annotation or wait for it" if phases else ""


def _selects(selected: Sequence[SyncResource], key: ObjectKey) -> bool:
    """Whether a selective sync names the object; an entry without namespace matches every namespace (surprises)."""
    if not selected:
        return True
    return any(
        (s.group, s.kind, s.name) == (key.group, key.kind, key.name)
        and (not s.namespace or s.namespace == key.namespace)
        for s in selected
    )
