"""Port `Cluster` on one API server: reads, metadata lists, server-side apply, deletion."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import assert_never
from urllib.parse import quote

import msgspec
import orjson

from gitops.adapters.kube.adoption import adoption_patch
from gitops.adapters.kube.answers import Answer, GoneError, status_of
from gitops.adapters.kube.applybody import apply_body
from gitops.adapters.kube.client import APPLY_PATCH, JSON, JSON_PATCH, Client, Request
from gitops.adapters.kube.discovery import KnownKinds
from gitops.adapters.kube.listing import PAGE_SIZE
from gitops.adapters.kube.places import collection, item
from gitops.adapters.kube.rows import METADATA_LIST, PAGE, Page, entries_of, our_entry, row_from, row_of
from gitops.errors import ArgosyError, ConflictError, InvalidError, RefusedError, RetryableError
from gitops.model.config import ClusterRecord, Settings
from gitops.model.objects import FIELD_MANAGER, GroupKind, Json, JsonMap, Manifest, ObjectKey, as_map
from gitops.model.observed import Absent, Discovery, Found, KindInfo, LiveObject, Row, Rows, Unknown
from gitops.ports.cluster import Applied

_SECRET = GroupKind("", "Secret")
_SCHEMAS = ("CustomResourceDefinition", "APIService")


class KubeCluster:
    """One target; safe to share between threads."""

    def __init__(self, record: ClusterRecord, client: Client, *, read_only: bool = False) -> None:
        self.record = record
        self.client = client
        self._kinds = KnownKinds(client)
        self._read_only = read_only

    def discovery(self, *, fresh: bool = False, wanted: Iterable[GroupKind] = ()) -> Discovery:
        """See the port."""
        return self._kinds.discovery(fresh=fresh, wanted=wanted)

    def read(self, key: ObjectKey, *, version: str = "") -> Found[LiveObject] | Absent | Unknown:
        """See the port. A kind that is not served has no objects; an unserved version gives the preferred one."""
        try:
            match self._kinds.find(key.group, key.kind):
                case Found(object=info):
                    return self._read(key, info, version if version in info.versions else info.version)
                case Absent():
                    return Absent()
                case Unknown() as unknown:
                    return unknown
        except ArgosyError as error:
            return Unknown(str(error))

    def row_of(self, live: LiveObject, settings: Settings) -> Row:
        """See the port."""
        return row_of(live, settings)

    def rows(self, kind: GroupKind, settings: Settings) -> Rows | Unknown:
        """See the port. `resource_version` is empty when several namespaces had to be asked."""
        try:
            info = self.kind(kind)
            parts = [self.page_through(info, namespace, settings) for namespace in self.places(info)]
        except ArgosyError as error:
            return Unknown(str(error))
        if len(parts) == 1:
            return parts[0]
        return Rows(tuple(row for part in parts for row in part.rows), "")

    def apply(
        self,
        manifest: Manifest,
        settings: Settings,
        *,
        dry_run: bool = False,
        validation: str = "Strict",
        adopt: bool = True,
    ) -> Applied:
        """See the port. `validation` is the server's fieldValidation; `adopt=False` leaves client-side entries alone.

        The verb: 201 is `created`; `unchanged` when the server did not stamp our entry with the present second;
        everything else `configured` (also a repetition within the second of a change).
        """
        if self._read_only and not dry_run:
            raise RefusedError("Argosy runs read-only", about=str(manifest.key), hint="Start it with --take-over")
        answer = self._apply(manifest, dry_run=dry_run, validation=validation)
        live = LiveObject(Manifest(_object(answer.body)))
        patch = adoption_patch(live) if adopt and not dry_run else []
        if patch:
            self._send_adoption(live, patch)
            answer = replace(self._apply(manifest, dry_run=False, validation=validation), status=answer.status)
            live = LiveObject(Manifest(_object(answer.body)))
        if manifest.kind in _SCHEMAS and not dry_run:
            self._kinds.expect_change()
        return Applied(live, row_of(live, settings), _verb(answer, live))

    def delete(self, key: ObjectKey, uid: str, *, propagation: str) -> None:
        """See the port."""
        if self._read_only:
            raise RefusedError("Argosy runs read-only", about=str(key), hint="Start it with --take-over")
        match self._kinds.find(key.group, key.kind):
            case Found(object=info):
                self._delete(key, info, uid, propagation)
            case Absent():
                return
            case Unknown(reason=reason):
                raise RetryableError(reason, about=f"delete {key} at {self.record.name}")

    def kind(self, kind: GroupKind) -> KindInfo:
        """The kind as served.

        Raises:
            InvalidError: it is not served. RetryableError: its group did not answer.
        """
        match self._kinds.find(kind.group, kind.kind):
            case Found(object=info):
                return info
            case Absent():
                raise InvalidError(f"no matches for kind {kind}", about=f"cluster {self.record.name}")
            case Unknown(reason=reason):
                raise RetryableError(reason, about=f"cluster {self.record.name}")
            case other:
                assert_never(other)

    def places(self, info: KindInfo) -> tuple[str, ...]:
        """Where to list a kind: `("",)` for everywhere, else the namespaces of a namespaced cluster (argo-cd.md 8.1).

        Raises:
            RefusedError: a cluster-scoped kind on a cluster registered for some namespaces only.
        """
        if not self.record.namespaces or (not info.namespaced and self.record.cluster_resources):
            return ("",)
        if not info.namespaced:
            raise RefusedError(
                f"{info.kind} is cluster-scoped and only namespaces are managed",
                about=f"cluster {self.record.name}",
                hint="Set clusterResources in its Secret",
            )
        return self.record.namespaces

    def page_through(self, info: KindInfo, namespace: str, settings: Settings) -> Rows:
        """All rows of a kind in a namespace ("" = all), page by page; starts over once when a page token expired.

        Raises:
            RefusedError, RetryableError: not all pages could be had.
        """
        kind = GroupKind(info.group, info.kind)
        for last in (False, True):
            try:
                pages = list(self._pages(info, namespace))
            except GoneError:
                if last:
                    raise
            else:
                rows = tuple(row_from(it.metadata, kind, settings) for page in pages for it in page.items or ())
                return Rows(rows, pages[0].metadata.resource_version)
        raise AssertionError("the second try returned or raised")

    def _pages(self, info: KindInfo, namespace: str) -> Iterator[Page]:
        token = ""
        about = f"{info.plural} {namespace}".strip()
        while True:
            query = f"limit={PAGE_SIZE}" + (f"&continue={quote(token, safe='')}" if token else "")
            request = Request("list", collection(info, namespace), info.kind, about, query, accept=METADATA_LIST)
            answer = self.client.send(request)
            if answer.status == 404:
                raise RetryableError("the kind is not served any more", about=f"list {about} at {self.record.name}")
            page = _page(answer.body, about)
            yield page
            token = page.metadata.continue_
            if not token:
                return

    def _read(self, key: ObjectKey, info: KindInfo, version: str) -> Found[LiveObject] | Absent | Unknown:
        path = item(info, key.namespace, key.name, version=version)
        answer = self.client.send(Request("get", path, key.kind, str(key), secret=_is_secret(key)))
        if answer.status < 300:
            return Found(LiveObject(Manifest(_object(answer.body))))
        return Absent() if answer.absent else Unknown(f"{key}: {self.record.name} does not serve {path}")

    def _apply(self, manifest: Manifest, *, dry_run: bool, validation: str) -> Answer:
        """One PATCH; once more after fresh discovery when the path turned out not to be served (R-058)."""
        answer = self._patch(manifest, dry_run=dry_run, validation=validation)
        if answer.status == 404 and not answer.absent:
            self._kinds.discovery(fresh=True)
            answer = self._patch(manifest, dry_run=dry_run, validation=validation)
        if answer.status == 404:
            raise InvalidError(
                status_of(answer.body).message,
                about=f"apply {manifest.key}",
                hint="Create the namespace",
            )
        return answer

    def _patch(self, manifest: Manifest, *, dry_run: bool, validation: str) -> Answer:
        info = self._served(manifest)
        query = f"fieldManager={FIELD_MANAGER}&force=true&fieldValidation={validation}" + (
            "&dryRun=All" if dry_run else ""
        )
        return self.client.send(
            Request(
                "patch",
                item(info, manifest.namespace, manifest.name, version=manifest.version),
                info.kind,
                str(manifest.key),
                query,
                apply_body(_scoped(manifest, info)),
                APPLY_PATCH,
                secret=_is_secret(manifest.key),
            )
        )

    def _served(self, manifest: Manifest) -> KindInfo:
        key = manifest.key
        if not key.name:
            raise InvalidError("metadata.name is missing", about=f"apply {key}", hint="Give the object a name in Git")
        found = self._kinds.find(key.group, key.kind)
        if isinstance(found, Unknown):
            raise RetryableError(found.reason, about=f"apply {key} at {self.record.name}")
        if isinstance(found, Absent) or manifest.version not in found.object.versions:
            raise InvalidError(
                f'no matches for kind "{manifest.kind}" in version "{manifest.api_version}"',
                about=f"apply {key}",
                hint=f"Install its CRD on {self.record.name} first",
            )
        return found.object

    def _send_adoption(self, live: LiveObject, patch: list[Json]) -> None:
        key = live.key
        path = item(self.kind(key.group_kind), key.namespace, key.name, version=live.manifest.version)
        query = f"fieldManager={FIELD_MANAGER}"
        body = orjson.dumps(patch)
        self.client.send(Request("patch", path, key.kind, str(key), query, body, JSON_PATCH, secret=_is_secret(key)))

    def _delete(self, key: ObjectKey, info: KindInfo, uid: str, propagation: str) -> None:
        body: JsonMap = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": {"uid": uid},
            "propagationPolicy": propagation,
        }
        path = item(info, key.namespace, key.name)
        try:
            self.client.send(Request("delete", path, key.kind, str(key), body=orjson.dumps(body), content_type=JSON))
        except ConflictError as error:
            if "precondition" not in error.message.lower():
                raise  # another conflict than "this is another object by now"


def _is_secret(key: ObjectKey) -> bool:
    return key.group_kind == _SECRET


def _scoped(manifest: Manifest, info: KindInfo) -> JsonMap:
    """The body; cluster-scoped objects lose a namespace, which Argo CD tolerates and the server does not."""
    body = dict(manifest.body)
    if not info.namespaced and manifest.namespace:
        body["metadata"] = {k: v for k, v in manifest.metadata.items() if k != "namespace"}
    return body


def _object(body: bytes) -> JsonMap:
    value: Json = orjson.loads(body)
    return as_map(value)


def _page(body: bytes, about: str) -> Page:
    try:
        return PAGE.decode(body)
    except msgspec.DecodeError as error:
        raise RetryableError(f"the answer is no metadata list: {error}", about=f"list {about}") from error


def _verb(answer: Answer, live: LiveObject) -> str:
    if answer.status == 201:
        return "created"
    entry = our_entry(entries_of(live))
    if entry is None or not answer.date or not entry.time:
        return "configured"
    # the server stamps the entry only when an apply changed something, in whole seconds of its own clock
    age = parsedate_to_datetime(answer.date) - datetime.fromisoformat(entry.time)
    return "unchanged" if age > timedelta(seconds=1) else "configured"
