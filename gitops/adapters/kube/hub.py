"""Port `Hub`: Applications and the configuration around them, in the control namespace of one cluster."""

from __future__ import annotations

import logging
from datetime import datetime
from urllib.parse import quote

import orjson

from gitops.adapters.kube.client import MERGE_PATCH, Client, Request
from gitops.adapters.kube.events import event_of
from gitops.adapters.kube.hub_accounts import HubAccounts
from gitops.adapters.kube.hub_config import ConfigReader
from gitops.adapters.kube.hub_paths import Paths
from gitops.adapters.kube.listing import list_objects
from gitops.adapters.kube.merge_patch import difference
from gitops.errors import ArgosyError, InvalidError, RetryableError
from gitops.model.accounts import AccountSet
from gitops.model.config import HubConfig
from gitops.model.crds.application import Application
from gitops.model.credentials import CredentialSet
from gitops.model.objects import AppRef, Json, JsonMap, as_map
from gitops.model.observed import Absent, Found, Unknown

log = logging.getLogger(__name__)

COMPETITOR = "argocd-application-controller"


class KubeHub:
    """The hub; safe to share between threads. With `read_only` nothing is written: what would be is logged."""

    def __init__(self, client: Client, namespace: str, *, read_only: bool = False) -> None:
        self.client = client
        self.namespace = namespace
        self.paths = Paths(namespace)
        self.read_only = read_only
        self._config = ConfigReader(client, namespace, read_only=read_only)
        self._accounts = HubAccounts(client, namespace, read_only=read_only)

    def application(self, ref: AppRef) -> Found[Application] | Absent | Unknown:
        """See the port."""
        try:
            answer = self.client.send(Request("get", self.paths.application(ref), "Application", f"Application {ref}"))
            if answer.status < 300:
                return Found(Application.parse(_json(answer.body)))
        except ArgosyError as error:
            return Unknown(str(error))
        return Absent() if answer.absent else Unknown(f"{self.client.server} does not serve Applications")

    def applications(self) -> tuple[Application, ...]:
        """See the port. One that does not parse is left out and logged: it must not hide the others."""
        found = []
        for body in list_objects(self.client, self.paths.applications, kind="Application")[0]:
            try:
                found.append(Application.parse(body))
            except InvalidError as error:
                log.warning(
                    "an Application cannot be read: %s", error, extra={"app": as_map(body["metadata"]).get("name")}
                )
        return tuple(found)

    def update(self, before: Application, after: Application) -> Application:
        """See the port."""
        patch = difference(before.dump(), after.dump())
        if not patch:
            return after
        if self.read_only:
            log.info("read-only: not written", extra={"app": str(before.ref), "fields": sorted(patch)})
            return after
        patch["metadata"] = {**as_map(patch.get("metadata")), "resourceVersion": before.metadata.resource_version}
        about, path = f"Application {before.ref}", self.paths.application(before.ref)
        answer = self.client.send(
            Request("patch", path, "Application", about, body=orjson.dumps(patch), content_type=MERGE_PATCH)
        )
        if answer.status == 404:
            raise RetryableError("was deleted meanwhile", about=about, hint="Read again")
        return Application.parse(_json(answer.body))

    def config(self, version: str) -> HubConfig:
        """See the port. An empty version is trusted for two seconds only."""
        return self._config.read(version)

    def credentials(self) -> CredentialSet:
        """All repository credentials of the hub, for `watch` to seal.

        Raises:
            RetryableError: the hub did not answer in full.
        """
        return self._config.credentials()

    def accounts(self, now: datetime) -> AccountSet:
        """Accounts, token key and webhook secrets; makes the key and the admin's first password when they are missing.

        Raises:
            RetryableError: the hub did not answer. RefusedError: our account may not.
        """
        return self._accounts.read(now)

    def record(self, app: Application, *, reason: str, message: str, warning: bool, now: datetime) -> None:
        """See the port."""
        if self.read_only:
            return
        body = orjson.dumps(event_of(app, reason=reason, message=message, warning=warning, now=now))
        path = f"/api/v1/namespaces/{quote(app.metadata.namespace, safe='')}/events"
        try:
            self.client.send(Request("create", path, "Event", f"Event {reason}", body=body, repeatable=False))
        except ArgosyError as error:
            log.warning("event not written: %s", error, extra={"app": str(app.ref)})  # the ledger has it; nothing waits

    def competitor(self) -> str:
        """`kind name` of a running Argo CD controller in the control namespace, empty when there is none (AC-003).

        Raises:
            RetryableError, RefusedError: cannot be told; do not start writing.
        """
        for kind, plural in (("StatefulSet", "statefulsets"), ("Deployment", "deployments")):
            path = f"/apis/apps/v1/namespaces/{quote(self.namespace, safe='')}/{plural}/{COMPETITOR}"
            answer = self.client.send(Request("get", path, kind, f"{kind} {COMPETITOR}"))
            if answer.status < 300 and as_map(_json(answer.body).get("spec")).get("replicas", 1):
                return f"{kind} {COMPETITOR}"
        return ""


def _json(body: bytes) -> JsonMap:
    value: Json = orjson.loads(body)
    return as_map(value)
