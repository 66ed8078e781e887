"""A target cluster in memory, as far as the API asks it: discovery and reads."""

from __future__ import annotations

from gitops.model.config import ClusterRecord, Settings
from gitops.model.objects import GroupKind, Manifest, ObjectKey
from gitops.model.observed import Absent, Discovery, Found, KindInfo, LiveObject, Row, Rows, Unknown
from gitops.ports.cluster import Applied

_KINDS = (("", "v1", "Secret", "secrets"), ("", "v1", "ConfigMap", "configmaps"))


class MemoryCluster:
    """Port `Cluster`; what writes is not here, so that a test sees an API that would write."""

    def __init__(self, record: ClusterRecord) -> None:
        self.record = record
        self.objects: dict[ObjectKey, Manifest] = {}
        self.away = False

    def discovery(self, *, fresh: bool = False) -> Discovery:
        """See the port."""
        del fresh
        kinds = {(g, k): KindInfo(g, v, k, p, namespaced=True, verbs=frozenset({"get"})) for g, v, k, p in _KINDS}
        return Discovery(kinds, "v1.36.1")

    def read(self, key: ObjectKey, *, version: str = "") -> Found[LiveObject] | Absent | Unknown:
        """See the port."""
        del version
        if self.away:
            return Unknown("connection refused")
        return Found(LiveObject(self.objects[key])) if key in self.objects else Absent()

    def row_of(self, live: LiveObject, settings: Settings) -> Row:
        """Not asked by the API."""
        raise NotImplementedError(live, settings)

    def rows(self, kind: GroupKind, settings: Settings) -> Rows | Unknown:
        """Not asked by the API."""
        raise NotImplementedError(kind, settings)

    def apply(self, manifest: Manifest, settings: Settings, *, dry_run: bool = False) -> Applied:
        """The API must not write."""
        raise AssertionError(manifest, settings, dry_run)

    def delete(self, key: ObjectKey, uid: str, *, propagation: str) -> None:
        """The API must not write."""
        raise AssertionError(key, uid, propagation)


class MemoryClusters:
    """Port `Clusters`."""

    def __init__(self) -> None:
        self.opened: dict[str, MemoryCluster] = {}

    def open(self, record: ClusterRecord) -> MemoryCluster:
        """See the port."""
        return self.opened.setdefault(record.key, MemoryCluster(record))
