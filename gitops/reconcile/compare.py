"""Compare: desired with live, write what changed, begin an operation if one is due (walk A hop 6, walk B hop 5)."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from gitops.access.windows import closed
from gitops.errors import ConflictError
from gitops.health.rollup import app_health
from gitops.jobs import Advance, Compare, Fetch, Rank
from gitops.model.comparison import Comparison
from gitops.model.crds.application import Application, Operation, Source
from gitops.model.fingerprint import Verdict
from gitops.model.objects import REFRESH
from gitops.model.observed import Absent, Unknown
from gitops.ports.lease import Lease
from gitops.reconcile.begin import begin
from gitops.reconcile.observe import Seen, in_doubt, observe
from gitops.reconcile.ports import Ports
from gitops.reconcile.scene import Broken, Scene, place_of, scene_at, spend
from gitops.sync.admission import Later, Start, Stay, admit
from gitops.sync.options import without_effect
from gitops.sync.report import Look, after_failure, after_look
from gitops.trigger.edited import SKIP, running
from gitops.trigger.lane import repo_of

log = logging.getLogger("argosy.compare")

AGAIN = timedelta(seconds=2)

UNANSWERED = timedelta(seconds=15)
"""A cluster did not answer, in whole or in part: no news will tell when it does, so the app asks again by itself."""


def compare(job: Compare, p: Ports, lease: Lease, now: datetime) -> timedelta | None:
    """Look at one app; returns when to look again by itself, None when only news should wake it.

    Raises:
        RetryableError: hub or store did not answer; nothing was written.
    """
    found = p.hub.application(job.app)
    if isinstance(found, Absent):
        return None
    if isinstance(found, Unknown):
        return AGAIN
    app = found.object
    if app.metadata.annotations.get(SKIP) == "true":
        return None
    if app.metadata.deletion_timestamp is not None or running(app):
        p.queue.nudge(Advance(job.app, job.cluster), Rank.HUMAN)
        return None
    scene = _scene(app, p)
    if isinstance(scene, Broken):
        return _broken(app, scene, p, lease, now)
    return _look(job, scene, p, lease, now) if scene else None


def _scene(app: Application, p: Ports) -> Scene | Broken | None:
    """What to compare; None when a render was asked for and will bring us back."""
    place = place_of(app, p)
    return place if isinstance(place, Broken) else scene_at(app, place, p)


def _look(job: Compare, scene: Scene, p: Ports, lease: Lease, now: datetime) -> timedelta | None:
    uid = scene.app.metadata.uid
    known, suspects = p.fingerprints.fingerprints(uid), p.fingerprints.suspects(uid)
    asked = REFRESH in scene.app.metadata.annotations or scene.app.operation is not None
    doubtful = in_doubt(scene, known, suspects) | (set(scene.wanted) if asked else set())
    seen = observe(scene, known, doubtful, p)
    after, wake = decide(scene, seen, p, now)
    if not p.read_only and after != scene.app:
        lease.check()
        try:
            after = p.hub.update(scene.app, after)
        except ConflictError:
            log.info("conflict", extra={"app": str(job.app)})
            return timedelta(0)
    p.fingerprints.cleared(uid, suspects)
    if REFRESH in scene.app.metadata.annotations and REFRESH not in after.metadata.annotations:
        p.facts.drop_look(uid)
    if running(after):
        p.queue.nudge(Advance(job.app, job.cluster), _rank(after))
    unknown = any(r.verdict is Verdict.UNKNOWN for r in seen.results)
    return wake or (UNANSWERED if unknown else None)


def decide(scene: Scene, seen: Seen, p: Ports, now: datetime) -> tuple[Application, timedelta | None]:
    """The app with its new status, with an operation begun if one is due, and when to look again."""
    place = scene.place
    comparison = Comparison(seen.results)
    revision = scene.rendering.revision
    conditions = warnings(scene)
    request, wake = _request(scene, comparison, p, now)
    if isinstance(request, str):
        conditions["SyncError"] = request
    look = Look(
        comparison, app_health(seen.results, scene.app.ref), revision, place.source, conditions, scene.manifests
    )
    answered = _answered(scene.app, p)
    after = after_look(scene.app, look, now, asked=answered, control_namespace=place.config.namespace)
    after = without_refresh(after) if answered else after
    if isinstance(request, Operation):
        after = begin(after, request, revision, place.source, now)
    elif isinstance(request, str) and scene.app.operation is not None:
        after = _refused(after, scene.app.operation, Broken({"SyncError": request}), now)
        spend(scene.app, p)
    return after, wake


def _request(
    scene: Scene, comparison: Comparison, p: Ports, now: datetime
) -> tuple[Operation | str | None, timedelta | None]:
    """The operation to begin (asked for, or by automated sync), a SyncError text, or nothing; and the wake time."""
    if p.read_only:
        return None, None
    shut = closed(scene.place.project)
    if scene.app.operation is not None:
        return shut or scene.app.operation, None
    if shut:
        return (shut if scene.app.spec.is_automated and comparison.status == "OutOfSync" else None), None
    decision = admit(
        scene.app, comparison, scene.rendering.revision, scene.place.source, scene.place.config.params, now
    )
    match decision:
        case Start(operation=operation):
            return operation, None
        case Later(wait=wait):
            return None, wait
        case Stay(error=error):
            return (error or None), None


def warnings(scene: Scene) -> dict[str, str]:
    """Conditions about what is desired: repeated and excluded objects, ignore rules that are not understood yet."""
    found: dict[str, str] = {}
    if scene.desired.repeated:
        names = ", ".join(scene.desired.repeated)
        found["RepeatedResourceWarning"] = f"appears more than once among the manifests, the last one counts: {names}"
    if scene.excluded:
        texts = (f"Resource {name} is excluded in the settings" for name in scene.excluded)
        found["ExcludedResourceWarning"] = "; ".join(texts)
    idle = without_effect(scene.app.spec.sync_policy.sync_options if scene.app.spec.sync_policy else ())
    if idle:
        found["UnsupportedOptionWarning"] = f"syncOptions without effect in this version: {', '.join(idle)}"
    blind = [r for r in scene.app.spec.ignore_differences if r.jq_path_expressions or r.managed_fields_managers]
    if blind:
        kinds = ", ".join(sorted({r.kind for r in blind}))
        found["ComparisonError"] = (
            f"ignoreDifferences for {kinds}: jqPathExpressions and managedFieldsManagers are not supported yet, "
            "these fields are compared; use jsonPointers"
        )
    return found


def _answered(app: Application, p: Ports) -> bool:
    """Whether the refresh that the app carries was looked for in Git; if not, that is asked for and it stays."""
    if REFRESH not in app.metadata.annotations:
        return False
    if p.read_only or p.facts.has_look(app.metadata.uid):
        return True
    p.queue.nudge(Fetch(repo_of(app)), Rank.HUMAN)
    return False


def without_refresh(app: Application) -> Application:
    """The app without the refresh request that this look answers."""
    gone = {REFRESH, f"{REFRESH}-timestamp"}
    annotations = {k: v for k, v in app.metadata.annotations.items() if k not in gone}
    if len(annotations) == len(app.metadata.annotations):
        return app
    return replace(app, metadata=replace(app.metadata, annotations=annotations))


def _broken(app: Application, broken: Broken, p: Ports, lease: Lease, now: datetime) -> timedelta | None:
    """Write why the app cannot be looked at; an operation that was asked for ends with the same words."""
    waits = REFRESH in app.metadata.annotations
    asked = waits and (broken.rendering is None or _answered(app, p))
    after = after_failure(
        app,
        broken.conditions,
        app.spec.effective_sources[0].target_revision if app.spec.effective_sources else "",
        now,
        asked=asked,
        control_namespace=app.metadata.namespace,
    )
    after = without_refresh(after) if asked else after
    if app.operation is not None:
        after = _refused(after, app.operation, broken, now)
        spend(app, p)
    if not p.read_only and after != app:
        lease.check()
        p.hub.update(app, after)
    if asked:
        p.facts.drop_look(app.metadata.uid)
    return UNANSWERED if broken.passing else None


def _refused(app: Application, operation: Operation, broken: Broken, now: datetime) -> Application:
    source = app.spec.effective_sources[0] if app.spec.effective_sources else Source()
    started = begin(app, operation, "", source, now)
    state = started.status.operation_state
    if state is None:
        return started
    text = "; ".join(f"{kind}: {message}" for kind, message in sorted(broken.conditions.items()))
    ended = replace(state, phase="Error", message=text, finished_at=now.replace(microsecond=0))
    return replace(started, status=replace(started.status, operation_state=ended))


def _rank(app: Application) -> Rank:
    state = app.status.operation_state
    return Rank.DRIFT if state and state.operation.initiated_by.automated else Rank.HUMAN
