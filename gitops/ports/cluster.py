"""Target clusters: live objects, applied and deleted with our identity."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from gitops.model.config import ClusterRecord, Settings
from gitops.model.objects import GroupKind, Manifest, ObjectKey
from gitops.model.observed import Absent, Discovery, Found, LiveObject, Row, Rows, Unknown


@dataclass(frozen=True, slots=True)
class Applied:
    """What the server made of an apply, and the row that stands for it."""

    live: LiveObject
    row: Row
    verb: str
    """`created`, `configured` or `unchanged`, for the result message."""


class Cluster(Protocol):
    """One target. Every call has a deadline; errors name cluster, verb and object, and never carry Secret values."""

    record: ClusterRecord

    def discovery(self, *, fresh: bool = False, wanted: Iterable[GroupKind] = ()) -> Discovery:
        """What the cluster serves; cached for minutes unless `fresh`, for seconds while a `wanted` kind is not there.

        Raises:
            RetryableError: the cluster cannot be reached. RefusedError: it does not accept our account.
        """

    def read(self, key: ObjectKey, *, version: str = "") -> Found[LiveObject] | Absent | Unknown:
        """One object in full, in `version` if given, else in the preferred one."""

    def row_of(self, live: LiveObject, settings: Settings) -> Row:
        """The row that a metadata watch would show for `live`."""

    def rows(self, kind: GroupKind, settings: Settings) -> Rows | Unknown:
        """Metadata of all objects of a kind, paged inside; all pages or Unknown."""

    def apply(self, manifest: Manifest, settings: Settings, *, dry_run: bool = False) -> Applied:
        """Server-side apply, forced, as our field manager.

        Raises:
            InvalidError: the server refuses the object (schema, immutable field, unknown kind).
            RefusedError: our account may not write it.
            RetryableError: no answer; whether it was written is unknown.
        """

    def delete(self, key: ObjectKey, uid: str, *, propagation: str) -> None:
        """Ask for deletion of exactly the object with this uid; gone already or another uid is no error.

        `propagation` is `Foreground`, `Background` or `Orphan`.

        Raises:
            RefusedError, RetryableError: as `apply`.
        """


class Clusters(Protocol):
    """All registered clusters."""

    def open(self, record: ClusterRecord) -> Cluster:
        """A client for the cluster; the same one while the record stays the same."""
