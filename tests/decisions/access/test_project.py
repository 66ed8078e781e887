"""What a project allows (argo-cd.md 7, argo-cd-surprises.md 26)."""

from __future__ import annotations

import pytest

from gitops.access.glob import matches
from gitops.access.project import permits_destination, permits_namespace, permits_object, permits_source
from gitops.errors import InvalidError
from gitops.model.config import ClusterCredential, ClusterRecord
from gitops.model.crds.project import AppProject
from gitops.model.objects import ClusterKey, Json, Manifest

CLUSTER = ClusterRecord(ClusterKey("https://prod.example.com"), "prod", ClusterCredential())


def project(**spec: Json) -> AppProject:
    return AppProject.parse({"metadata": {"name": "shop", "namespace": "argocd"}, "spec": spec})


def everywhere(**spec: Json) -> AppProject:
    return project(destinations=[{"server": "*", "namespace": "*"}], **spec)


def thing(kind: str, group: str = "", namespace: str = "shop", name: str = "a") -> Manifest:
    return Manifest(
        {
            "apiVersion": f"{group}/v1" if group else "v1",
            "kind": kind,
            "metadata": {"name": name, **({"namespace": namespace} if namespace else {})},
        }
    )


@pytest.mark.parametrize(
    ("pattern", "text", "separator", "fits"),
    [
        ("*", "a/b", "/", True),
        ("a/*", "a/b", "/", True),
        ("a/*", "a/b/c", "/", False),
        ("a/**", "a/b/c", "/", True),
        ("a*", "a/b", "", True),
        ("a?c", "abc", "", True),
        ("a?c", "a/c", "/", False),
        ("{a,b{c,d}}-x", "bd-x", "", True),
        ("{a,b}", "c", "", False),
        ("[a-c]1", "b1", "", True),
        ("[!a-c]1", "b1", "", False),
        ("[!a-c]1", "d1", "", True),
        ("[^a]", "^", "", True),
        (r"\*", "*", "", True),
        (r"\*", "x", "", False),
        ("a.b", "axb", "", False),
        ("A", "a", "", False),
        ("", "", "", True),
        ("", "a", "", False),
        ("a,b", "a,b", "", True),
    ],
)
def test_a_pattern_fits_the_whole_text(pattern: str, text: str, separator: str, fits: bool) -> None:
    assert matches(pattern, text, separator=separator) is fits


@pytest.mark.parametrize("pattern", ["[a", "{a", "a}", "}{", "[z-a]", "x" * 1001])
def test_a_broken_pattern_is_named(pattern: str) -> None:
    with pytest.raises(InvalidError, match="correct it in the project"):
        matches(pattern, "a")


@pytest.mark.parametrize(
    ("repos", "url", "permitted"),
    [
        ([], "https://git.example.com/org/shop", False),
        (["*"], "https://git.example.com/org/shop", True),
        (["https://git.example.com/*"], "https://git.example.com/org/shop", False),
        (["https://git.example.com/**"], "https://git.example.com/org/shop", True),
        (["https://git.example.com/org/*"], "https://GIT.example.com/org/Shop.git", True),
        (["https://git.example.com/org/shop.git"], "https://git.example.com/org/shop", True),
        (["git@git.example.com:org/*"], "ssh://git@git.example.com/org/shop.git", True),
        (["https://git.example.com/org/*"], "https://git.example.com/other/shop", False),
        (["https://a/*", "!https://a/secret"], "https://a/shop", True),
        (["https://a/*", "!https://a/secret"], "https://a/secret.git", False),
        (["!https://a/secret", "*"], "https://a/secret", False),
        (["!https://a/secret"], "https://b/else", True),
        (["!*", "*"], "https://b/else", False),
        (["https://a/org/**"], "https://a/org/../other", False),
        (["https://a/org/**"], "https://a/org/%2e%2E/other", False),
        (["https://a/[", "*"], "https://a/shop", False),
    ],
)
def test_sources_are_permitted_by_patterns_and_refused_by_negated_ones(
    repos: list[Json], url: str, permitted: bool
) -> None:
    reason = permits_source(project(sourceRepos=repos), url)
    assert (reason is None) is permitted
    assert permitted or f"application repo {url} is not permitted in project 'shop'" in str(reason)


def test_a_refused_source_is_shown_without_its_password() -> None:
    reason = permits_source(project(), "https://user:sesame@git.example.com/shop")
    assert reason is not None
    assert "sesame" not in reason


@pytest.mark.parametrize(
    ("destinations", "namespace", "permitted"),
    [
        ([], "shop", False),
        ([{"server": "*", "namespace": "*"}], "shop", True),
        ([{"server": "https://prod.example.com", "namespace": "shop"}], "shop", True),
        ([{"server": "https://*.com", "namespace": "shop"}], "shop", True),
        ([{"server": "https://prod.example.com", "namespace": "shop"}], "other", False),
        ([{"name": "prod", "namespace": "shop-*"}], "shop-eu", True),
        ([{"name": "test", "namespace": "*"}], "shop", False),
        ([{"server": "https://elsewhere", "namespace": "*"}], "shop", False),
        ([{"server": "*", "namespace": "*"}, {"server": "*", "namespace": "!kube-system"}], "kube-system", False),
        ([{"server": "*", "namespace": "f-*"}, {"server": "*", "namespace": "!f-kube"}], "kube-system", True),
        ([{"server": "!https://prod.example.com", "namespace": "*"}, {"name": "*", "namespace": "*"}], "shop", False),
        ([{"name": "!prod", "namespace": "*"}, {"server": "*", "namespace": "*"}], "shop", False),
        ([{"server": "*", "namespace": "{shop"}], "shop", False),
    ],
)
def test_destinations_are_permitted_by_server_or_name_and_namespace(
    destinations: list[Json], namespace: str, permitted: bool
) -> None:
    reason = permits_destination(project(destinations=destinations), CLUSTER, namespace)
    assert (reason is None) is permitted
    assert permitted or (
        f"application destination server 'https://prod.example.com' and namespace '{namespace}' do not match any of "
        "the allowed destinations in project 'shop'"
    ) in str(reason)


@pytest.mark.parametrize(
    ("owner", "namespaces", "only", "permitted"),
    [
        ("shop", (), False, True),
        ("shop", (), True, True),
        ("shop", ("shop",), True, True),
        ("shop", ("other",), True, False),
        ("", (), False, False),
        ("bank", (), False, False),
    ],
)
def test_a_cluster_of_the_project_is_a_destination_of_it(
    owner: str, namespaces: tuple[str, ...], only: bool, permitted: bool
) -> None:
    cluster = ClusterRecord(CLUSTER.key, "prod", ClusterCredential(), namespaces=namespaces, project=owner)
    assert (permits_destination(project(permitOnlyProjectScopedClusters=only), cluster, "shop") is None) is permitted


@pytest.mark.parametrize(("owner", "permitted"), [("shop", True), ("", False), ("bank", False)])
def test_a_project_may_insist_on_its_own_clusters(owner: str, permitted: bool) -> None:
    cluster = ClusterRecord(CLUSTER.key, "prod", ClusterCredential(), project=owner)
    allowed = everywhere(permitOnlyProjectScopedClusters=True)
    assert (permits_destination(allowed, cluster, "shop") is None) is permitted


@pytest.mark.parametrize(
    ("spec", "kind", "permitted"),
    [
        ({}, "ConfigMap", True),
        ({"namespaceResourceWhitelist": []}, "ConfigMap", False),
        ({"namespaceResourceWhitelist": None}, "ConfigMap", True),
        ({"namespaceResourceWhitelist": [{"group": "", "kind": "ConfigMap"}]}, "ConfigMap", True),
        ({"namespaceResourceWhitelist": [{"group": "", "kind": "ConfigMap"}]}, "Secret", False),
        ({"namespaceResourceBlacklist": [{"group": "", "kind": "Sec*"}]}, "Secret", False),
        (
            {
                "namespaceResourceWhitelist": [{"group": "*", "kind": "*"}],
                "namespaceResourceBlacklist": [{"group": "*", "kind": "Secret"}],
            },
            "Secret",
            False,
        ),
        ({"namespaceResourceBlacklist": [{"group": "", "kind": "["}]}, "Secret", False),
    ],
)
def test_namespaced_kinds_are_all_allowed_unless_listed_otherwise(
    spec: dict[str, Json], kind: str, permitted: bool
) -> None:
    reason = permits_object(everywhere(**spec), thing(kind), CLUSTER, True)
    assert (reason is None) is permitted
    assert permitted or f"resource :{kind} is not permitted in project shop" in str(reason)


@pytest.mark.parametrize(
    ("allowed", "denied", "name", "permitted"),
    [
        ([], [], "shop", False),
        ([{"group": "*", "kind": "*"}], [], "shop", True),
        ([{"group": "", "kind": "Namespace", "name": "shop-*"}], [], "shop-eu", True),
        ([{"group": "", "kind": "Namespace", "name": "shop-*"}], [], "bank", False),
        ([{"group": "", "kind": "Namespace", "name": "shop-*"}], [], "", False),
        ([{"group": "*", "kind": "*"}], [{"group": "", "kind": "Namespace"}], "shop", False),
        ([{"group": "*", "kind": "*"}], [{"group": "", "kind": "Namespace", "name": "kube-*"}], "shop", True),
    ],
)
def test_cluster_scoped_kinds_are_all_refused_unless_listed(
    allowed: list[Json], denied: list[Json], name: str, permitted: bool
) -> None:
    spec = everywhere(clusterResourceWhitelist=allowed, clusterResourceBlacklist=denied)
    assert (permits_object(spec, thing("Namespace", namespace="", name=name), CLUSTER, False) is None) is permitted


def test_an_object_in_a_foreign_namespace_is_refused() -> None:
    shop_only = project(destinations=[{"server": "*", "namespace": "shop"}])
    reason = permits_object(shop_only, thing("ConfigMap", namespace="bank"), CLUSTER, True)
    assert reason == "namespace bank is not permitted in project 'shop'"


@pytest.mark.parametrize(("namespace", "permitted"), [("shop", True), ("", False)])
def test_an_unknown_scope_is_read_off_the_object(namespace: str, permitted: bool) -> None:
    widget = thing("Widget", group="example.com", namespace=namespace)
    assert (permits_object(everywhere(), widget, CLUSTER, None) is None) is permitted


@pytest.mark.parametrize(
    ("patterns", "namespace", "permitted"),
    [
        ([], "argocd", True),
        ([], "team-a", False),
        (["team-*"], "team-a", True),
        (["/^team-[ab]$/"], "team-a", True),
        (["/^team-[ab]$/"], "team-c", False),
        (["/(/", "["], "team-a", False),
    ],
)
def test_apps_live_in_the_control_namespace_or_where_the_project_says(
    patterns: list[Json], namespace: str, permitted: bool
) -> None:
    assert (permits_namespace(project(sourceNamespaces=patterns), namespace) is None) is permitted
