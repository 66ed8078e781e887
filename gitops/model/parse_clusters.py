"""Cluster Secrets to records (argo-cd.md 8.1)."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field

from gitops.errors import InvalidError
from gitops.model.config import ClusterCredential, ClusterRecord
from gitops.model.crds.codec import Part
from gitops.model.objects import IN_CLUSTER, ClusterKey, JsonMap, as_map, as_texts
from gitops.model.spelling import about, comma_list, flag, secret_texts

SKIP = "argocd.argoproj.io/skip-reconcile"


@dataclass(frozen=True)
class TlsConfig(Part):
    """`tlsClientConfig`; the `..._data` fields are base64 of PEM."""

    insecure: bool = False
    server_name: str = ""
    ca_data: str = field(default="", repr=False)
    cert_data: str = field(default="", repr=False)
    key_data: str = field(default="", repr=False)


@dataclass(frozen=True)
class ClusterConfig(Part):
    """The JSON under `config`."""

    username: str = ""
    password: str = field(default="", repr=False)
    bearer_token: str = field(default="", repr=False)
    tls_client_config: TlsConfig = field(default_factory=TlsConfig)
    aws_auth_config: JsonMap | None = field(default=None, repr=False)
    exec_provider_config: JsonMap | None = field(default=None, repr=False)
    proxy_url: str = ""
    disable_compression: bool = False


def secret_name(body: JsonMap) -> str:
    """`Secret namespace/name`."""
    return about("Secret", body)


def in_cluster() -> ClusterRecord:
    """The cluster the hub runs in: there without any Secret, reached with our own identity."""
    return ClusterRecord(IN_CLUSTER, "in-cluster", ClusterCredential())


def parse_cluster(body: JsonMap) -> ClusterRecord:
    """One cluster Secret. What is wrong with its configuration is in `error`; it can be named, but not used.

    Raises:
        InvalidError: it has no `server`, so it stands for no cluster, or its data cannot be decoded.
    """
    texts = secret_texts(body)
    server = texts.get("server", "").strip().rstrip("/")
    if not server:
        raise InvalidError(
            "key server is missing", about=secret_name(body), hint="write the URL of the API server there"
        )
    error = ""
    credential, cluster_resources = ClusterCredential(), False
    try:
        credential = _credential(texts.get("config", ""))
        cluster_resources = _named_flag(texts, "clusterResources")
    except InvalidError as problem:
        error = f"{secret_name(body)} (cluster {server}): {problem}"
    return ClusterRecord(
        key=ClusterKey(server),
        name=texts.get("name", "").strip() or server,
        credential=credential,
        namespaces=comma_list(texts.get("namespaces", "")),
        cluster_resources=cluster_resources,
        project=texts.get("project", "").strip(),
        skip_reconcile=as_texts(as_map(body.get("metadata")).get("annotations")).get(SKIP) == "true",
        error=error,
    )


def _named_flag(texts: dict[str, str], key: str) -> bool:
    try:
        return flag(texts.get(key, "").strip())
    except InvalidError as error:
        raise InvalidError(f"key {key} {error.message}") from error


def _credential(text: str) -> ClusterCredential:
    config = _config(text)
    for key, block in (("awsAuthConfig", config.aws_auth_config), ("execProviderConfig", config.exec_provider_config)):
        if block is not None:
            hint = "use a bearer token, a client certificate or user and password"
            raise InvalidError(f"config.{key} is not supported so far", hint=hint)
    tls = config.tls_client_config
    return ClusterCredential(
        bearer_token=config.bearer_token,
        username=config.username,
        password=config.password,
        ca_data=_pem("caData", tls.ca_data),
        cert_data=_pem("certData", tls.cert_data),
        key_data=_pem("keyData", tls.key_data),
        insecure=tls.insecure,
        server_name=tls.server_name,
        proxy_url=config.proxy_url,
    )


def _config(text: str) -> ClusterConfig:
    try:
        value = json.loads(text) if text.strip() else {}
        return ClusterConfig.parse(value)
    except json.JSONDecodeError as error:
        raise InvalidError(f"config is no JSON (line {error.lineno}, column {error.colno})") from None
    except InvalidError as error:
        # The codec's message shows the value, which may be a password here.
        raise InvalidError(f"config.{error.message.partition(':')[0]} has the wrong type") from None


def _pem(key: str, text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise InvalidError(f"config.tlsClientConfig.{key} is no base64", hint="encode the PEM text") from None
