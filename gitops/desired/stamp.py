"""Desired objects made the app's own: default namespace, tracking marks (argo-cd.md 5.1)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass

from gitops.desired.render import last_of_each
from gitops.model.config import Settings, Tracking
from gitops.model.desired import Desired
from gitops.model.objects import INSTALLATION_ID, TRACKING_ID, JsonMap, Manifest, as_map, as_texts

_LABEL_LIMIT = 63

Scope = Callable[[str, str], bool | None]
"""(group, kind) -> is it namespaced? None when the cluster does not say: taken for namespaced."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose objects they are; outside the control namespace the app's namespace is part of its name."""

    name: str
    namespace: str
    control_namespace: str

    @property
    def instance(self) -> str:
        """The app as tracking marks name it."""
        return self.name if self.namespace == self.control_namespace else f"{self.namespace}_{self.name}"


def stamp(
    desired: Desired, app: Identity, destination_namespace: str, scope: Scope, settings: Settings
) -> tuple[Manifest, ...]:
    """Copies of the objects as they are to be applied, in order.

    Namespaced objects without a namespace get the destination's, cluster-scoped ones lose theirs; if two objects
    become the same by that, the last one counts. CustomResourceDefinitions are not marked.
    """
    stored = (_as_stored(o) for o in desired.objects)
    placed = (_placed(_marked(o, app, destination_namespace, settings), destination_namespace, scope) for o in stored)
    return last_of_each(placed)[0]


def repeated_in(desired: Desired, destination_namespace: str, scope: Scope) -> tuple[str, ...]:
    """Names of objects that are written more than once, counting those the default namespace makes the same."""
    placed = (_placed(o, destination_namespace, scope) for o in desired.objects)
    return tuple(dict.fromkeys((*desired.repeated, *last_of_each(placed)[1])))


def tracking_id(app: Identity, manifest: Manifest, destination_namespace: str) -> str:
    """`<app>:<group>/<kind>:<namespace>/<name>`; an object without a namespace is named under the destination's."""
    namespace = manifest.namespace or destination_namespace
    return f"{app.instance}:{manifest.group}/{manifest.kind}:{namespace}/{manifest.name}"


def _as_stored(manifest: Manifest) -> Manifest:
    """A Secret with `stringData` as the server keeps it.

    Applied as written, we would own `stringData`, which is never stored: a key that leaves Git would stay live, unseen.
    """
    texts = as_texts(manifest.body.get("stringData"))
    if (manifest.group, manifest.kind) != ("", "Secret") or not texts:
        return manifest
    coded = {name: base64.b64encode(text.encode()).decode() for name, text in texts.items()}
    body = {name: value for name, value in manifest.body.items() if name != "stringData"}
    return Manifest({**body, "data": {**as_map(body.get("data")), **coded}})


def _placed(manifest: Manifest, destination_namespace: str, scope: Scope) -> Manifest:
    if scope(manifest.group, manifest.kind) is False:
        if not manifest.namespace:
            return manifest
        return _with_metadata(manifest, {k: v for k, v in manifest.metadata.items() if k != "namespace"})
    if manifest.namespace or not destination_namespace:
        return manifest
    return _with_metadata(manifest, {**manifest.metadata, "namespace": destination_namespace})


def _marked(manifest: Manifest, app: Identity, destination_namespace: str, settings: Settings) -> Manifest:
    if (manifest.group, manifest.kind) == ("apiextensions.k8s.io", "CustomResourceDefinition"):
        return manifest
    metadata: JsonMap = dict(manifest.metadata)
    if settings.tracking is not Tracking.LABEL:
        annotations = {**as_map(metadata.get("annotations"))}
        annotations[TRACKING_ID] = tracking_id(app, manifest, destination_namespace)
        if settings.installation_id:
            annotations[INSTALLATION_ID] = settings.installation_id
        metadata["annotations"] = annotations
    if settings.tracking is not Tracking.ANNOTATION:
        cut = settings.tracking is Tracking.BOTH
        label = app.instance[:_LABEL_LIMIT].rstrip("-_.") if cut else app.instance
        metadata["labels"] = {**as_map(metadata.get("labels")), settings.instance_label_key: label}
    return _with_metadata(manifest, metadata)


def _with_metadata(manifest: Manifest, metadata: JsonMap) -> Manifest:
    return Manifest({**manifest.body, "metadata": metadata})
