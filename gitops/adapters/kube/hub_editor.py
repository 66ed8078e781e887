"""Port `Editor`: what users do to Applications beyond an update, and who may log in."""

from __future__ import annotations

import logging

import orjson

from gitops.adapters.kube.client import Client, Request
from gitops.adapters.kube.hub import KubeHub
from gitops.adapters.kube.hub_config import read_map
from gitops.errors import RetryableError
from gitops.model.crds.application import Application
from gitops.model.objects import Json, as_map, as_texts
from gitops.ports.clock import Clock
from gitops.ports.editing import Logins

log = logging.getLogger(__name__)


class HubEditor:
    """Writes through the hub's client; with a read-only hub nothing is written and what would be is logged."""

    def __init__(self, hub: KubeHub, clock: Clock) -> None:
        self._hub = hub
        self._clock = clock

    @property
    def _client(self) -> Client:
        return self._hub.client

    def create(self, app: Application) -> Application:
        """See the port."""
        if self._hub.read_only:
            log.info("read-only: not created", extra={"app": str(app.ref)})
            return app
        about = f"Application {app.ref}"
        path = self._hub.paths.applications
        body = orjson.dumps(app.dump())
        answer = self._client.send(Request("create", path, "Application", about, body=body, repeatable=False))
        if answer.absent:
            raise RetryableError("the hub does not serve Applications", about=about, hint="install the CRDs")
        value: Json = orjson.loads(answer.body)
        return Application.parse(as_map(value))

    def delete(self, app: Application) -> None:
        """See the port."""
        if self._hub.read_only:
            log.info("read-only: not deleted", extra={"app": str(app.ref)})
            return
        # The finalizer does the cascade: the API server is not to wait for dependents of the Application itself.
        options = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": {"uid": app.metadata.uid},
        }
        path, about = self._hub.paths.application(app.ref), f"Application {app.ref}"
        self._client.send(Request("delete", path, "Application", about, body=orjson.dumps(options)))

    def logins(self) -> Logins:
        """See the port."""
        rbac = read_map(self._client, self._hub.paths.config_map("argocd-rbac-cm"), "ConfigMap")
        accounts = self._hub.accounts(self._clock.now())
        return Logins(accounts, as_texts(rbac.get("data")).get("policy.default", ""))
