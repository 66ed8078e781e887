"""Advance: one turn of an app's running operation (walk A hop 8): read the hub, decide, act, store, park."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from gitops.access.project import permits_object
from gitops.desired.ask import PINNED
from gitops.errors import ConflictError, InvalidError
from gitops.health.rollup import app_health
from gitops.jobs import Advance, Compare, Fetch, Rank
from gitops.live.belonging import belongs
from gitops.model.comparison import Comparison
from gitops.model.crds.application import Application, OperationState, ResourceResult, SyncOperation, SyncResult
from gitops.model.desired import Rendering
from gitops.model.fingerprint import Fingerprint, Verdict
from gitops.model.objects import Manifest, ObjectKey
from gitops.model.observed import Absent, Unknown
from gitops.ports.lease import Lease
from gitops.reconcile.act import act
from gitops.reconcile.compare import warnings
from gitops.reconcile.observe import observe, results_of, unanswered
from gitops.reconcile.ports import Ports
from gitops.reconcile.scene import (
    Broken,
    Place,
    Scene,
    place_of,
    render_again,
    scene_at,
    served,
    spend,
)
from gitops.reconcile.teardown import teardown
from gitops.sync.finish import after_turn, restarted
from gitops.sync.machine import Event, Next, Stage, retry_due, stage_of, step
from gitops.sync.plan import Act, Plan, plan
from gitops.sync.prune import Proof, removals, unproved
from gitops.sync.report import Look, after_look
from gitops.trigger.edited import running
from gitops.trigger.lane import repo_of

log = logging.getLogger("argosy.advance")

SOON = timedelta(seconds=1)

SETTLE = timedelta(milliseconds=200)
"""Until the index of apps, which fetch reads, knows that the operation has ended: `watch` puts it there in a few ms."""


def advance(job: Advance, p: Ports, lease: Lease, now: datetime) -> timedelta | None:
    """Take one step of the app's operation or deletion; returns when to take the next one.

    Raises:
        RetryableError: hub, store or cluster did not answer; the turn is repeated, which does no harm.
    """
    found = p.hub.application(job.app)
    if isinstance(found, Unknown):
        return SOON
    if isinstance(found, Absent) or p.read_only:
        return None
    app = found.object
    if app.metadata.deletion_timestamp is not None:
        return teardown(app, p, lease, now)
    state = app.status.operation_state
    if state is None or not running(app):
        return None
    if state.phase == "Terminating":
        return _finish(job, app, state, step(state, Event.TERMINATE), p, lease, now)
    if stage_of(state) is Stage.WAITING:
        return _wait(job, app, state, p, lease, now)
    return _turn(job, app, state, p, lease, now)


def _wait(
    job: Advance, app: Application, state: OperationState, p: Ports, lease: Lease, now: datetime
) -> timedelta | None:
    left = retry_due(state, now)
    event = Event.EARLY if left > timedelta(0) else Event.DUE
    if step(state, event).stage is Stage.WAITING:
        return left
    lease.check()
    p.hub.update(app, restarted(app, state))
    return timedelta(0)


def _turn(
    job: Advance, app: Application, state: OperationState, p: Ports, lease: Lease, now: datetime
) -> timedelta | None:
    scene = _scene(app, state, p)
    if scene is None:
        return SOON
    if isinstance(scene, Next):
        return _finish(job, app, state, scene, p, lease, now)
    known = p.fingerprints.fingerprints(app.metadata.uid)
    work, known = _plan(scene, state, known, p)
    if any(t.act is Act.PRUNE for t in work.tasks) and not _fresh(scene.rendering, state):
        render_again(app, p)
        return SOON
    if work.invalid:
        following = step(state, Event.INVALID, "; ".join(work.invalid))
        return _finish(job, app, state, following, p, lease, now)
    dry_run = bool(state.operation.sync and state.operation.sync.dry_run)
    done = act(scene, work, lease, before=_results(state), dry_run=dry_run)
    event = Event.MORE if done.left else (Event.FAILED if done.failed else Event.DONE)
    if not dry_run:
        p.fingerprints.put(app.metadata.uid, done.changed, done.gone)
    prints = {k: v for k, v in {**known, **done.changed}.items() if k not in done.gone}
    following = step(state, event, "; ".join(done.failed))
    return _store(job, scene, state, following, done.results, prints, p, lease, now)


def _scene(app: Application, state: OperationState, p: Ports) -> Scene | Next | None:
    """What the operation is about; how it ends when that cannot be had; None while a render is awaited."""
    place = place_of(app, p)
    if isinstance(place, Broken):
        return step(state, Event.BLOCKED, "; ".join(place.conditions.values()))
    pinned = state.sync_result
    if pinned is None or not _still_named(pinned, place):
        return step(state, Event.OUTDATED)
    scene = scene_at(app, place, p)
    if isinstance(scene, Broken):
        return step(state, Event.BLOCKED, "; ".join(f"{kind}: {text}" for kind, text in scene.conditions.items()))
    if scene is not None and scene.rendering.revision != pinned.revision:
        render_again(app, p)
        return None
    return scene


def _still_named(pinned: SyncResult, place: Place) -> bool:
    """Whether the source that the operation began with is still the one the app names."""
    try:
        return pinned.source == place.source
    except InvalidError:  # by now the spec names none or several
        return False


def _results(state: OperationState) -> Sequence[ResourceResult]:
    return state.sync_result.resources if state.sync_result else ()


def _plan(
    scene: Scene, state: OperationState, known: dict[ObjectKey, Fingerprint], p: Ports
) -> tuple[Plan, dict[ObjectKey, Fingerprint]]:
    """The plan of this operation, made from what is there now: extras are read again before they may be removed."""
    app, place = scene.app, scene.place
    sync = state.operation.sync or SyncOperation()
    listed = {r.key for r in app.status.resources}
    gone = (set(known) | listed) - set(scene.wanted)  # after a flush only the status still names them
    seen = observe(scene, known, gone, p)
    proof = Proof(
        revision=scene.rendering.revision,
        complete=scene.rendering.failure is None,
        discovery_whole=_answers_whole(place, now_asked=bool(seen.extras) and sync.prune),
    )
    options = frozenset(sync.sync_options)
    going = removals(
        seen.extras,
        proof=proof,
        prune=sync.prune,
        app_options=options,
        ours=lambda live: belongs(live, app, place.config.namespace, place.config.settings),
        permitted=lambda live: (
            not permits_object(place.project, live.manifest, place.cluster.record, _scope(scene, live.manifest))
        ),
    )
    clean = frozenset(
        k
        for k, f in seen.fingerprints.items()
        if f.verdict is Verdict.CLEAN and k in scene.wanted and f.desired == scene.wanted[k].digest
    )
    return plan(
        scene.manifests, going, selected=sync.resources, clean=clean, refuses=lambda m: _refusal(scene, m)
    ), seen.fingerprints


def _answers_whole(place: Place, *, now_asked: bool) -> bool:
    """Whether every API group answers; asked now when something is to be deleted, the cached answer may be old."""
    found = place.cluster.discovery(fresh=True) if now_asked else place.discovery
    return not found.broken


def _scope(scene: Scene, manifest: Manifest) -> bool:
    namespaced = scene.place.namespaced(manifest.group, manifest.kind)
    return namespaced is not False


def _refusal(scene: Scene, manifest: Manifest) -> str:
    """Why an object may not be applied: the kind is not served, or the project does not permit it."""
    return served(scene.place, manifest.key.group_kind) or (
        permits_object(scene.place.project, manifest, scene.place.cluster.record, _scope(scene, manifest)) or ""
    )


def _fresh(rendering: Rendering, state: OperationState) -> bool:
    """Whether the objects were rendered for this operation: what a deletion rests on is never taken from a cache."""
    if rendering.fetched_for and rendering.fetched_for == state.operation.digest:
        return True
    return state.started_at is not None and rendering.rendered_at >= state.started_at


def _store(
    job: Advance,
    scene: Scene,
    state: OperationState,
    following: Next,
    results: Sequence[ResourceResult],
    prints: dict[ObjectKey, Fingerprint],
    p: Ports,
    lease: Lease,
    now: datetime,
) -> timedelta | None:
    """One PATCH: operation, sync status, health and history together."""
    outcome = results_of(scene, prints)
    look = Look(
        Comparison(outcome),
        app_health(outcome, scene.app.ref),
        scene.rendering.revision,
        scene.place.source,
        warnings(scene),
        scene.manifests,
    )
    after = after_look(scene.app, look, now, asked=False, control_namespace=scene.place.config.namespace)
    after = after_turn(after, state, following, results, now)
    return _write(job, scene.app, after, following, p, lease, now)


def _finish(
    job: Advance,
    app: Application,
    state: OperationState,
    following: Next,
    p: Ports,
    lease: Lease,
    now: datetime,
) -> timedelta | None:
    """End or park an operation that did not get to apply anything this turn."""
    after = after_turn(app, state, following, _results(state), now)
    return _write(job, app, after, following, p, lease, now)


def _write(
    job: Advance, before: Application, after: Application, following: Next, p: Ports, lease: Lease, now: datetime
) -> timedelta | None:
    lease.check()
    if following.stage is not Stage.APPLYING and following.retry_in is None:
        spend(before, p)
    try:
        stored = p.hub.update(before, after)
    except ConflictError:
        return timedelta(0)
    if following.stage is Stage.APPLYING:
        return timedelta(0)
    if following.retry_in is not None:
        return following.retry_in
    _ended(stored, p, now)
    _catch_up(stored, p)
    if stored.operation is not None:
        p.queue.nudge(Fetch(repo_of(stored)), Rank.HUMAN, after=SETTLE)  # asked for while this one ran
    if _left_over(stored.metadata.uid, p) or following.stage is not Stage.SUCCEEDED or _unproved(stored):
        p.queue.nudge(Compare(job.app, job.cluster), Rank.DRIFT)
    return None


def _unproved(app: Application) -> bool:
    """Whether something stays only until it is proved that it may go: nothing else would bring self-heal back to it."""
    state = app.status.operation_state
    return state is not None and any(r.status == "PruneSkipped" and unproved(r.message) for r in _results(state))


def _catch_up(app: Application, p: Ports) -> None:
    """Look at the repository again if the operation held on to a commit that is not the target's newest.

    So it is after a fetch during the operation, and after an operation for which a person named the revision.
    """
    state, rendering = app.status.operation_state, p.desireds.rendering(app.metadata.uid)
    if state and state.operation.sync and state.operation.sync.revision and not state.operation.initiated_by.automated:
        p.queue.nudge(Fetch(repo_of(app)), Rank.WEBHOOK, after=SETTLE)
        return
    fetched = p.facts.marks().get(f"fetch:{repo_of(app)}")
    if not (state and state.started_at and rendering and fetched):
        return
    passed_over = fetched > rendering.rendered_at and fetched >= state.started_at
    if passed_over or rendering.fetched_for == PINNED:
        p.queue.nudge(Fetch(repo_of(app)), Rank.WEBHOOK, after=SETTLE)


def _left_over(uid: str, p: Ports) -> bool:
    """Whether something changed during the operation that its own looks do not answer; the rest is forgotten."""
    suspects = p.fingerprints.suspects(uid)
    if not suspects:
        return False
    open_ = unanswered(p.fingerprints.fingerprints(uid), suspects)
    p.fingerprints.cleared(uid, {k: v for k, v in suspects.items() if k not in open_})
    return bool(open_)


def _ended(app: Application, p: Ports, now: datetime) -> None:
    """The event and the counter of an operation that ended (argo-cd.md 14.1, 14.3)."""
    state = app.status.operation_state
    if state is None or state.sync_result is None:
        return
    good = state.phase == "Succeeded"
    what = "Partial sync" if state.operation.sync and state.operation.sync.resources else "Sync"
    text = f"{what} operation to {state.sync_result.revision} {'succeeded' if good else 'failed: ' + state.message}"
    p.hub.record(app, reason="OperationCompleted", message=text, warning=not good, now=now)
    dry = bool(state.operation.sync and state.operation.sync.dry_run)
    labels = {
        "namespace": app.metadata.namespace,
        "name": app.metadata.name,
        "project": app.spec.project or "default",
        "dest_server": app.spec.destination.server,
        "phase": state.phase,
        "dry_run": str(dry).lower(),
    }
    p.counters.add("argocd_app_sync_total", labels, 1)
