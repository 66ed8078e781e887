"""The CustomResourceDefinitions, made from the types: `python -m gitops.model.crds.schema charts/argosy/crds`.

Names, short names, columns and subresources are Argo CD's (argo-cd.md 0.1): only ApplicationSet has a status
subresource. Unknown fields are kept at every level, so that objects of a newer or older Argo CD lose nothing.
"""

from __future__ import annotations

import sys
import types
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Union, get_args, get_origin

import yaml

from gitops.model.crds.application import Application
from gitops.model.crds.appset import ApplicationSet
from gitops.model.crds.codec import Part, plan_of
from gitops.model.crds.meta import ObjectMeta
from gitops.model.crds.project import AppProject
from gitops.model.crds.readers import FreeJson, FreeMap
from gitops.model.objects import Json, JsonMap

_KEEP = "x-kubernetes-preserve-unknown-fields"
_OF_ROOTS = ("apiVersion", "kind")
"""Every object has them, so the schemas of Kubernetes do not require them."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of `kubectl get`; priority 0 is shown without `-o wide`."""

    name: str
    path: str
    priority: int = 0

    def dump(self) -> JsonMap:
        """As the CRD writes it."""
        column: JsonMap = {"name": self.name, "jsonPath": self.path, "type": "string"}
        return column | ({"priority": self.priority} if self.priority else {})


@dataclass(frozen=True, slots=True)
class Definition:
    """What a CRD says besides its schema."""

    type: type[Part]
    kind: str
    plural: str
    short: tuple[str, ...]
    columns: tuple[Column, ...] = ()
    status_subresource: bool = False


DEFINITIONS = (
    Definition(
        Application,
        "Application",
        "applications",
        ("app", "apps"),
        (
            Column("Sync Status", ".status.sync.status"),
            Column("Health Status", ".status.health.status"),
            Column("Revision", ".status.sync.revision", 10),
            Column("Project", ".spec.project", 10),
        ),
    ),
    Definition(ApplicationSet, "ApplicationSet", "applicationsets", ("appset", "appsets"), status_subresource=True),
    Definition(AppProject, "AppProject", "appprojects", ("appproj", "appprojs")),
)


def crd_of(definition: Definition) -> JsonMap:
    """The whole CustomResourceDefinition."""
    name = f"{definition.plural}.argoproj.io"
    version: JsonMap = {
        "name": "v1alpha1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema_of(definition.type)},
        "subresources": {"status": {}} if definition.status_subresource else {},
    }
    if definition.columns:
        version["additionalPrinterColumns"] = [column.dump() for column in definition.columns]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": name,
            "labels": {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "argocd"},
        },
        "spec": {
            "group": "argoproj.io",
            "scope": "Namespaced",
            "names": {
                "kind": definition.kind,
                "listKind": f"{definition.kind}List",
                "plural": definition.plural,
                "singular": definition.kind.lower(),
                "shortNames": list(definition.short),
            },
            "versions": [version],
        },
    }


def schema_of(hint: object) -> JsonMap:
    """The structural OpenAPI schema of a field's type."""
    args = get_args(hint)
    if get_origin(hint) in (Union, types.UnionType):
        given = [arg for arg in args if arg is not type(None)]
        return schema_of(given[0]) if len(given) == 1 else {"x-kubernetes-int-or-string": True}
    if get_origin(hint) is tuple:
        return {"type": "array", "items": schema_of(args[0])}
    if get_origin(hint) is dict:
        return {"type": "object", "additionalProperties": schema_of(args[1])}
    if isinstance(hint, type) and issubclass(hint, Part):
        return {"type": "object"} if hint is ObjectMeta else _part_schema(hint)
    return dict(_SCALARS[hint])


def _part_schema(cls: type[Part]) -> JsonMap:
    known = plan_of(cls).fields
    entries = list(known.values())
    given = _OF_ROOTS if "apiVersion" in known else ()
    required: list[Json] = [e.json for e in entries if e.required and e.json not in given]
    properties: JsonMap = {e.json: schema_of(e.type) for e in entries}
    schema: JsonMap = {"type": "object", _KEEP: True, "properties": properties}
    return schema | ({"required": sorted(required, key=str)} if required else {})


_SCALARS: dict[object, JsonMap] = {
    str: {"type": "string"},
    int: {"type": "integer", "format": "int64"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
    FreeJson: {_KEEP: True},
    FreeMap: {"type": "object", _KEEP: True},
}


def files() -> dict[str, str]:
    """File name -> text of every CRD."""
    head = "# Made by `python -m gitops.model.crds.schema charts/argosy/crds`; change the types, not this file.\n"
    return {
        f"{definition.kind.lower()}-crd.yaml": head + yaml.dump(crd_of(definition), Dumper=_PlainDumper, width=120)
        for definition in DEFINITIONS
    }


class _PlainDumper(yaml.SafeDumper):
    """YAML without anchors: a reader of a CRD does not expect them."""

    def ignore_aliases(self, _data: object) -> bool:
        """Never an alias, equal parts are written out."""
        return True


if __name__ == "__main__":
    for file_name, text in files().items():
        (Path(sys.argv[1]) / file_name).write_text(text)
