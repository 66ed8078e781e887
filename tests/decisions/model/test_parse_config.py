"""argocd-cm, argocd-cmd-params-cm and cluster Secrets (argo-cd.md 0.2, 8.1, 15, 18.4; AC-004, AC-085)."""

from __future__ import annotations

import base64
import json

import pytest

from gitops.errors import InvalidError
from gitops.model.config import Params, Settings, Tracking
from gitops.model.objects import IN_CLUSTER, Json, JsonMap
from gitops.model.parse_clusters import parse_cluster
from gitops.model.parse_config import parse_clusters, parse_hub, parse_params, parse_projects, parse_settings
from gitops.model.spelling import comma_list, duration_s, flag, integer, size_bytes
from tests.decisions.model import crd_examples as examples
from tests.decisions.model.hub_objects import cluster_secret, config_map_of, secret

PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
PEM_64 = base64.b64encode(PEM.encode()).decode()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120s", 120),
        ("2m", 120),
        ("180", 180),
        ("0", 0),
        ("1h30m", 5400),
        ("500ms", 0.5),
        ("1.5h", 5400),
        ("2µs", 2e-6),
    ],
)
def test_durations_are_go_durations_or_plain_seconds(text: str, seconds: float) -> None:
    assert duration_s(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "2 m", "m", "-5s", "1d", "5s!", "٣"])
def test_another_duration_is_refused(text: str) -> None:
    with pytest.raises(InvalidError, match="must be a duration"):
        duration_s(text)


@pytest.mark.parametrize(("text", "size"), [("10M", 10**7), ("1Gi", 2**30), ("1024", 1024), ("1.5k", 1500)])
def test_sizes_are_kubernetes_quantities(text: str, size: int) -> None:
    assert size_bytes(text) == size


@pytest.mark.parametrize("text", ["10MB", "-1", "", "x"])
def test_another_size_is_refused(text: str) -> None:
    with pytest.raises(InvalidError, match="must be a size"):
        size_bytes(text)


def test_booleans_are_those_of_go() -> None:
    assert [flag(t) for t in ("1", "t", "TRUE", "0", "False", "")] == [True, True, True, False, False, False]
    with pytest.raises(InvalidError, match="true or false"):
        flag("yes")


def test_whole_numbers_may_be_absent() -> None:
    assert (integer(""), integer("-3")) == (0, -3)
    with pytest.raises(InvalidError, match="whole number"):
        integer("3.5")


def test_comma_lists_are_trimmed() -> None:
    assert comma_list(" a, b,, /^c.*$/ ") == ("a", "b", "/^c.*$/")


def test_an_absent_config_map_means_the_defaults() -> None:
    assert parse_settings({}) == (Settings(), ())
    assert parse_params({}) == (Params(), ())


def test_settings_are_read_from_argocd_cm() -> None:
    settings, problems = parse_settings(
        config_map_of(
            {
                "application.resourceTrackingMethod": "annotation+label",
                "application.instanceLabelKey": "argo/app",
                "installationID": "one",
                "timeout.reconciliation": "0s",
                "timeout.reconciliation.jitter": "1m",
                "cluster.inClusterEnabled": "false",
                "users.session.duration": "8h",
                "users.anonymous.enabled": "true",
                "passwordPattern": "^.{12,}$",
                "webhook.maxPayloadSizeMB": "1",
                "url": "https://cd.example.com",
                "ui.bannercontent": "hello",
            }
        )
    )
    assert problems == ()
    assert settings == Settings(
        Tracking.BOTH, "argo/app", "one", 0, 60, False, 28800, True, "^.{12,}$", 1024 * 1024, "https://cd.example.com"
    )


def test_a_wrong_setting_keeps_its_default_and_is_reported() -> None:
    settings, problems = parse_settings(
        config_map_of({"timeout.reconciliation": "soon", "application.resourceTrackingMethod": "magic", "url": "u"})
    )
    assert settings == Settings(url="u")
    assert [p.removeprefix("ConfigMap argocd/argocd-cm: ") for p in problems] == [
        'application.resourceTrackingMethod "magic" must be annotation, label or annotation+label; the default is used',
        'timeout.reconciliation "soon" must be a duration like 120s or 1h30m, or seconds; the default is used',
    ]


def test_known_params_are_read_and_only_unknown_ones_are_named() -> None:
    params, problems = parse_params(
        config_map_of(
            {
                "application.namespaces": "team-*, /^x$/",
                "controller.sync.timeout.seconds": "600",
                "controller.self.heal.backoff.timeout.seconds": "5",
                "controller.self.heal.backoff.factor": "2",
                "controller.self.heal.backoff.cap.seconds": "60",
                "reposerver.max.combined.directory.manifests.size": "20M",
                "controller.resource.health.persist": "true",
                "controller.status.processors": "50",
                "server.insecure": "true",
                "controler.status.processors": "50",
            }
        )
    )
    assert problems == ()
    assert params.unknown == ("controler.status.processors",)
    assert params == Params(
        application_namespaces=("team-*", "/^x$/"),
        sync_timeout_s=600,
        self_heal_initial_s=5,
        self_heal_factor=2,
        self_heal_cap_s=60,
        directory_limit_bytes=20_000_000,
        persist_resource_health=True,
        unknown=params.unknown,
    )


def test_a_cluster_secret_is_read_in_full() -> None:
    config: Json = {
        "bearerToken": "tok",
        "username": "u",
        "password": "p",
        "proxyUrl": "http://proxy:3128",
        "tlsClientConfig": {"serverName": "api", "caData": PEM_64, "certData": PEM_64, "keyData": PEM_64},
    }
    body = secret(
        "cluster-prod",
        {
            "server": "https://prod.example.com/",
            "name": "prod",
            "namespaces": "a, b",
            "clusterResources": "true",
            "project": "shop",
            "config": json.dumps(config),
        },
        {"argocd.argoproj.io/skip-reconcile": "true"},
    )
    record = parse_cluster(body)
    assert (record.key, record.name, record.namespaces) == ("https://prod.example.com", "prod", ("a", "b"))
    assert (record.cluster_resources, record.project, record.skip_reconcile) == (True, "shop", True)
    credential = record.credential
    assert (credential.bearer_token, credential.username, credential.password) == ("tok", "u", "p")
    assert credential.ca_data == credential.cert_data == credential.key_data == PEM.encode()
    assert (credential.server_name, credential.proxy_url, record.error) == ("api", "http://proxy:3128", "")
    assert "tok" not in repr(record)


def test_a_cluster_without_a_name_is_called_by_its_server() -> None:
    assert parse_cluster(cluster_secret("c", "https://x")).name == "https://x"


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ('{"awsAuthConfig": {"clusterName": "x"}}', "config.awsAuthConfig is not supported so far. use a bearer token"),
        ('{"execProviderConfig": {}}', "config.execProviderConfig is not supported"),
        ('{"bearerToken": 3}', "config.bearerToken has the wrong type"),
        ('{"bearerToken": "sesame"', "config is no JSON (line 1"),
        ('{"tlsClientConfig": {"keyData": "sesame!"}}', "config.tlsClientConfig.keyData is no base64"),
        ('{"tlsClientConfig": "sesame"}', "config.tlsClientConfig has the wrong type"),
        ('["sesame"]', "config.object has the wrong type"),
    ],
)
def test_an_unusable_cluster_says_why_and_shows_no_secret(config: str, words: str) -> None:
    record = parse_cluster(secret("cluster-prod", {"server": "https://prod", "config": config}))
    assert record.error.startswith("Secret argocd/cluster-prod (cluster https://prod): ")
    assert words in record.error
    assert "sesame" not in record.error


@pytest.mark.parametrize("data", [{}, {"name": "prod"}])
def test_a_cluster_without_a_server_is_no_cluster(data: dict[str, str]) -> None:
    with pytest.raises(InvalidError, match="Secret argocd/c: key server is missing"):
        parse_cluster(secret("c", data))


def test_secret_data_that_cannot_be_decoded_is_named_by_its_key() -> None:
    with pytest.raises(InvalidError, match="Secret argocd/c: key server is no base64"):
        parse_cluster({"metadata": {"name": "c", "namespace": "argocd"}, "data": {"server": "%%%"}})


def test_the_in_cluster_cluster_needs_no_secret() -> None:
    records, problems = parse_clusters([], in_cluster_enabled=True)
    assert [(r.key, r.name) for r in records] == [(IN_CLUSTER, "in-cluster")]
    assert problems == ()


def test_a_secret_replaces_the_in_cluster_default() -> None:
    records, _ = parse_clusters([cluster_secret("c", IN_CLUSTER, name="home")], in_cluster_enabled=True)
    assert [r.name for r in records] == ["home"]


def test_a_switched_off_in_cluster_cluster_is_away_even_with_a_secret() -> None:
    records, problems = parse_clusters([cluster_secret("c", IN_CLUSTER)], in_cluster_enabled=False)
    assert records == ()
    assert problems == ("Secret argocd/c: not used, cluster.inClusterEnabled is false in argocd-cm",)


def test_the_first_of_two_secrets_for_one_server_counts() -> None:
    secrets: list[JsonMap] = [cluster_secret("b", "https://x/", name="b"), cluster_secret("a", "https://x", name="a")]
    records, problems = parse_clusters(secrets, in_cluster_enabled=False)
    assert [r.name for r in records] == ["a"]
    assert problems == ("Secret argocd/b: not used, Secret argocd/a is for the same server; remove one of them",)


def test_one_broken_project_or_cluster_hides_no_other() -> None:
    broken: JsonMap = {"metadata": {"name": "bad", "namespace": "argocd"}, "spec": {"sourceRepos": "*"}}
    projects, problems = parse_projects([broken, examples.project()])
    assert list(projects) == ["shop"]
    assert problems[0].startswith('AppProject argocd/bad: spec.sourceRepos: "*" is not a list')
    clusters, _ = parse_clusters([secret("bad", {}), cluster_secret("good", "https://x")], in_cluster_enabled=False)
    assert [c.key for c in clusters] == ["https://x"]


def test_the_hub_is_read_as_one() -> None:
    hub, problems = parse_hub(
        "argocd",
        settings=config_map_of({"cluster.inClusterEnabled": "no"}),
        params={},
        clusters=[cluster_secret("c", "https://x", {"awsAuthConfig": {}})],
        projects=[examples.project()],
    )
    assert (hub.namespace, [c.key for c in hub.clusters]) == ("argocd", [IN_CLUSTER, "https://x"])
    assert list(hub.projects) == ["shop"]
    assert ["cluster.inClusterEnabled" in problems[0], "awsAuthConfig" in problems[1]] == [True, True]
