"""What is there: found, absent, or could not ask. Unknown is a value and never means "not there"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from gitops.model.objects import JsonMap, Manifest, ObjectKey, as_list, as_map, as_text

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """It is there."""

    object: T


@dataclass(frozen=True, slots=True)
class Absent:
    """The server said that it is not there."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """The question could not be answered: an error, a time-out, a forbidden or partial answer."""

    reason: str


@dataclass(frozen=True)
class LiveObject:
    """An object as the API server returned it in full."""

    manifest: Manifest

    @property
    def key(self) -> ObjectKey:
        """What identifies it."""
        return self.manifest.key

    @property
    def uid(self) -> str:
        """`metadata.uid`."""
        return as_text(self.manifest.metadata.get("uid"))

    @property
    def resource_version(self) -> str:
        """`metadata.resourceVersion`."""
        return as_text(self.manifest.metadata.get("resourceVersion"))

    @property
    def generation(self) -> int:
        """`metadata.generation`, 0 where the kind has none."""
        value = self.manifest.metadata.get("generation")
        return value if isinstance(value, int) else 0

    @property
    def deleting(self) -> bool:
        """Deletion was asked for and a finalizer still holds it."""
        return bool(self.manifest.metadata.get("deletionTimestamp"))

    @property
    def managed_fields(self) -> list[JsonMap]:
        """`metadata.managedFields`: who set which field."""
        return [as_map(entry) for entry in as_list(self.manifest.metadata.get("managedFields"))]


@dataclass(frozen=True, slots=True)
class Row:
    """A live object from a metadata-only list or watch: what a fingerprint needs, and whose it is."""

    key: ObjectKey
    uid: str
    resource_version: str
    generation: int
    entry: str
    """Hash of our managedFields entry (bytes and time); empty when there is none or it is not alone in naming us."""
    tracking: str
    """The tracking annotation's value (or the tracking label's), empty when untracked."""
    deleting: bool


@dataclass(frozen=True, slots=True)
class Rows:
    """A complete metadata-only list of one kind, and the version a watch may start from."""

    rows: tuple[Row, ...]
    resource_version: str


@dataclass(frozen=True, slots=True)
class KindInfo:
    """A served kind: its preferred version, REST name and scope."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: frozenset[str]
    versions: tuple[str, ...] = ()
    """All served versions, preferred first."""


@dataclass(frozen=True)
class Discovery:
    """What a cluster serves. `broken` names groups that did not answer: their kinds are unknown, not absent."""

    kinds: dict[tuple[str, str], KindInfo]
    """By (group, kind)."""
    version: str
    """The server's gitVersion, e.g. `v1.36.1`."""
    broken: frozenset[str] = frozenset()

    def of(self, group: str, kind: str) -> Found[KindInfo] | Absent | Unknown:
        """The kind, absent only when its whole group answered without it."""
        info = self.kinds.get((group, kind))
        if info is not None:
            return Found(info)
        if group in self.broken:
            return Unknown(f"API group {group or 'core'} did not answer discovery")
        return Absent()
