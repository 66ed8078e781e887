"""Where our own credential comes from."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest
import yaml

from gitops.adapters.kube.client import Client, Endpoint
from gitops.adapters.kube.clusters import KubeClusters
from gitops.adapters.kube.kubeconfig import in_pod, load
from gitops.errors import InvalidError
from gitops.model.config import ClusterCredential, ClusterRecord
from gitops.model.objects import IN_CLUSTER, ClusterKey, JsonMap


def written(folder: Path, cluster: JsonMap, user: JsonMap, current: str = "one") -> Path:
    path = folder / "config"
    config = {
        "current-context": current,
        "contexts": [{"name": "one", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": "https://far:6443/", **cluster}}],
        "users": [{"name": "u", "user": user}],
    }
    path.write_text(yaml.safe_dump(config))
    return path


def test_texts_and_files_of_a_kubeconfig_are_read(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(b"CA")
    inline = base64.b64encode(b"KEY").decode()
    user: JsonMap = {"token": "t", "client-key-data": inline, "username": "me", "password": "p"}
    cluster: JsonMap = {"certificate-authority": "ca.pem", "tls-server-name": "near", "proxy-url": "http://p:1"}
    assert load(written(tmp_path, cluster, user)) == Endpoint(
        "https://far:6443",
        ClusterCredential("t", "me", "p", ca_data=b"CA", key_data=b"KEY", server_name="near", proxy_url="http://p:1"),
    )


def test_a_token_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("first\n")
    endpoint = load(written(tmp_path, {}, {"tokenFile": "token"}))
    assert endpoint.token is not None
    assert endpoint.token() == "first"
    new = tmp_path / "new"
    new.write_text("second")
    new.rename(tmp_path / "token")
    assert endpoint.token() == "second"


def test_an_exec_plugin_gives_the_token(tmp_path: Path) -> None:
    answer = '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"from-plugin"}}'
    plugin: JsonMap = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "echo",
        "args": [answer],
        "interactiveMode": "Never",
    }
    endpoint = load(written(tmp_path, {}, {"exec": plugin}))
    assert endpoint.token is not None
    assert endpoint.token() == "from-plugin"


@pytest.mark.parametrize(
    ("cluster", "user", "current", "words"),
    [
        ({}, {}, "two", "contexts has no entry 'two'"),
        ({"certificate-authority-data": "!"}, {}, "one", "certificate-authority-data is no base64"),
        ({}, {"client-key": "gone.pem"}, "one", "client-key cannot be read: No such file"),
    ],
)
def test_an_error_names_the_file_and_the_entry(
    tmp_path: Path, cluster: JsonMap, user: JsonMap, current: str, words: str
) -> None:
    with pytest.raises(InvalidError, match=words) as caught:
        load(written(tmp_path, cluster, user, current))
    assert str(tmp_path) in str(caught.value)


def test_a_pod_uses_its_service_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "token").write_text("pod")
    (tmp_path / "ca.crt").write_bytes(b"CA")
    monkeypatch.setitem(os.environ, "KUBERNETES_SERVICE_HOST", "fd00::1")
    monkeypatch.setitem(os.environ, "KUBERNETES_SERVICE_PORT", "443")
    endpoint = in_pod(tmp_path)
    assert (endpoint.server, endpoint.credential.ca_data) == ("https://[fd00::1]:443", b"CA")
    assert endpoint.token is not None
    assert endpoint.token() == "pod"


def test_without_a_kubeconfig_and_outside_a_pod_there_is_no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(InvalidError, match="ARGOSY_KUBECONFIG"):
        load(None)


def test_a_cluster_is_opened_once_until_its_record_changes() -> None:
    clusters = KubeClusters(Endpoint("http://hub", ClusterCredential()))
    record = ClusterRecord(ClusterKey("http://far"), "far", ClusterCredential(bearer_token="a"))
    changed = ClusterRecord(ClusterKey("http://far"), "far", ClusterCredential(bearer_token="b"))
    first = clusters.open(record)
    assert clusters.open(record) is first
    assert clusters.open(changed) is not first


def test_the_cluster_we_run_in_is_reached_as_ourselves_unless_its_secret_says_otherwise() -> None:
    clusters = KubeClusters(Endpoint("http://hub", ClusterCredential(bearer_token="own")))
    assert clusters.open(ClusterRecord(IN_CLUSTER, "in-cluster", ClusterCredential())).client.server == "http://hub"
    other = ClusterRecord(IN_CLUSTER, "in-cluster", ClusterCredential(bearer_token="other"))
    assert clusters.open(other).client.server == "http://hub"


def test_a_cluster_that_cannot_be_used_says_why() -> None:
    record = ClusterRecord(ClusterKey("https://x"), "x", ClusterCredential(), error="config is no JSON")
    with pytest.raises(InvalidError, match="config is no JSON"):
        KubeClusters(Endpoint("http://hub", ClusterCredential())).open(record)
    with pytest.raises(InvalidError, match="no http"):
        Client(Endpoint("far:6443", ClusterCredential()))
