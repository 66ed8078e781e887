"""A hub in memory: resourceVersions grow, updates are fenced, deletions wait for finalizers, as on an API server."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from gitops.errors import ConflictError, RetryableError
from gitops.model.accounts import AccountSet
from gitops.model.config import HubConfig
from gitops.model.crds.application import Application
from gitops.model.crds.project import AppProject
from gitops.model.objects import AppRef, JsonMap
from gitops.model.observed import Absent, Found, Unknown
from gitops.ports.editing import Logins

DEFAULT_PROJECT = AppProject.parse(
    {
        "metadata": {"name": "default", "namespace": "argocd"},
        "spec": {
            "sourceRepos": ["*"],
            "destinations": [{"server": "*", "namespace": "*"}],
            "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
        },
    }
)
"""Allows everything, as the one a hub is born with."""

Listener = Callable[[str, JsonMap], None]


class MemoryHub:
    """Ports `Hub` and `Editor`; `away` makes every call fail as a hub that does not answer.

    `silent`: the watch hears nothing. `before_update` happens once, before the next write: somebody else is quicker.
    """

    def __init__(self, config: HubConfig) -> None:
        self.away = False
        self.login_set = Logins(AccountSet({}))
        self.requests: list[str] = []
        self.before_update: Callable[[], None] | None = None
        self.silent = False
        self._config = config
        self._lock = threading.RLock()
        self._apps: dict[AppRef, Application] = {}
        self._version = 100
        self._listeners: list[Listener] = []

    def configure(self, config: HubConfig) -> None:
        """Somebody changes settings, clusters or projects."""
        self._config = config

    def listen(self, listener: Listener) -> None:
        """Tell of every change, as a watch does."""
        self._listeners.append(listener)

    def application(self, ref: AppRef) -> Found[Application] | Absent | Unknown:
        """See the port."""
        if self.away:
            return Unknown("the hub does not answer")
        with self._lock:
            return Found(self._apps[ref]) if ref in self._apps else Absent()

    def applications(self) -> tuple[Application, ...]:
        """See the port."""
        self._answer("list")
        return tuple(self._apps.values())

    def update(self, before: Application, after: Application) -> Application:
        """See the port."""
        if before.dump() == after.dump():
            return before
        self._answer("update")
        if self.before_update is not None:
            meanwhile, self.before_update = self.before_update, None
            meanwhile()
        with self._lock:
            known = self._apps.get(before.ref)
            if known is None or known.metadata.resource_version != before.metadata.resource_version:
                raise ConflictError("somebody wrote it", about=str(before.ref))
            if known.metadata.deletion_timestamp is not None and not after.metadata.finalizers:
                return self._gone(known)
            return self._store(after, "MODIFIED")

    def create(self, app: Application) -> Application:
        """See the port."""
        self._answer("create")
        with self._lock:
            if app.ref in self._apps:
                raise ConflictError("already exists", about=str(app.ref))
            metadata = replace(app.metadata, uid=f"uid-{self._version}", creation_timestamp=datetime.now(UTC))  # noqa: TID251 -- the server's own clock
            return self._store(replace(app, metadata=metadata), "ADDED")

    def delete(self, app: Application) -> None:
        """See the port."""
        self._answer("delete")
        with self._lock:
            known = self._apps.get(app.ref)
            if known is None or known.metadata.uid != app.metadata.uid:
                return
            if not known.metadata.finalizers:
                self._gone(known)
            elif known.metadata.deletion_timestamp is None:
                metadata = replace(known.metadata, deletion_timestamp=datetime.now(UTC))  # noqa: TID251 -- as above
                self._store(replace(known, metadata=metadata), "MODIFIED")

    def logins(self) -> Logins:
        """See the port."""
        if self.away:
            raise RetryableError("the hub does not answer")
        return self.login_set

    def config(self, version: str) -> HubConfig:
        """See the port."""
        del version
        if self.away:
            raise RetryableError("the hub does not answer")
        return self._config

    def record(self, app: Application, *, reason: str, message: str, warning: bool, now: datetime) -> None:
        """See the port."""
        del app, message, warning, now
        self.requests.append(f"event {reason}")

    def _answer(self, verb: str) -> None:
        if self.away:
            raise RetryableError("the hub does not answer")
        self.requests.append(verb)

    def _store(self, app: Application, change: str) -> Application:
        self._version += 1
        stored = replace(app, metadata=replace(app.metadata, resource_version=str(self._version)))
        self._apps[app.ref] = stored
        self._tell(change, stored)
        return stored

    def _gone(self, app: Application) -> Application:
        self._version += 1
        del self._apps[app.ref]
        self._tell("DELETED", replace(app, metadata=replace(app.metadata, resource_version=str(self._version))))
        return app

    def _tell(self, change: str, app: Application) -> None:
        for listener in () if self.silent else self._listeners:
            listener(change, app.dump())
