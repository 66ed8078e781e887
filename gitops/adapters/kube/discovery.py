"""What a cluster serves: aggregated discovery in two requests, per group where the server is too old for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

import msgspec

from gitops.adapters.kube.client import Client, Request
from gitops.errors import ArgosyError, RetryableError
from gitops.model.objects import GroupKind
from gitops.model.observed import Absent, Discovery, Found, KindInfo, Unknown

_Form = TypeVar("_Form")

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
KEPT_S = 600.0
AGAIN_S = 10.0
"""Between two refreshes because of a group that does not answer."""
LACKING_S = 3.0
"""Between two refreshes because of an unknown kind: its definition may come at any time."""
SOON_S = 0.2
"""The same, while a new kind is expected because a CRD was just applied."""
FAILED_S = 5.0
"""How long a failure is the answer for everybody: a dead cluster is not asked once per Application (R-051)."""


class _ResponseKind(msgspec.Struct, frozen=True):
    kind: str = ""


class _Resource(msgspec.Struct, frozen=True, rename={"response_kind": "responseKind"}):
    resource: str
    scope: str = ""
    verbs: list[str] | None = None
    response_kind: _ResponseKind | None = None


class _Version(msgspec.Struct, frozen=True):
    version: str
    resources: list[_Resource] | None = None
    freshness: str = "Current"


class _Named(msgspec.Struct, frozen=True):
    name: str = ""


class _Group(msgspec.Struct, frozen=True):
    metadata: _Named = _Named()
    versions: list[_Version] | None = None


class _OldResource(msgspec.Struct, frozen=True):
    name: str
    kind: str
    namespaced: bool
    verbs: list[str] | None = None


class _OldResources(msgspec.Struct, frozen=True):
    resources: list[_OldResource] | None = None


class _OldGroup(msgspec.Struct, frozen=True):
    name: str
    versions: list[_Version] | None = None
    preferred: _Version | None = msgspec.field(name="preferredVersion", default=None)


class _Root(msgspec.Struct, frozen=True):
    """`/api` or `/apis` in either form; `kind` tells which."""

    kind: str = ""
    items: list[_Group] | None = None
    versions: list[str] | None = None
    groups: list[_OldGroup] | None = None


class _ServerVersion(msgspec.Struct, frozen=True):
    git: str = msgspec.field(name="gitVersion", default="")


def discover(client: Client) -> Discovery:
    """Everything the server says it serves; groups that did not answer are in `broken`.

    Raises:
        RetryableError: the cluster cannot be reached.
        RefusedError: our account may not even look.
    """
    found: dict[tuple[str, str], KindInfo] = {}
    broken: set[str] = set()
    for path in ("/api", "/apis"):
        root = _get(client, path, _Root)
        groups = root.items or [] if root.kind == "APIGroupDiscoveryList" else _old_groups(client, root, broken)
        for group in groups:
            if any(v.freshness != "Current" for v in group.versions or ()):
                broken.add(group.metadata.name)
            _collect(found, group)
    return Discovery(found, _get(client, "/version", _ServerVersion).git, frozenset(broken))


def _collect(found: dict[tuple[str, str], KindInfo], group: _Group) -> None:
    """Versions come preferred first: the first one that has a kind decides about it."""
    name = group.metadata.name
    for version in group.versions or ():
        for resource in version.resources or ():
            kind = resource.response_kind.kind if resource.response_kind else ""
            if not kind or "/" in resource.resource:
                continue
            known = found.get((name, kind))
            if known is None:
                found[name, kind] = _info(name, version.version, kind, resource)
            elif known.plural == resource.resource:
                found[name, kind] = replace(known, versions=(*known.versions, version.version))


def _info(group: str, version: str, kind: str, resource: _Resource) -> KindInfo:
    verbs = frozenset(resource.verbs or ())
    return KindInfo(group, version, kind, resource.resource, resource.scope == "Namespaced", verbs, (version,))


def _old_groups(client: Client, root: _Root, broken: set[str]) -> Iterable[_Group]:
    """One request per group version; a group with a version that fails is broken (R-057)."""
    if root.versions is not None:
        yield _Group(_Named(""), [_old_version(client, f"/api/{v}", v) for v in root.versions])
    for group in root.groups or ():
        versions: list[_Version] = []
        for version in _preferred_first(group):
            try:
                versions.append(_old_version(client, f"/apis/{group.name}/{version}", version))
            except ArgosyError:  # the group is reported as broken, which is all that is known about it
                broken.add(group.name)
        yield _Group(_Named(group.name), versions)


def _preferred_first(group: _OldGroup) -> list[str]:
    names = [v.version for v in group.versions or ()]
    first = group.preferred.version if group.preferred else ""
    return sorted(names, key=lambda name: name != first)


def _old_version(client: Client, path: str, version: str) -> _Version:
    resources = [
        _Resource(r.name, "Namespaced" if r.namespaced else "Cluster", r.verbs, _ResponseKind(r.kind))
        for r in _get(client, path, _OldResources).resources or ()
    ]
    return _Version(version, resources)


def _get(client: Client, path: str, form: type[_Form]) -> _Form:
    answer = client.send(Request("get", path, "", f"discovery {path}", accept=AGGREGATED))
    try:
        return msgspec.json.decode(answer.body, type=form)
    except msgspec.DecodeError as error:
        raise RetryableError(f"{path} is no discovery document: {error}", about=f"cluster {client.server}") from error


class KnownKinds:
    """Discovery of one cluster, asked again when it is old or lacks a kind; safe to share between threads."""

    def __init__(self, client: Client, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._known: Discovery | None = None
        self._asked_at = float("-inf")
        self._expect_until = float("-inf")
        self._failed: tuple[float, ArgosyError] | None = None

    def discovery(self, *, fresh: bool = False, wanted: Iterable[GroupKind] = ()) -> Discovery:
        """What is known, at most 10 minutes old, or read now; at most 10 s old while a group does not answer.

        Lacks it one of the `wanted` kinds, the server is asked again, but at most every 3 s.

        Raises:
            RetryableError, RefusedError: as `discover`; the same one again for 5 s.
        """
        with self._lock:
            if fresh or self._known is None or self._old(self._known):
                return self._refresh()
            lacking = any(not isinstance(self._known.of(k.group, k.kind), Found) for k in wanted)
            return self._refresh() if lacking and self._may_ask() else self._known

    def find(self, group: str, kind: str) -> Found[KindInfo] | Absent | Unknown:
        """One kind, asked for again as `discovery` says."""
        return self.discovery(wanted=[GroupKind(group, kind)]).of(group, kind)

    def _old(self, known: Discovery) -> bool:
        return self._clock() - self._asked_at > (AGAIN_S if known.broken else KEPT_S)

    def expect_change(self) -> None:
        """A CRD or APIService was just written: for a minute, ask for unknown kinds without waiting."""
        self._expect_until = self._clock() + 60

    def _may_ask(self) -> bool:
        now = self._clock()
        return now - self._asked_at > (SOON_S if now < self._expect_until else LACKING_S)

    def _refresh(self) -> Discovery:
        read = self._ask()
        former = self._known.kinds if self._known else {}
        kept = {key: info for key, info in former.items() if key[0] in read.broken and key not in read.kinds}
        self._known = Discovery({**kept, **read.kinds}, read.version, read.broken)
        self._asked_at = self._clock()
        return self._known

    def _ask(self) -> Discovery:
        if self._failed is not None and self._clock() - self._failed[0] < FAILED_S:
            raise self._failed[1].with_traceback(None)
        self._failed = None
        try:
            return discover(self._client)
        except ArgosyError as error:
            self._failed = (self._clock(), error)
            raise
