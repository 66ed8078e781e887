"""Repository Secrets, credential templates, known hosts and CA bundles to values (argo-cd.md 8.2 to 8.4)."""

from __future__ import annotations

from collections.abc import Iterable

from gitops.errors import InvalidError
from gitops.model.credentials import CredentialSet, RepoCredential
from gitops.model.objects import JsonMap
from gitops.model.spelling import about, config_texts, flag, integer, secret_texts

IDENTITIES = {
    "githubAppPrivateKey": "GitHub App",
    "githubAppID": "GitHub App",
    "gcpServiceAccountKey": "Google service account",
    "useAzureWorkloadIdentity": "Azure workload identity",
    "azureServicePrincipalClientId": "Azure service principal",
    "azureServicePrincipalClientID": "Azure service principal",
}
"""Keys of identities that Argosy cannot use so far; they count only when no password, token or ssh key is given."""

TYPES = ("git", "helm", "oci")


def parse_repository(body: JsonMap) -> RepoCredential:
    """A `repository` or `repo-creds` Secret. What is wrong with it is in `error`, and the repository cannot be used.

    Never raises: one broken Secret must not hide the others.
    """
    try:
        texts = secret_texts(body)
    except InvalidError as error:
        return RepoCredential(url="", error=str(error))
    url = texts.get("url", "").strip()
    try:
        return _credential(url, texts)
    except InvalidError as error:
        return RepoCredential(url=url, project=texts.get("project", "").strip(), error=f"{_secret_name(body)}: {error}")


def parse_credentials(
    repositories: Iterable[JsonMap], templates: Iterable[JsonMap], *, known_hosts: JsonMap, tls_certs: JsonMap
) -> CredentialSet:
    """All credentials of the hub; an empty object stands for an absent ConfigMap. Sorted by Secret name."""
    return CredentialSet(
        repositories=tuple(parse_repository(body) for body in sorted(repositories, key=_secret_name)),
        templates=tuple(parse_repository(body) for body in sorted(templates, key=_secret_name)),
        known_hosts=config_texts(known_hosts).get("ssh_known_hosts", ""),
        tls_certs=config_texts(tls_certs),
    )


def _secret_name(body: JsonMap) -> str:
    return about("Secret", body)


def _credential(url: str, texts: dict[str, str]) -> RepoCredential:
    if not url:
        raise InvalidError("key url is missing", hint="write the URL of the repository there")
    made = RepoCredential(
        url=url,
        type=_type(texts),
        project=texts.get("project", "").strip(),
        name=texts.get("name", ""),
        username=texts.get("username", ""),
        password=texts.get("password", ""),
        bearer_token=texts.get("bearerToken", ""),
        ssh_private_key=texts.get("sshPrivateKey", ""),
        tls_client_cert=texts.get("tlsClientCertData", ""),
        tls_client_key=texts.get("tlsClientCertKey", ""),
        insecure=_flag(texts, "insecure") or _flag(texts, "insecureIgnoreHostKey"),
        force_basic=_flag(texts, "forceHttpBasicAuth"),
        proxy=texts.get("proxy", "").strip(),
        no_proxy=texts.get("noProxy", "").strip(),
        depth=_depth(texts),
        enable_lfs=_flag(texts, "enableLfs"),
    )
    _check_identity(made, texts)
    return made


def _type(texts: dict[str, str]) -> str:
    kind = texts.get("type", "").strip() or "git"
    if kind not in TYPES:
        raise InvalidError(f'type "{kind}" is unknown', hint=f"use one of {', '.join(TYPES)}")
    return kind


def _flag(texts: dict[str, str], key: str) -> bool:
    try:
        return flag(texts.get(key, "").strip())
    except InvalidError as error:
        raise InvalidError(f"key {key} {error.message}") from error


def _depth(texts: dict[str, str]) -> int:
    try:
        depth = integer(texts.get("depth", "").strip())
    except InvalidError as error:
        raise InvalidError(f"key depth {error.message}") from error
    if depth < 0:
        raise InvalidError("key depth must not be negative", hint="0 is the full history")
    return depth


def _check_identity(made: RepoCredential, texts: dict[str, str]) -> None:
    if bool(made.tls_client_cert) != bool(made.tls_client_key):
        raise InvalidError("tlsClientCertData and tlsClientCertKey must be given both or not at all")
    if made.password or made.bearer_token or made.ssh_private_key:
        return
    for key, identity in IDENTITIES.items():
        asked = _flag(texts, key) if key.startswith("use") else bool(texts.get(key))
        if asked:
            hint = "use a password, a token or an ssh key"
            raise InvalidError(f"identity {identity} ({key}) is not supported so far", hint=hint)
