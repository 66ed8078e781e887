"""Read the objects of an app that are in doubt, judge each, and remember the verdicts as fingerprints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from gitops.drift.verdict import Judgement, judge, judge_dry_run
from gitops.errors import InvalidError, RefusedError, RetryableError
from gitops.health.object import has_rule, health_of
from gitops.live.belonging import belongs
from gitops.live.ownership import entries, our_entry, unowned
from gitops.model.comparison import ObjectResult
from gitops.model.fingerprint import Fingerprint, Verdict
from gitops.model.health import Health, HealthVerdict
from gitops.model.objects import FIELD_MANAGER, Manifest, ObjectKey
from gitops.model.observed import Absent, Found, LiveObject, Row, Unknown
from gitops.ports.cluster import Applied
from gitops.reconcile.ports import Ports
from gitops.reconcile.scene import Place, Scene
from gitops.sync.marks import hook_of, ignores_extraneous

NO_STATUS = Judgement(Verdict.CLEAN, (), "a hook, or told to be skipped")
"""Of a live object that is ours and not compared: its fingerprint names no desired object."""


@dataclass(frozen=True)
class Seen:
    """What one look found: fingerprints now, the results to report, and the extra objects read in full."""

    fingerprints: dict[ObjectKey, Fingerprint]
    results: tuple[ObjectResult, ...]
    extras: tuple[LiveObject, ...] = ()


def in_doubt(scene: Scene, known: dict[ObjectKey, Fingerprint], suspects: Mapping[ObjectKey, str]) -> set[ObjectKey]:
    """The objects that must be read: never seen, wanted otherwise than when they were seen, or reported as changed."""
    reported = unanswered(known, suspects)
    wanted = scene.wanted
    fresh = {key for key, m in wanted.items() if key not in known or known[key].desired != m.digest}
    listed = {r.key for r in scene.app.status.resources}
    gone = {key for key in set(known) | listed if key not in wanted and (key not in known or known[key].desired)}
    broken = {key for key, print_ in known.items() if print_.verdict is Verdict.UNKNOWN}
    return fresh | gone | broken | reported


def unanswered(known: Mapping[ObjectKey, Fingerprint], suspects: Mapping[ObjectKey, str]) -> set[ObjectKey]:
    """Suspects that no later look has answered yet."""
    return {
        key
        for key, doubt in suspects.items()
        if key not in known or not known[key].answers(doubt, has_health_rule=watched_health(key))
    }


def observe(scene: Scene, known: dict[ObjectKey, Fingerprint], doubtful: Iterable[ObjectKey], p: Ports) -> Seen:
    """Read and judge the doubtful objects; the others keep their fingerprint's verdict."""
    wanted = scene.wanted
    now: dict[ObjectKey, Fingerprint] = dict(known)
    whys: dict[ObjectKey, Judgement] = {}
    extras: list[LiveObject] = []
    for key in sorted(doubtful):
        manifest = wanted.get(key)
        live = scene.place.cluster.read(key, version=manifest.version if manifest else "")
        if manifest is None:
            _extra(scene, key, live, now, extras)
            continue
        judgement = _judge(scene, manifest, live)
        whys[key] = judgement
        now[key] = _fingerprint(scene.place, manifest, live, judgement)
    changed = {k: v for k, v in now.items() if known.get(k) != v}
    gone = [k for k in known if k not in now]
    if changed or gone:
        p.fingerprints.put(scene.app.metadata.uid, changed, gone)
    return Seen(now, results_of(scene, now, whys), tuple(extras))


def _extra(
    scene: Scene,
    key: ObjectKey,
    live: Found[LiveObject] | Absent | Unknown,
    now: dict[ObjectKey, Fingerprint],
    extras: list[LiveObject],
) -> None:
    """An object that is no longer wanted: gone, not ours, ours and extra, or unknown."""
    place = scene.place
    if isinstance(live, Found) and belongs(live.object, place.app, place.config.namespace, place.config.settings):
        if key in scene.uncompared or hook_of(live.object.manifest):
            now[key] = replace(_fingerprint(place, None, live, NO_STATUS), health=None, health_message="")
            return
        extras.append(live.object)
        seen = _fingerprint(place, None, live, judge(None, live, manager=FIELD_MANAGER))
        now[key] = replace(seen, ignore_extraneous=ignores_extraneous(live.object.manifest))
    elif isinstance(live, Unknown):
        old = now.get(key)
        blank = Fingerprint("", "", 0, "", "", Verdict.UNKNOWN, None)
        now[key] = replace(old or blank, verdict=Verdict.UNKNOWN, health_message=live.reason)
    else:
        now.pop(key, None)


def _judge(scene: Scene, manifest: Manifest, live: Found[LiveObject] | Absent | Unknown) -> Judgement:
    place = scene.place
    judgement = judge(manifest, live, manager=FIELD_MANAGER, ignore=place.app.spec.ignore_differences)
    if not judgement.needs_dry_run or not isinstance(live, Found):
        return judgement
    try:
        answer = place.cluster.apply(manifest, place.config.settings, dry_run=True)
    except InvalidError as error:
        return replace(judgement, why=f"{judgement.why}; the server refuses the manifest: {error}")
    except (RefusedError, RetryableError) as error:
        return Judgement(Verdict.UNKNOWN, judgement.paths, str(error))
    return judge_dry_run(answer.live, live.object, manager=FIELD_MANAGER, first=judgement)


def _fingerprint(
    place: Place, manifest: Manifest | None, live: Found[LiveObject] | Absent | Unknown, judgement: Judgement
) -> Fingerprint:
    desired = manifest.digest if manifest else ""
    version = manifest.version if manifest else ""
    match live:
        case Found(object=there):
            row = place.cluster.row_of(there, place.config.settings)
            return _of_row(row, there, manifest, judgement.verdict, contested=judgement.contested)
        case Absent():
            return Fingerprint("", "", 0, "", desired, judgement.verdict, Health.MISSING, version=version)
        case Unknown(reason=why):
            return Fingerprint("", "", 0, "", desired, Verdict.UNKNOWN, None, health_message=why, version=version)


def applied_fingerprint(manifest: Manifest, applied: Applied) -> Fingerprint:
    """What stands for an object right after our own apply: clean by construction.

    Contested when our entry lacks something we have just set: admission took it (design.md 7.4).
    """
    ours = our_entry(entries(applied.live.managed_fields), FIELD_MANAGER)
    comparable = ours is not None and ours.api_version == manifest.api_version
    contested = bool(ours and comparable and unowned(ours, manifest.body))
    return _of_row(applied.row, applied.live, manifest, Verdict.CLEAN, contested=contested)


def _of_row(row: Row, live: LiveObject, manifest: Manifest | None, verdict: Verdict, *, contested: bool) -> Fingerprint:
    """The verdict about a live object, with the row it holds for; without a manifest the object is not wanted."""
    health = None if _ignores_health(manifest) else health_of(live)
    return Fingerprint(
        uid=row.uid,
        entry=row.entry,
        generation=row.generation,
        resource_version=row.resource_version,
        desired=manifest.digest if manifest else "",
        verdict=verdict,
        version=manifest.version if manifest else live.manifest.version,
        health=health.status if health else None,
        health_message=health.message if health else "",
        contested=contested,
    )


def _ignores_health(manifest: Manifest | None) -> bool:
    return manifest is not None and manifest.annotations.get("argocd.argoproj.io/ignore-healthcheck") == "true"


def results_of(
    scene: Scene, prints: dict[ObjectKey, Fingerprint], whys: dict[ObjectKey, Judgement] | None = None
) -> tuple[ObjectResult, ...]:
    """One result per managed object, in Argo CD's order of `status.resources`."""
    found = []
    for key in sorted(prints):
        print_ = prints[key]
        why = (whys or {}).get(key)
        health = HealthVerdict(print_.health, print_.health_message) if print_.health else None
        found.append(
            ObjectResult(
                key=key,
                version=print_.version,
                verdict=None if _no_status(print_) else print_.verdict,
                health=health,
                paths=why.paths if why else (),
                why=why.why if why else print_.health_message,
                requires_pruning=print_.verdict is Verdict.EXTRA,
                ignore_extraneous=print_.ignore_extraneous,
            )
        )
    return tuple(found)


def _no_status(print_: Fingerprint) -> bool:
    """Clean against nothing: see NO_STATUS."""
    return print_.verdict is Verdict.CLEAN and not print_.desired


def watched_health(key: ObjectKey) -> bool:
    """Whether changes of the object's status matter: its kind has a health rule."""
    return has_rule(key.group_kind)
