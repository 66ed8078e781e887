"""Which specs cannot be looked at, and why (argo-cd.md 1.1, AC-002, S-006)."""

from __future__ import annotations

import pytest

from gitops.access.destination import UnknownClusterError, resolve
from gitops.access.spec import normalise, problems
from gitops.errors import InvalidError
from gitops.model.config import ClusterCredential, ClusterRecord
from gitops.model.crds.application import Application, Destination
from gitops.model.crds.project import AppProject
from gitops.model.objects import IN_CLUSTER, ClusterKey, Json, JsonMap

GIT: JsonMap = {"repoURL": "https://git.example.com/shop", "path": "web"}
CLUSTERS = (
    ClusterRecord(IN_CLUSTER, "in-cluster", ClusterCredential()),
    ClusterRecord(ClusterKey("https://a"), "twin", ClusterCredential()),
    ClusterRecord(ClusterKey("https://b"), "twin", ClusterCredential()),
)


def app(**spec: Json) -> Application:
    body: JsonMap = {"project": "default", "source": GIT, "destination": {"name": "in-cluster", "namespace": "shop"}}
    body.update(spec)
    return Application.parse({"metadata": {"name": "web", "namespace": "argocd"}, "spec": body})


def project(**spec: Json) -> AppProject:
    body: JsonMap = {"sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "*"}]}
    body.update(spec)
    return AppProject.parse({"metadata": {"name": "default", "namespace": "argocd"}, "spec": body})


def test_a_complete_spec_has_no_problem() -> None:
    assert problems(app(), project(), CLUSTERS) == []


def test_an_unchanged_app_is_normalised_to_itself() -> None:
    written = app()
    assert normalise(written) is written


def test_empty_parts_are_dropped_and_an_empty_project_is_default() -> None:
    source: JsonMap = {**GIT, "helm": {}, "kustomize": {}, "directory": {"recurse": False}, "plugin": {"name": "x"}}
    read = normalise(app(project="", source=source, sources=[source], syncPolicy={}))
    slim: JsonMap = {**GIT, "plugin": {"name": "x"}}
    assert read.dump()["spec"] == {
        "project": "default",
        "source": slim,
        "sources": [slim],
        "destination": {"name": "in-cluster", "namespace": "shop"},
    }


def test_a_block_with_an_unknown_field_is_not_empty() -> None:
    written = app(source={**GIT, "helm": {"newField": 1}}, syncPolicy={"automated": {}})
    assert normalise(written) is written


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"source": None}, "spec.source.repoURL and either spec.source.path or spec.source.chart are required"),
        ({"source": {"path": "web"}}, "spec.source.repoURL and either"),
        ({"source": {"repoURL": "https://x"}}, "spec.source.repoURL and either"),
        ({"source": {"repoURL": "https://x", "ref": "values"}}, "spec.source.repoURL and either"),
        (
            {"source": {"repoURL": "https://x", "chart": "web"}},
            "spec.source.targetRevision is required if the manifest source is a helm chart",
        ),
        (
            {"sources": [GIT, {"path": "web"}]},
            "spec.sources[1].repoURL and either spec.sources[1].path, spec.sources[1].chart or spec.sources[1].ref "
            "are required",
        ),
        (
            {"sources": [{"repoURL": "https://x", "chart": "web", "ref": "v", "targetRevision": "1"}]},
            "spec.sources[0]: a source with ref must not have chart",
        ),
        ({"source": {**GIT, "path": "/etc"}}, 'spec.source.path "/etc" must be relative to the repository root'),
        ({"source": {**GIT, "path": "web\n"}}, r"spec.source.path 'web\n' holds a character that cannot be printed"),
        ({"destination": {"name": "in-cluster", "server": IN_CLUSTER}}, "can't have both name and server defined"),
        ({"destination": {"namespace": "shop"}}, "destination server and name are both missing"),
        ({"destination": {"name": "gone"}}, "there are no clusters with this name: gone. add a cluster Secret"),
        ({"destination": {"server": "https://gone"}}, "cluster https://gone is not registered"),
        ({"destination": {"name": "twin"}}, "there are 2 clusters with the name twin: https://a, https://b"),
        (
            {"syncPolicy": {"retry": {"backoff": {"duration": "soon", "maxDuration": "3m"}}}},
            'spec.syncPolicy.retry.backoff.duration "soon" must be a duration',
        ),
    ],
)
def test_a_spec_that_cannot_be_looked_at_says_why(spec: JsonMap, text: str) -> None:
    found = problems(app(**spec), project(), CLUSTERS)
    assert len(found) == 1
    assert text in found[0]


@pytest.mark.parametrize("path", ["..", "../web", "web/../../x", "./..", "..\\web", "a/b/../../../c"])
def test_a_path_out_of_the_repository_is_refused(path: str) -> None:
    assert problems(app(source={**GIT, "path": path}), project(), CLUSTERS) == [
        f'spec.source.path "{path}" leads out of the repository'
    ]


@pytest.mark.parametrize("path", [".", "./web", "web/", "..web", "web/../api", "päth/ü"])
def test_a_path_inside_the_repository_is_fine(path: str) -> None:
    assert problems(app(source={**GIT, "path": path}), project(), CLUSTERS) == []


def test_a_ref_is_enough_among_several_sources() -> None:
    assert problems(app(sources=[GIT, {"repoURL": "https://x", "ref": "values"}]), project(), CLUSTERS) == []


def test_two_tool_blocks_and_two_sources_of_one_name_are_no_spec_error() -> None:
    source: JsonMap = {**GIT, "name": "one", "helm": {"releaseName": "x"}, "kustomize": {"namePrefix": "x"}}
    assert problems(app(sources=[source, source]), project(), CLUSTERS) == []


def test_a_missing_project_is_the_only_problem_told() -> None:
    assert problems(app(source=None, project="gone"), None, CLUSTERS) == [
        "Application referencing project gone which does not exist"
    ]


def test_an_app_of_another_namespace_needs_the_projects_consent() -> None:
    stranger = Application.parse({"metadata": {"name": "web", "namespace": "team-a"}, "spec": app().spec.dump()})
    assert "team-a is not among its sourceNamespaces" in problems(stranger, project(), CLUSTERS)[0]
    assert problems(stranger, project(sourceNamespaces=["team-*"]), CLUSTERS) == []


def test_source_and_destination_must_both_be_permitted() -> None:
    found = problems(app(), project(sourceRepos=["https://other/*"], destinations=[]), CLUSTERS)
    assert [text.split(" is not")[0].split(" do not")[0] for text in found] == [
        "application repo https://git.example.com/shop",
        "application destination server 'https://kubernetes.default.svc' and namespace 'shop'",
    ]


@pytest.mark.parametrize(
    ("url", "fine"),
    [("", True), ("https://cd.example.com/x", True), ("javascript:alert(1)", False), ("https://[", False)],
)
def test_the_managed_by_link_must_be_a_web_address(url: str, fine: bool) -> None:
    meta: JsonMap = {"name": "web", "namespace": "argocd", "annotations": {"argocd.argoproj.io/managed-by-url": url}}
    linked = Application.parse({"metadata": meta, "spec": app().spec.dump()})
    assert (problems(linked, project(), CLUSTERS) == []) is fine


def test_a_destination_means_the_cluster_of_its_server_or_name() -> None:
    assert resolve(Destination(name="in-cluster"), CLUSTERS) is CLUSTERS[0]
    assert resolve(Destination(server="https://a/"), CLUSTERS) is CLUSTERS[1]


def test_only_an_unregistered_cluster_is_unknown() -> None:
    for gone in (Destination(name="gone"), Destination(server="https://gone")):
        with pytest.raises(UnknownClusterError):
            resolve(gone, CLUSTERS)
    for unclear in (Destination(name="twin"), Destination(), Destination(name="twin", server="https://a")):
        with pytest.raises(InvalidError) as caught:
            resolve(unclear, CLUSTERS)
        assert not isinstance(caught.value, UnknownClusterError)
