"""Kubernetes objects as values: what identifies one, and what is written in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NewType, TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
JsonMap: TypeAlias = "dict[str, Json]"

ClusterKey = NewType("ClusterKey", str)
"""A target cluster: its API server URL without trailing slash, exactly as in its Secret's `server`."""

FIELD_MANAGER = "argocd-controller"
"""Our field manager, the name of Argo CD's own server-side apply: ownership moves over and back (design.md 8)."""

TRACKING_ID = "argocd.argoproj.io/tracking-id"
INSTALLATION_ID = "argocd.argoproj.io/installation-id"
"""Annotations that say whose an object is (argo-cd.md 5.1): stamped, listed and read by their one name."""

REFRESH = "argocd.argoproj.io/refresh"
"""Annotation by which somebody asks for a look at an Application (argo-cd.md 9.4)."""

IN_CLUSTER = ClusterKey("https://kubernetes.default.svc")


def as_map(value: Json) -> JsonMap:
    """The value if it is an object, else an empty one: for optional parts of objects the API server has validated."""
    return value if isinstance(value, dict) else {}


def as_list(value: Json) -> list[Json]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def as_text(value: Json) -> str:
    """The value if it is text, else empty text."""
    return value if isinstance(value, str) else ""


def as_texts(value: Json) -> dict[str, str]:
    """A string-to-string map (labels, annotations); entries that are no text are left out."""
    return {k: v for k, v in as_map(value).items() if isinstance(v, str)}


def digest_of(value: Json) -> str:
    """32 hex digits that are equal for equal JSON values, whatever the order of keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True, order=True)
class AppRef:
    """An Application in the hub."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> AppRef:
        """Read `namespace/name`, the form of `str()`."""
        namespace, _, name = text.partition("/")
        return cls(namespace, name)


@dataclass(frozen=True, slots=True, order=True)
class GroupKind:
    """A kind without its version; `group` is empty for the core group."""

    group: str
    kind: str

    def __str__(self) -> str:
        return f"{self.group}/{self.kind}" if self.group else self.kind


@dataclass(frozen=True, slots=True, order=True)
class ObjectKey:
    """An object of a cluster, whatever its version; `namespace` is empty for cluster-scoped ones."""

    group: str
    kind: str
    namespace: str
    name: str

    @property
    def group_kind(self) -> GroupKind:
        """The kind of the object."""
        return GroupKind(self.group, self.kind)

    def __str__(self) -> str:
        return f"{self.group}/{self.kind}:{self.namespace}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> ObjectKey:
        """Read `group/kind:namespace/name`, the form of `str()` and of Argo CD's tracking id after the app's name."""
        kind, _, place = text.partition(":")
        group, _, kind = kind.rpartition("/")
        namespace, _, name = place.partition("/")
        return cls(group, kind, namespace, name)


@dataclass(frozen=True)
class Manifest:
    """One object as written: `body` is its JSON and is never changed in place."""

    body: Mapping[str, Json]

    @property
    def api_version(self) -> str:
        """`group/version`, or `version` for the core group."""
        return as_text(self.body.get("apiVersion"))

    @property
    def kind(self) -> str:
        """The kind."""
        return as_text(self.body.get("kind"))

    @property
    def group(self) -> str:
        """The API group, empty for the core group."""
        return self.api_version.rpartition("/")[0]

    @property
    def version(self) -> str:
        """The API version without its group."""
        return self.api_version.rpartition("/")[2]

    @property
    def metadata(self) -> JsonMap:
        """`metadata`, empty if absent."""
        return as_map(self.body.get("metadata"))

    @property
    def name(self) -> str:
        """`metadata.name`."""
        return as_text(self.metadata.get("name"))

    @property
    def namespace(self) -> str:
        """`metadata.namespace`, empty if absent."""
        return as_text(self.metadata.get("namespace"))

    @property
    def annotations(self) -> dict[str, str]:
        """`metadata.annotations`."""
        return as_texts(self.metadata.get("annotations"))

    @property
    def labels(self) -> dict[str, str]:
        """`metadata.labels`."""
        return as_texts(self.metadata.get("labels"))

    @property
    def key(self) -> ObjectKey:
        """What identifies the object in its cluster."""
        return ObjectKey(self.group, self.kind, self.namespace, self.name)

    @cached_property
    def digest(self) -> str:
        """32 hex digits of the whole body."""
        return digest_of(dict(self.body))
