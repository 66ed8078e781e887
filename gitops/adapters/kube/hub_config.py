"""Readings of the hub's settings, clusters, projects and repository credentials."""

from __future__ import annotations

import logging
import threading
import time

import orjson

from gitops.adapters.kube.client import Client, Request
from gitops.adapters.kube.hub_paths import CLUSTER_SECRETS, Paths
from gitops.adapters.kube.listing import list_objects
from gitops.errors import ConflictError, RetryableError
from gitops.model.config import HubConfig
from gitops.model.credentials import CredentialSet
from gitops.model.objects import Json, JsonMap, as_map
from gitops.model.parse_config import parse_hub
from gitops.model.parse_credentials import parse_credentials

log = logging.getLogger(__name__)

DEFAULT_PROJECT: JsonMap = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "AppProject",
    "metadata": {"name": "default"},
    "spec": {
        "sourceRepos": ["*"],
        "destinations": [{"server": "*", "namespace": "*"}],
        "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
    },
}
"""What Argo CD makes when there is no project `default`: it allows everything (AC-082)."""

UNVERSIONED_S = 2.0
"""How long a reading counts when nobody tells versions (after a flush of Redis)."""


def read_map(client: Client, path: str, kind: str) -> JsonMap:
    """A ConfigMap or Secret as the server has it; empty when it does not exist.

    Raises:
        RetryableError: it could not be asked.
    """
    answer = client.send(Request("get", path, kind, path.rpartition("/")[2], secret=kind == "Secret"))
    if answer.status < 300:
        value: Json = orjson.loads(answer.body)
        return as_map(value)
    if not answer.absent:
        raise RetryableError("the path is not served", about=f"{path} at {client.server}")
    return {}


class ConfigReader:
    """One consistent reading of the configuration, kept while its version stays; safe to share between threads."""

    def __init__(self, client: Client, namespace: str, *, read_only: bool) -> None:
        self._client = client
        self._namespace = namespace
        self._paths = Paths(namespace)
        self._read_only = read_only
        self._lock = threading.Lock()
        self._kept: tuple[str, float, HubConfig] | None = None
        self._said: tuple[str, ...] = ()

    def read(self, version: str) -> HubConfig:
        """See `Hub.config`. What is wrong with single entries is logged once."""
        with self._lock:
            if self._kept is not None:
                known, read_at, config = self._kept
                if known == version and (version or time.monotonic() - read_at < UNVERSIONED_S):
                    return config
            config = self._read()
            self._kept = (version, time.monotonic(), config)
            return config

    def credentials(self) -> CredentialSet:
        """See `KubeHub.credentials`."""
        return parse_credentials(
            self._secrets("labelSelector=argocd.argoproj.io%2Fsecret-type%3Drepository"),
            self._secrets("labelSelector=argocd.argoproj.io%2Fsecret-type%3Drepo-creds"),
            known_hosts=self._config_map("argocd-ssh-known-hosts-cm"),
            tls_certs=self._config_map("argocd-tls-certs-cm"),
        )

    def _read(self) -> HubConfig:
        config, problems = parse_hub(
            self._namespace,
            settings=self._config_map("argocd-cm"),
            params=self._config_map("argocd-cmd-params-cm"),
            clusters=self._secrets(CLUSTER_SECRETS),
            projects=self._projects(),
        )
        if problems != self._said:
            self._said = problems
            for problem in problems:
                log.warning("configuration: %s", problem)
        return config

    def _projects(self) -> list[JsonMap]:
        """All projects; the permissive `default` is made when there is none, and assumed when we may not write."""
        bodies = list_objects(self._client, self._paths.projects, kind="AppProject")[0]
        if any(as_map(body.get("metadata")).get("name") == "default" for body in bodies):
            return bodies
        if not self._read_only:
            self._make_default_project()
        return [*bodies, DEFAULT_PROJECT]

    def _make_default_project(self) -> None:
        body = orjson.dumps(DEFAULT_PROJECT)
        try:
            self._client.send(
                Request("create", self._paths.projects, "AppProject", "AppProject default", body=body, repeatable=False)
            )
        except ConflictError:
            log.info("AppProject default was made by someone else meanwhile")

    def _config_map(self, name: str) -> JsonMap:
        return read_map(self._client, self._paths.config_map(name), "ConfigMap")

    def _secrets(self, query: str) -> list[JsonMap]:
        return list_objects(self._client, self._paths.secrets, kind="Secret", query=query)[0]
