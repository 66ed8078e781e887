"""Whose an object is: reading the mark Argo CD and Argosy put on what they apply (argo-cd.md 5.1)."""

from __future__ import annotations

from dataclasses import dataclass

from gitops.model.config import Settings, Tracking
from gitops.model.objects import AppRef, ObjectKey


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark as read from a live object."""

    app: AppRef
    """The Application it names; for a label of 63 characters the name may be cut."""
    copied: bool = False
    """The mark speaks of another object (an operator copied it): shown, but no status, never pruned, does not count."""


def owner_of(
    value: str,
    key: ObjectKey,
    settings: Settings,
    *,
    control_namespace: str,
    destination_namespace: str | None = None,
) -> Mark | None:
    """The Application that `value`, the mark of the object `key`, names; None when it is no mark.

    `value` is the label's text where `settings.tracking` is `label`, else the annotation's. For a cluster-scoped object
    the namespace in the mark is the app's destination namespace: compared with it where given, else not looked at.
    """
    if settings.tracking is Tracking.LABEL:
        return Mark(_app(value, control_namespace)) if value else None
    app, separator, identity = value.partition(":")
    if not app or not separator or ":" not in identity:
        return None
    return Mark(_app(app, control_namespace), copied=not _speaks_of(identity, key, destination_namespace))


def _app(text: str, control_namespace: str) -> AppRef:
    """`name` in the control namespace, `namespace_name` elsewhere; neither part can hold an underscore itself."""
    namespace, separator, name = text.partition("_")
    return AppRef(namespace, name) if separator else AppRef(control_namespace, text)


def _speaks_of(identity: str, key: ObjectKey, destination_namespace: str | None) -> bool:
    kind, _, place = identity.partition(":")
    namespace, _, name = place.partition("/")
    if kind != f"{key.group}/{key.kind}" or name != key.name:
        return False
    if key.namespace:
        return namespace == key.namespace
    return destination_namespace is None or namespace == destination_namespace
