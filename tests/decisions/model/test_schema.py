"""The definitions in the chart are those of the types, and say what Argo CD's say (argo-cd.md 0.1)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import yaml

from gitops.model.crds import schema
from gitops.model.objects import Json, JsonMap, as_list, as_map
from tests.decisions.model import crd_examples as examples

CHART = Path(__file__).parents[3] / "charts" / "argosy" / "crds"


@cache
def definition(name: str) -> JsonMap:
    body: JsonMap = yaml.load((CHART / f"{name}-crd.yaml").read_text(), yaml.CSafeLoader)
    return body


def version(name: str) -> JsonMap:
    return as_map(as_list(as_map(definition(name)["spec"])["versions"])[0])


def part(name: str, *path: str) -> JsonMap:
    found = as_map(as_map(version(name)["schema"])["openAPIV3Schema"])
    for key in path:
        found = as_map(as_map(found["properties"])[key])
        found = as_map(found.get("items")) or found
    return found


def test_the_files_of_the_chart_are_current() -> None:
    assert {path.name: path.read_text() for path in CHART.glob("*.yaml")} == schema.files()


@pytest.mark.parametrize(
    ("name", "plural", "short", "status_subresource"),
    [
        ("application", "applications", ["app", "apps"], False),
        ("applicationset", "applicationsets", ["appset", "appsets"], True),
        ("appproject", "appprojects", ["appproj", "appprojs"], False),
    ],
)
def test_names_and_subresources_are_argo_cds(
    name: str, plural: str, short: list[Json], status_subresource: bool
) -> None:
    spec = as_map(definition(name)["spec"])
    names = as_map(spec["names"])
    assert (spec["group"], spec["scope"], names["plural"], names["shortNames"]) == (
        "argoproj.io",
        "Namespaced",
        plural,
        short,
    )
    assert (version(name)["name"], version(name)["storage"], version(name)["served"]) == ("v1alpha1", True, True)
    assert ("status" in as_map(version(name)["subresources"])) is status_subresource


def test_applications_are_listed_with_their_sync_and_health_status() -> None:
    columns = [as_map(c) for c in as_list(version("application")["additionalPrinterColumns"])]
    assert [(c["name"], c.get("priority", 0)) for c in columns] == [
        ("Sync Status", 0),
        ("Health Status", 0),
        ("Revision", 10),
        ("Project", 10),
    ]


@pytest.mark.parametrize(
    ("path", "required"),
    [
        ((), ["metadata", "spec"]),
        (("spec",), ["destination", "project"]),
        (("spec", "source"), ["repoURL"]),
        (("spec", "ignoreDifferences"), ["kind"]),
        (("status", "history"), ["deployedAt", "id"]),
        (("status", "operationState"), ["operation", "phase", "startedAt"]),
        (("status", "operationState", "syncResult", "resources"), ["group", "kind", "name", "namespace", "version"]),
        (("status", "sync", "comparedTo"), ["destination"]),
        (("operation", "sync", "resources"), ["kind", "name"]),
    ],
)
def test_required_fields_are_argo_cds(path: tuple[str, ...], required: list[Json]) -> None:
    assert part("application", *path).get("required", []) == required


def test_free_json_and_unknown_fields_are_kept() -> None:
    keep = "x-kubernetes-preserve-unknown-fields"
    assert part("application", "spec", "source", "helm", "valuesObject") == {"type": "object", keep: True}
    for path in ((), ("spec",), ("spec", "source"), ("status",), ("operation",)):
        assert part("application", *path)[keep] is True
    count = part("application", "spec", "source", "kustomize", "replicas", "count")
    assert count == {"x-kubernetes-int-or-string": True}


def unfit(value: Json, wanted: JsonMap, at: str) -> list[str]:
    """Paths at which a value is not what the schema says: types and required fields, all that ours use."""
    shapes: dict[Json, type] = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}
    kind = wanted.get("type")
    if kind is not None and not isinstance(value, shapes[kind]):
        return [at]
    if isinstance(value, list):
        return [p for n, item in enumerate(value) for p in unfit(item, as_map(wanted.get("items")), f"{at}[{n}]")]
    if not isinstance(value, dict):
        return []
    known, more = as_map(wanted.get("properties")), as_map(wanted.get("additionalProperties"))
    missing = [f"{at}.{key} missing" for key in as_list(wanted.get("required")) if key not in value]
    return missing + [p for k, v in value.items() for p in unfit(v, as_map(known.get(k)) or more, f"{at}.{k}")]


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("application", examples.application()),
        ("application", examples.new_application(source=examples.tools_source())),
        ("appproject", examples.project()),
        ("applicationset", examples.application_set()),
    ],
)
def test_exported_objects_fit_the_definitions(name: str, written: JsonMap) -> None:
    assert unfit(written, part(name), name) == []
