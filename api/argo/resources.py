"""Live and target objects of an app, on demand (argo-cd.md 11.2; surprises 30-32). Secrets leave masked only."""

from __future__ import annotations

from flask import Response, request

from api.answer import answer, encode
from api.argo.lookup import visible
from api.argo.predicted import normalised, predicted
from api.argo.reading import project_asked
from api.errors import ApiError, Code
from api.redact import redacted
from api.routes import Needs, Route
from api.wiring import Ports
from gitops.access.destination import resolve
from gitops.desired.stamp import Identity, stamp
from gitops.errors import RetryableError
from gitops.model.config import HubConfig
from gitops.model.crds.application import Application, ResourceStatus
from gitops.model.objects import Json, JsonMap, Manifest, ObjectKey
from gitops.model.observed import Absent, Found, Unknown
from gitops.ports.cluster import Cluster


class Resources:
    """The only routes that open target clusters."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def routes(self) -> tuple[Route, ...]:
        """Both need to see the app."""
        needs = Needs("applications", "get")
        return (
            Route("GET", "/api/v1/applications/<name>/managed-resources", self.managed, needs),
            Route("GET", "/api/v1/applications/<name>/manifests", self.manifests, needs),
        )

    def managed(self, name: str) -> Response:
        """Live, target and what a sync would make, per managed object; states are JSON texts."""
        app = self._app(name)
        config = self._ports.config()
        cluster = self._ports.clusters.open(resolve(app.spec.destination, config.clusters))
        targets = {one.key: one for one in self._targets(app, cluster, config)}
        listed = {_key(one): one for one in app.status.resources if not one.hook}
        keys = sorted({*targets, *listed})
        synced = {key for key, one in listed.items() if one.status == "Synced"}
        items: list[Json] = [
            _item(key, targets.get(key), _live(cluster, key), synced=key in synced) for key in keys if self._asked(key)
        ]
        return answer({"items": items} if items else {})

    def manifests(self, name: str) -> Response:
        """The rendered objects of the revision that was compared last, as JSON texts."""
        app = self._app(name)
        rendering = self._ports.desireds.rendering(app.metadata.uid)
        desired = self._ports.desireds.desired(rendering.digest) if rendering else None
        if rendering is None or desired is None:
            text = "no rendered manifests yet; refresh the application and ask again"
            raise ApiError(Code.UNAVAILABLE, text)
        shown = redacted([dict(one.body) for one in desired.objects])
        told: list[Json] = [encode(body).decode() for body in shown]
        return answer({"manifests": told, "revision": rendering.revision, "sourceType": "Directory"})

    def _app(self, name: str) -> Application:
        namespace = request.args.get("appNamespace", "")
        _, body = visible(self._ports, name, project=project_asked(), namespace=namespace)
        return Application.parse(body)

    def _targets(self, app: Application, cluster: Cluster, config: HubConfig) -> tuple[Manifest, ...]:
        """What the last rendering wants, stamped as a sync would apply it; empty without a rendering."""
        rendering = self._ports.desireds.rendering(app.metadata.uid)
        desired = self._ports.desireds.desired(rendering.digest) if rendering else None
        if desired is None:
            return ()
        kinds = cluster.discovery().kinds

        def namespaced(group: str, kind: str) -> bool | None:
            info = kinds.get((group, kind))
            return info.namespaced if info else None

        identity = Identity(app.metadata.name, app.metadata.namespace, self._ports.namespace)
        return stamp(desired, identity, app.spec.destination.namespace, namespaced, config.settings)

    def _asked(self, key: ObjectKey) -> bool:
        """The optional filters of the request."""
        asked = {name: request.args.get(name, "") for name in ("group", "kind", "namespace", "name")}
        shown = {"group": key.group, "kind": key.kind, "namespace": key.namespace, "name": key.name}
        return all(not value or value == shown[name] for name, value in asked.items())


def _key(resource: ResourceStatus) -> ObjectKey:
    return ObjectKey(resource.group, resource.kind, resource.namespace, resource.name)


def _live(cluster: Cluster, key: ObjectKey) -> JsonMap | None:
    """The live object, None when it is not there.

    Raises:
        RetryableError: the cluster could not say; an empty state would look like "missing".
    """
    match cluster.read(key):
        case Found(object=live):
            return dict(live.manifest.body)
        case Absent():
            return None
        case Unknown(reason=reason):
            raise RetryableError(reason, about=str(key), hint="try again")


def _item(key: ObjectKey, target: Manifest | None, live: JsonMap | None, *, synced: bool) -> JsonMap:
    """What clients diff is the normalised and the predicted state; they are equal when the comparison says Synced."""
    wanted = dict(target.body) if target else None
    normal = normalised(live) if live is not None else None
    after = normal if synced else predicted(normal, wanted)
    shown = redacted([live, wanted, normal, after])
    states = ("liveState", "targetState", "normalizedLiveState", "predictedLiveState")
    item: JsonMap = {"group": key.group, "kind": key.kind, "namespace": key.namespace, "name": key.name}
    return item | {name: encode(state).decode() for name, state in zip(states, shown, strict=True)}
