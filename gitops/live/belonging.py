"""Whether a live object belongs to an Application: its mark says so, and speaks of this very object."""

from __future__ import annotations

from gitops.live.tracking import owner_of
from gitops.model.config import Settings, Tracking
from gitops.model.crds.application import Application
from gitops.model.objects import INSTALLATION_ID, TRACKING_ID
from gitops.model.observed import LiveObject


def mark_of(live: LiveObject, settings: Settings) -> str:
    """The mark's text as written on the object, empty when it has none or another installation's."""
    annotations = live.manifest.annotations
    if settings.installation_id and annotations.get(INSTALLATION_ID, "") != settings.installation_id:
        return ""
    if settings.tracking is Tracking.LABEL:
        return live.manifest.labels.get(settings.instance_label_key, "")
    return annotations.get(TRACKING_ID, "")


def belongs(live: LiveObject, app: Application, control_namespace: str, settings: Settings) -> bool:
    """Whether the object is the app's: only then may it ever be removed for it."""
    mark = owner_of(
        mark_of(live, settings),
        live.key,
        settings,
        control_namespace=control_namespace,
        destination_namespace=app.spec.destination.namespace,
    )
    return mark is not None and not mark.copied and mark.app == app.ref
