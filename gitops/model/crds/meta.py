"""`metadata` of our custom resources."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from gitops.model.crds.codec import Part

API_VERSION = "argoproj.io/v1alpha1"


@dataclass(frozen=True)
class ObjectMeta(Part):
    """What the API server keeps about an object; `managedFields`, `ownerReferences` and the rest stay in `unknown`."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    finalizers: tuple[str, ...] = ()
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
