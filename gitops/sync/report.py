"""Status fields of an Application after a look (argo-cd.md 18): only what changed makes a write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gitops.model.comparison import Comparison, ObjectResult
from gitops.model.crds.application import (
    Application,
    ApplicationStatus,
    ComparedTo,
    Condition,
    HealthStatus,
    ResourceStatus,
    Source,
    Summary,
    SyncStatus,
)
from gitops.model.fingerprint import Verdict
from gitops.model.health import Health, HealthVerdict
from gitops.model.objects import Manifest, as_list, as_map, as_text
from gitops.sync.order import wave_of

EVALUATED = frozenset(
    {
        "InvalidSpecError", "ComparisonError", "SyncError", "UnknownError", "DeletionError", "ReconcileQuarantined",
        "RepeatedResourceWarning", "ExcludedResourceWarning", "SharedResourceWarning",
        "UnsupportedOptionWarning",
    }
)  # fmt: skip
"""Condition types one look decides about: those that no longer apply are removed, others are left alone."""


@dataclass(frozen=True, slots=True)
class Look:
    """Outcome of one look at an app."""

    comparison: Comparison
    health: HealthVerdict
    revision: str
    source: Source
    conditions: Mapping[str, str]
    manifests: Sequence[Manifest] = ()


def after_look(app: Application, look: Look, now: datetime, *, asked: bool, control_namespace: str) -> Application:
    """The app with the status of `look`; `reconciledAt` moves only with a change or an asked-for refresh."""
    before = app.status
    status = replace(
        before,
        sync=SyncStatus(
            status=look.comparison.status,
            revision=look.revision,
            compared_to=ComparedTo(
                source=look.source,
                destination=app.spec.destination,
                ignore_differences=app.spec.ignore_differences,
            ),
        ),
        health=health_after(before.health, look.health, now),
        resources=_resources(look),
        conditions=conditions_after(before.conditions, {**unread(look.comparison), **look.conditions}, now),
        summary=Summary(images=images(look.manifests)),
        source_type="Directory",
        resource_health_source="appTree",
        controller_namespace=control_namespace,
    )
    return _stamped(app, before, status, now, asked=asked)


def unread(comparison: Comparison) -> dict[str, str]:
    """The ComparisonError of objects that could not be read; empty when every object was (R-051: never silent)."""
    unknown = [r for r in comparison.results if r.verdict is Verdict.UNKNOWN]
    if not unknown:
        return {}
    first = unknown[0]
    named = f"{first.key.group_kind} {first.key.namespace}/{first.key.name}"
    text = (
        f"{len(unknown)} of {len(comparison.results)} objects could not be read, first {named}: "
        f"{first.why or 'no answer'} (part cluster; read again when the cluster answers and with every scan)"
    )
    return {"ComparisonError": text}


def after_failure(
    app: Application,
    conditions: Mapping[str, str],
    revision: str,
    now: datetime,
    *,
    asked: bool,
    control_namespace: str,
) -> Application:
    """The app when it could not be looked at: sync Unknown, what is known about its objects kept, nothing pruned.

    The resolved revision stays out: `revision` is the target as written (argo-cd-surprises.md, Sources).
    """
    before = app.status
    status = replace(
        before,
        sync=SyncStatus(
            status="Unknown",
            revision=revision,
            compared_to=before.sync.compared_to,
        ),
        resources=tuple(replace(r, status="Unknown") for r in before.resources),
        health=before.health if before.health.status else HealthStatus(status=Health.HEALTHY.value),
        conditions=conditions_after(before.conditions, conditions, now),
        controller_namespace=control_namespace,
    )
    return _stamped(app, before, status, now, asked=asked)


def _stamped(
    app: Application, before: ApplicationStatus, status: ApplicationStatus, now: datetime, *, asked: bool
) -> Application:
    if status != before or asked or before.reconciled_at is None:
        moment = now.replace(microsecond=0)
        status = replace(status, reconciled_at=moment, observed_at=moment)
    return replace(app, status=status)


def conditions_after(before: Sequence[Condition], found: Mapping[str, str], now: datetime) -> tuple[Condition, ...]:
    """Conditions of evaluated types replaced by `found` (type -> message); the time is kept while both stay."""
    kept = [c for c in before if c.type not in EVALUATED]
    old = {(c.type, c.message): c for c in before}
    moment = now.replace(microsecond=0)
    for kind in sorted(found):
        if found[kind]:
            fresh = Condition(type=kind, message=found[kind], last_transition_time=moment)
            kept.append(old.get((kind, found[kind]), fresh))
    return tuple(kept)


def health_after(before: HealthStatus, found: HealthVerdict, now: datetime) -> HealthStatus:
    """Health with its time; message and time explain the last transition and change only with the code."""
    if before.status == found.status.value and before.last_transition_time is not None:
        return before
    return HealthStatus(
        status=found.status.value, message=found.message, last_transition_time=now.replace(microsecond=0)
    )


def _resources(look: Look) -> tuple[ResourceStatus, ...]:
    waves = {m.key: wave_of(m) for m in look.manifests}
    return tuple(_resource(r, waves.get(r.key, 0)) for r in look.comparison.results)


def _resource(result: ObjectResult, wave: int) -> ResourceStatus:
    return ResourceStatus(
        group=result.key.group,
        version=result.version,
        kind=result.key.kind,
        namespace=result.key.namespace,
        name=result.key.name,
        status=result.status,
        requires_pruning=result.requires_pruning,
        sync_wave=wave,
    )


def images(manifests: Sequence[Manifest]) -> tuple[str, ...]:
    """Container images the manifests name, sorted, each once."""
    found: set[str] = set()
    for manifest in manifests:
        spec = as_map(manifest.body.get("spec"))
        pods = [spec, as_map(as_map(spec.get("template")).get("spec"))]
        job = as_map(as_map(spec.get("jobTemplate")).get("spec"))
        pods.append(as_map(as_map(job.get("template")).get("spec")))
        for pod in pods:
            for kind in ("containers", "initContainers"):
                found.update(as_text(as_map(c).get("image")) for c in as_list(pod.get(kind)))
    return tuple(sorted(found - {""}))
