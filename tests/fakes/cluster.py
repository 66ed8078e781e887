"""A target cluster in memory: discovery, reads, metadata rows, server-side apply with field ownership, deletion."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from gitops.errors import ArgosyError, InvalidError, RefusedError, RetryableError
from gitops.live.belonging import mark_of
from gitops.live.ownership import entry_hash
from gitops.model.config import ClusterRecord, Settings
from gitops.model.objects import GroupKind, JsonMap, Manifest, ObjectKey, as_map
from gitops.model.observed import Absent, Discovery, Found, KindInfo, LiveObject, Row, Rows, Unknown
from gitops.ports.cluster import Applied
from tests.fakes.ownership import OURS, Managers, leaves_of, put_at, remove_at, value_at

_VERBS = frozenset({"get", "list", "watch", "patch", "delete"})
_START = datetime(2026, 1, 1, tzinfo=UTC)
_APPLY, _UPDATE = "Apply", "Update"


def kind_of(group: str, version: str, kind: str, plural: str, *, namespaced: bool = True) -> KindInfo:
    """A kind that a cluster serves."""
    return KindInfo(group, version, kind, plural, namespaced, _VERBS, (version,))


KINDS = (
    kind_of("", "v1", "Secret", "secrets"),
    kind_of("", "v1", "ConfigMap", "configmaps"),
    kind_of("", "v1", "Namespace", "namespaces", namespaced=False),
    kind_of("apps", "v1", "Deployment", "deployments"),
)


class MemoryCluster:
    """Port `Cluster`. `requests` are what was asked, in order: get, list, apply, dry-run or delete, and the name.

    `away`: nothing answers. `silent_kinds` cannot be read or listed, `broken` groups do not answer discovery,
    `refusals` are raised instead of writing an object, `stubborn` objects wait for a finalizer when deleted.
    `admit` may change an object as it is applied, as a mutating webhook does.
    """

    def __init__(self, record: ClusterRecord, *, read_only: bool = False) -> None:
        self.record = record
        self.read_only = read_only
        self.objects: dict[ObjectKey, Manifest] = {}
        self.kinds = {(k.group, k.kind): k for k in KINDS}
        self.requests: list[str] = []
        self.away = False
        self.broken: frozenset[str] = frozenset()
        self.silent_kinds: set[str] = set()
        self.refusals: dict[ObjectKey, ArgosyError] = {}
        self.stubborn: set[ObjectKey] = set()
        self.admit: Callable[[JsonMap], None] = lambda body: None
        self._count = itertools.count(1)

    def discovery(self, *, fresh: bool = False, wanted: Iterable[GroupKind] = ()) -> Discovery:
        """See the port."""
        del fresh, wanted
        if self.away:
            raise RetryableError("connection refused", about=self.record.name)
        return Discovery({k: v for k, v in self.kinds.items() if k[0] not in self.broken}, "v1.36.1", self.broken)

    def read(self, key: ObjectKey, *, version: str = "") -> Found[LiveObject] | Absent | Unknown:
        """See the port."""
        del version
        self.requests.append(f"get {key.name}")
        if self.away or key.kind in self.silent_kinds:
            return Unknown("connection refused")
        return Found(LiveObject(self.objects[key])) if key in self.objects else Absent()

    def row_of(self, live: LiveObject, settings: Settings) -> Row:
        """See the port."""
        entry = entry_hash(live.managed_fields, OURS)
        mark = mark_of(live, settings)
        return Row(live.key, live.uid, live.resource_version, live.generation, entry, mark, live.deleting)

    def rows(self, kind: GroupKind, settings: Settings) -> Rows | Unknown:
        """See the port."""
        self.requests.append(f"list {kind.kind}")
        if self.away or kind.kind in self.silent_kinds:
            return Unknown("connection refused")
        if (kind.group, kind.kind) not in self.kinds:
            return Unknown(f"no matches for kind {kind}")
        found = (LiveObject(o) for key, o in self.objects.items() if key.group_kind == kind)
        return Rows(tuple(self.row_of(live, settings) for live in found), str(next(self._count)))

    def apply(self, manifest: Manifest, settings: Settings, *, dry_run: bool = False) -> Applied:
        """See the port."""
        key = manifest.key
        self.requests.append(f"{'dry-run' if dry_run else 'apply'} {key.name}")
        self._writable(key, dry_run=dry_run)
        info = self.kinds.get((key.group, key.kind))
        if info is None or info.version != manifest.version:
            raise InvalidError(f'no matches for kind "{key.kind}" in version "{manifest.api_version}"', about=str(key))
        before = self.objects.get(key)
        body = self._merged(before, manifest)
        changed = before is None or _content(body) != _content(dict(before.body))
        after = self._stamped(before, body) if changed or before is None else before
        if not dry_run:
            self.objects[key] = after
        live = LiveObject(after)
        verb = "created" if before is None else ("configured" if changed else "unchanged")
        return Applied(live, self.row_of(live, settings), verb)

    def delete(self, key: ObjectKey, uid: str, *, propagation: str) -> None:
        """See the port."""
        del propagation
        self.requests.append(f"delete {key.name}")
        self._writable(key, dry_run=False)
        there = self.objects.get(key)
        if there is None or LiveObject(there).uid != uid:
            return
        if key in self.stubborn:
            body = copy.deepcopy(dict(there.body))
            put_at(body, ("metadata", "deletionTimestamp"), self._moment())
            self.objects[key] = self._stamped(there, body)
        else:
            del self.objects[key]

    # what others do

    def edit(self, key: ObjectKey, patch: JsonMap, manager: str = "kubectl-edit") -> LiveObject:
        """Somebody sets fields (None removes one): he owns them now, and whoever did lost them."""
        there = self.objects[key]
        body = copy.deepcopy(dict(there.body))
        touched = leaves_of(patch)
        for path in touched:
            value = value_at(patch, path)
            put_at(body, path, value) if value is not None else remove_at(body, path)
        managers, who = Managers.of(body), (manager, _UPDATE)
        moved = {path for path in touched if value_at(body, path) != value_at(dict(there.body), path)}
        kept = (managers.owned.get(who, set()) | moved) - {p for p in touched if value_at(patch, p) is None}
        managers.take(who, kept, from_others=moved, moment=self._moment(), version=there.api_version)
        put_at(body, ("metadata", "managedFields"), managers.dump())
        self.objects[key] = self._stamped(there, body)
        return LiveObject(self.objects[key])

    def remove(self, key: ObjectKey) -> None:
        """Somebody deletes an object, or the last finalizer of one goes."""
        del self.objects[key]

    def asked(self, *verbs: str) -> list[str]:
        """The requests of some verbs so far."""
        return [r for r in self.requests if r.split(" ")[0] in verbs]

    def _writable(self, key: ObjectKey, *, dry_run: bool) -> None:
        if self.away:
            raise RetryableError("connection refused", about=str(key))
        if self.read_only and not dry_run:
            raise RefusedError("Argosy runs read-only", about=str(key))
        if key in self.refusals:
            raise self.refusals[key]

    def _merged(self, before: Manifest | None, manifest: Manifest) -> JsonMap:
        """`before` as a forced server-side apply of `manifest` leaves it."""
        wanted = copy.deepcopy(dict(manifest.body))
        body = copy.deepcopy(dict(before.body)) if before else {}
        managers, who = Managers.of(body), (OURS, _APPLY)
        leaves = leaves_of(wanted)
        for path in managers.owned.get(who, set()) - leaves:
            if not managers.elsewhere(who, path):
                remove_at(body, path)
        differing = {path for path in leaves if value_at(body, path) != value_at(wanted, path)}
        for path in leaves | {("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace")}:
            if value_at(wanted, path) is not None:
                put_at(body, path, value_at(wanted, path))
        self.admit(body)
        taken = {path for path in leaves if value_at(body, path) != value_at(wanted, path)}
        moment = self._moment()
        managers.take(who, leaves - taken, from_others=differing, moment=moment, version=manifest.api_version)
        put_at(body, ("metadata", "managedFields"), managers.dump())
        return body

    def _stamped(self, before: Manifest | None, body: JsonMap) -> Manifest:
        meta = as_map(body["metadata"])
        generation = LiveObject(before).generation if before else 0
        same = before is not None and before.body.get("spec") == body.get("spec")
        stamp: JsonMap = {
            "uid": LiveObject(before).uid if before else f"uid-{next(self._count)}",
            "resourceVersion": str(next(self._count)),
        }
        if "spec" in body:
            stamp["generation"] = generation if same else generation + 1
        return Manifest({**body, "metadata": {**meta, **stamp}})

    def _moment(self) -> str:
        return f"{_START + timedelta(seconds=next(self._count)):%Y-%m-%dT%H:%M:%SZ}"


def _content(body: JsonMap) -> JsonMap:
    """What counts as a change: everything but the server's stamps; of managedFields who owns what, not since when."""
    managers = Managers.of(body)
    meta = {k: v for k, v in as_map(body["metadata"]).items() if k not in ("resourceVersion", "managedFields")}
    owned: JsonMap = {
        f"{who[0]} {who[1]}": [".".join(leaf) for leaf in sorted(managers.owned[who])] for who in managers.owned
    }
    return {**body, "metadata": {**meta, "owned": owned}}


class MemoryClusters:
    """Port `Clusters`; the API gets read-only ones, so that a test sees an API that would write."""

    def __init__(self, *, read_only: bool = True) -> None:
        self.opened: dict[str, MemoryCluster] = {}
        self._read_only = read_only

    def open(self, record: ClusterRecord) -> MemoryCluster:
        """See the port."""
        return self.opened.setdefault(record.key, MemoryCluster(record, read_only=self._read_only))
