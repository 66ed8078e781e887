"""Carry out a plan: one server-side apply per object that differs, one DELETE per proved removal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gitops.errors import InvalidError, RefusedError, RetryableError
from gitops.model.crds.application import ResourceResult
from gitops.model.fingerprint import Fingerprint
from gitops.model.objects import ObjectKey
from gitops.ports.lease import Lease
from gitops.reconcile.observe import applied_fingerprint
from gitops.reconcile.scene import Scene
from gitops.sync.plan import Act, Plan, Task

PER_TURN = 200
"""Objects written in one turn: at 5 ms each a turn stays near a second, far below its deadline."""


@dataclass
class Done:
    """What a turn did: results of the whole operation so far, new fingerprints, and what is left."""

    results: list[ResourceResult] = field(default_factory=list)
    changed: dict[ObjectKey, Fingerprint] = field(default_factory=dict)
    gone: list[ObjectKey] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    left: int = 0


def act(
    scene: Scene,
    work: Plan,
    lease: Lease,
    *,
    before: Sequence[ResourceResult],
    dry_run: bool,
) -> Done:
    """Do the next part of the plan; objects that `before` reports as done are not written again."""
    done = Done()
    earlier = {r.key: r for r in before if r.status in ("Synced", "Pruned")}
    written = 0
    for task in work.tasks:
        if task.key in earlier and task.act is not Act.UNCHANGED:
            done.results.append(earlier[task.key])
            continue
        if written >= PER_TURN:
            done.left += 1
            continue
        if task.act in (Act.APPLY, Act.PRUNE):
            lease.check()
            written += 1
        done.results.append(_one(scene, task, done, dry_run=dry_run))
    return done


def _one(scene: Scene, task: Task, done: Done, *, dry_run: bool) -> ResourceResult:
    try:
        match task.act:
            case Act.APPLY:
                return _apply(scene, task, done, dry_run=dry_run)
            case Act.PRUNE:
                return _prune(scene, task, done, dry_run=dry_run)
            case Act.KEEP:
                return _result(task, "PruneSkipped", task.why)
            case Act.UNCHANGED:
                return _result(task, "Synced", f"{_called(task)} unchanged")
    except (InvalidError, RefusedError, RetryableError) as error:
        done.failed.append(f"{task.key.group_kind} {task.key.namespace}/{task.key.name}: {error}")
        return _result(task, "SyncFailed", str(error))


def _apply(scene: Scene, task: Task, done: Done, *, dry_run: bool) -> ResourceResult:
    if task.manifest is None:
        raise InvalidError("a task to apply has no manifest", about=str(task.key), hint="this is a bug of Argosy")
    applied = scene.place.cluster.apply(task.manifest, scene.place.config.settings, dry_run=dry_run)
    if not dry_run:
        done.changed[task.key] = applied_fingerprint(task.manifest, applied)
    suffix = " (dry run)" if dry_run else ""
    return _result(task, "Synced", f"{_called(task)} {applied.verb}{suffix}")


def _prune(scene: Scene, task: Task, done: Done, *, dry_run: bool) -> ResourceResult:
    if dry_run:
        return _result(task, "Pruned", "pruned (dry run)")
    scene.place.cluster.delete(task.key, task.uid, propagation="Foreground")
    done.gone.append(task.key)
    return _result(task, "Pruned", "pruned")


def _called(task: Task) -> str:
    group = f".{task.key.group}" if task.key.group else ""
    return f"{task.key.kind.lower()}{group}/{task.key.name}"


def _result(task: Task, status: str, message: str) -> ResourceResult:
    return ResourceResult(
        group=task.key.group,
        version=task.version,
        kind=task.key.kind,
        namespace=task.key.namespace,
        name=task.key.name,
        status=status,
        message=message,
        hook_phase="Running" if status == "Synced" else ("Failed" if status == "SyncFailed" else "Succeeded"),
        sync_phase="Sync",
    )
