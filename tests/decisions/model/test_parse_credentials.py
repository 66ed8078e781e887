"""Repository Secrets, templates, known hosts and CA bundles (argo-cd.md 8.2 to 8.4)."""

from __future__ import annotations

import pytest

from gitops.model.credentials import RepoCredential
from gitops.model.parse_credentials import parse_credentials, parse_repository
from tests.decisions.model.hub_objects import config_map_of, secret

URL = "https://git.example.com/shop.git"


def test_a_repository_secret_is_read_in_full() -> None:
    read = parse_repository(
        secret(
            "repo-1",
            {
                "url": f" {URL}\n",
                "type": "git",
                "project": "shop",
                "name": "shop",
                "username": "u",
                "password": "p",
                "bearerToken": "b",
                "sshPrivateKey": "k",
                "tlsClientCertData": "c",
                "tlsClientCertKey": "d",
                "insecureIgnoreHostKey": "true",
                "forceHttpBasicAuth": "1",
                "proxy": "http://proxy",
                "noProxy": "*.local",
                "depth": "1",
                "enableLfs": "t",
                "webhookManifestCacheWarmDisabled": "true",
            },
        )
    )
    assert read == RepoCredential(
        URL, "git", "shop", "shop", "u", "p", "b", "k", "c", "d", True, True, "http://proxy", "*.local", 1, True
    )


def test_a_repository_without_type_is_git_and_has_no_credential() -> None:
    read = parse_repository(secret("r", {"url": URL}))
    assert (read.type, read.has_credential, read.error) == ("git", False, "")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"url": ""}, "key url is missing"),
        ({"type": "svn"}, 'type "svn" is unknown. use one of git, helm, oci'),
        ({"insecure": "sesame"}, "key insecure must be true or false"),
        ({"enableLfs": "yes"}, "key enableLfs must be true or false"),
        ({"depth": "sesame"}, "key depth must be a whole number"),
        ({"depth": "-1"}, "key depth must not be negative"),
        ({"tlsClientCertData": "c"}, "must be given both or not at all"),
        ({"githubAppID": "1", "githubAppPrivateKey": "sesame"}, "identity GitHub App (githubAppPrivateKey) is not"),
        ({"gcpServiceAccountKey": "{}"}, "identity Google service account"),
        ({"useAzureWorkloadIdentity": "true"}, "identity Azure workload identity"),
        ({"azureServicePrincipalClientID": "x"}, "identity Azure service principal"),
    ],
)
def test_an_unusable_repository_says_why_and_shows_no_secret(data: dict[str, str], words: str) -> None:
    read = parse_repository(secret("repo-1", {"url": URL, "project": "shop", **data}))
    assert read.error.startswith("Secret argocd/repo-1: ")
    assert words in read.error
    assert "sesame" not in read.error
    assert (read.password, read.project) == ("", "shop")


@pytest.mark.parametrize("data", [{"password": "p", "githubAppID": "1"}, {"useAzureWorkloadIdentity": "false"}])
def test_an_unsupported_identity_that_is_not_used_does_no_harm(data: dict[str, str]) -> None:
    assert parse_repository(secret("repo-1", {"url": URL, **data})).error == ""


def test_one_broken_secret_hides_no_other() -> None:
    undecodable = {"metadata": {"name": "a", "namespace": "argocd"}, "data": {"url": "%"}}
    read = parse_credentials(
        [secret("b", {"url": URL}), undecodable],
        [secret("t", {"url": "https://git.example.com", "password": "p"})],
        known_hosts=config_map_of({"ssh_known_hosts": "git.example.com ssh-ed25519 AAAA"}),
        tls_certs=config_map_of({"git.example.com": "PEM"}),
    )
    assert [(r.url, bool(r.error)) for r in read.repositories] == [("", True), (URL, False)]
    assert [t.url for t in read.templates] == ["https://git.example.com"]
    assert (read.known_hosts, read.tls_certs) == ("git.example.com ssh-ed25519 AAAA", {"git.example.com": "PEM"})


def test_absent_config_maps_trust_no_host() -> None:
    read = parse_credentials([], [], known_hosts={}, tls_certs={})
    assert (read.known_hosts, read.tls_certs) == ("", {})
