"""Everything that is known about one app before its objects are looked at: shared by compare and advance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from gitops.access.destination import resolve
from gitops.access.spec import normalise, problems
from gitops.desired.ask import PINNED, ask_of, source_digest
from gitops.desired.stamp import Identity, stamp
from gitops.drift.exclusions import excluded
from gitops.errors import InvalidError, RefusedError, RetryableError
from gitops.jobs import Fetch, Rank
from gitops.model.config import HubConfig
from gitops.model.crds.application import Application, Source
from gitops.model.crds.project import AppProject
from gitops.model.desired import Desired, Rendering
from gitops.model.objects import GroupKind, Manifest, ObjectKey
from gitops.model.observed import Absent, Discovery, Found
from gitops.ports.cluster import Cluster
from gitops.reconcile.ports import Ports
from gitops.sync.marks import hook_of
from gitops.trigger.edited import running
from gitops.trigger.lane import repo_of


@dataclass(frozen=True, slots=True)
class Broken:
    """The app cannot be looked at: the conditions that say so, by type. Nothing is synced or deleted."""

    conditions: dict[str, str]
    rendering: Rendering | None = None
    passing: bool = False
    """The cluster did not answer, or refused our account: that may pass by itself, without any news."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an app is to run, and under which rules."""

    app: Application
    config: HubConfig
    project: AppProject
    cluster: Cluster
    discovery: Discovery

    @property
    def source(self) -> Source:
        """The one source that is rendered: the spec's, or the one a running or waiting operation names."""
        return ask_of(self.app).source

    def namespaced(self, group: str, kind: str) -> bool | None:
        """Scope of a kind; None when the cluster does not say."""
        info = self.discovery.of(group, kind)
        return info.object.namespaced if isinstance(info, Found) else None


@dataclass(frozen=True)
class Scene:
    """A place, and what should be there."""

    place: Place
    rendering: Rendering
    desired: Desired
    manifests: tuple[Manifest, ...]
    """Stamped, in source order, without excluded kinds."""
    excluded: tuple[str, ...] = ()

    @property
    def app(self) -> Application:
        """The Application as read for this turn."""
        return self.place.app

    @cached_property
    def wanted(self) -> dict[ObjectKey, Manifest]:
        """The objects that are compared with live, by key: neither hooks nor `Skip` (argo-cd.md 2.4)."""
        return {m.key: m for m in self.manifests if not hook_of(m)}

    @cached_property
    def uncompared(self) -> frozenset[ObjectKey]:
        """Hooks and `Skip` objects: in Git, so never extra, and without sync status."""
        return frozenset(m.key for m in self.manifests if hook_of(m))


def place_of(app: Application, p: Ports) -> Place | Broken:
    """The app's project, cluster and discovery, or the conditions why there is none."""
    config = p.hub.config(p.facts.version())
    app = normalise(app)
    project = config.projects.get(app.spec.project)
    texts = problems(app, project, config.clusters)
    if texts or project is None:
        return Broken({"InvalidSpecError": "; ".join(texts)})
    try:
        record = resolve(app.spec.destination, config.clusters)
        cluster = p.clusters.open(record)
        discovery = cluster.discovery()
    except (InvalidError, RefusedError, RetryableError) as error:
        return Broken({"ComparisonError": _unreachable(app, error)}, passing=not isinstance(error, InvalidError))
    return Place(app, config, project, cluster, discovery)


def _unreachable(app: Application, error: InvalidError | RefusedError | RetryableError) -> str:
    where = app.spec.destination.name or app.spec.destination.server
    again = "waits for a changed cluster Secret" if isinstance(error, InvalidError) else "looked at again every 15 s"
    return f"cluster {where}: {error} (part cluster; {again})"


def rendering_for(app: Application, p: Ports) -> Rendering | None:
    """The rendering that answers the app as it is now, or None after asking for one."""
    rendering = p.desireds.rendering(app.metadata.uid)
    # a request that waits behind a running operation is not what the fetch in between answers
    asked = app.operation.digest if app.operation and not running(app) else ""
    if rendering is None or rendering.source_digest != source_digest(app) or (asked and rendering.fetched_for != asked):
        p.queue.nudge(Fetch(repo_of(app)), Rank.HUMAN if asked else Rank.WEBHOOK)
        return None
    return rendering


def render_again(app: Application, p: Ports) -> None:
    """Forget the app's rendering and ask for a new one."""
    p.desireds.lose(app.metadata.uid, repo_of(app))
    p.queue.nudge(Fetch(repo_of(app)), Rank.HUMAN)


def spend(app: Application, p: Ports) -> None:
    """A request is answered: its render answers no later request, though it may read the same."""
    rendering = p.desireds.rendering(app.metadata.uid)
    if rendering is not None and rendering.fetched_for not in ("", PINNED):
        p.desireds.put_rendering(app.metadata.uid, repo_of(app), replace(rendering, fetched_for=""))


def failure_text(app: Application, rendering: Rendering) -> str:
    """The ComparisonError text of a failed rendering, naming its source."""
    source = app.spec.effective_sources[0]
    return (
        f"source {source.repo_url} path {source.path or '.'}: {rendering.failure.text()}" if rendering.failure else ""
    )


def scene_at(app: Application, place: Place, p: Ports) -> Scene | Broken | None:
    """What should be at a place now; None after asking for the render that is missing.

    `app` is as the hub has it: renderings are of its source as written, `place` holds it normalised.
    """
    rendering = rendering_for(app, p)
    if rendering is None:
        return None
    if rendering.failure is not None:
        return Broken({"ComparisonError": failure_text(app, rendering)}, rendering)
    desired = p.desireds.desired(rendering.digest)
    if desired is None:
        render_again(app, p)
        return None
    return scene_of(place, rendering, desired)


def scene_of(place: Place, rendering: Rendering, desired: Desired) -> Scene:
    """The stamped manifests of a rendering for this place."""
    place = _knowing(place, {m.key.group_kind for m in desired.objects})
    settings = place.config.settings
    identity = Identity(
        name=place.app.metadata.name, namespace=place.app.metadata.namespace, control_namespace=place.config.namespace
    )
    stamped = stamp(desired, identity, place.app.spec.destination.namespace, place.namespaced, settings)
    left_out = tuple(f"{m.key.group_kind} {m.name}" for m in stamped if excluded(m.key.group_kind))
    manifests = tuple(m for m in stamped if not excluded(m.key.group_kind))
    return Scene(place, rendering, desired, manifests, left_out)


def _knowing(place: Place, kinds: set[GroupKind]) -> Place:
    """The place after asking again for kinds it does not know: their definitions may have come since."""
    try:
        return replace(place, discovery=place.cluster.discovery(wanted=kinds))
    except (RefusedError, RetryableError):  # what is known stays; reading the objects will say what is wrong
        return place


def served(place: Place, kind: GroupKind) -> str:
    """Why the cluster cannot take a kind, empty when it can."""
    match place.discovery.of(kind.group, kind.kind):
        case Found():
            return ""
        case Absent():
            return f'no matches for kind "{kind.kind}" in group "{kind.group}"; is its CRD installed?'
        case unknown:
            return unknown.reason
