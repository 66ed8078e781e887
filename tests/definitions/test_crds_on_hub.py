"""A real API server takes what Argo CD exports, gives it back whole, and refuses what Argo CD's definitions refuse."""

from __future__ import annotations

import pytest

from cli.bed.cluster import Cluster
from gitops.model.crds.application import Application
from gitops.model.crds.appset import ApplicationSet
from gitops.model.crds.codec import Part
from gitops.model.crds.project import AppProject
from gitops.model.objects import JsonMap, as_map
from tests.decisions.model import crd_examples as examples


def in_namespace(written: JsonMap, namespace: str) -> JsonMap:
    meta = {k: v for k, v in as_map(written["metadata"]).items() if k in ("name", "labels", "annotations")}
    return {**written, "metadata": {**meta, "namespace": namespace}}


@pytest.mark.parametrize(
    ("plural", "kind", "written"),
    [
        ("applications", Application, examples.application()),
        ("applications", Application, examples.new_application(source=examples.tools_source(), fieldOfTheFuture=[1])),
        ("appprojects", AppProject, examples.project()),
        ("applicationsets", ApplicationSet, examples.application_set()),
    ],
)
def test_the_server_keeps_and_we_write_back_every_field(
    hub: Cluster, namespace: str, plural: str, kind: type[Part], written: JsonMap
) -> None:
    hub.ensure_namespace(namespace)
    path = f"/apis/argoproj.io/v1alpha1/namespaces/{namespace}/{plural}"
    answer = hub.request("POST", path, in_namespace(written, namespace))
    assert answer.status == 201, answer.body
    stored = answer.body
    assert (stored["spec"], stored.get("status")) == (written["spec"], written.get("status"))
    assert kind.parse(stored).dump() == stored


def test_an_application_without_a_destination_is_refused(hub: Cluster, namespace: str) -> None:
    hub.ensure_namespace(namespace)
    path = f"/apis/argoproj.io/v1alpha1/namespaces/{namespace}/applications"
    answer = hub.request("POST", path, in_namespace(examples.new_application(destination=None), namespace))
    assert answer.status == 422
    assert "spec.destination: Required value" in str(answer.body["message"])


def test_a_new_application_of_ours_is_accepted(hub: Cluster, namespace: str) -> None:
    hub.ensure_namespace(namespace)
    path = f"/apis/argoproj.io/v1alpha1/namespaces/{namespace}/applications"
    answer = hub.request("POST", path, in_namespace({**Application().dump(), "metadata": {"name": "a"}}, namespace))
    assert answer.status == 201, answer.body
