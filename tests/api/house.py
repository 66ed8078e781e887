"""An API over ports in memory: what the tests of this folder talk to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import bcrypt
import orjson
from flask import Flask
from werkzeug.test import Client, TestResponse

from api.app import create_app
from api.cache import AppCache
from api.wiring import LaneDepth, Ports
from gitops.model.accounts import Account, AccountSet, ApiToken
from gitops.model.config import ClusterCredential, ClusterRecord, HubConfig, Params, Settings
from gitops.model.crds.application import Application
from gitops.model.objects import IN_CLUSTER, Json, JsonMap, as_map, as_text
from gitops.model.revision import RepoKey
from gitops.ports.editing import Logins
from tests.fakes.cluster import MemoryClusters
from tests.fakes.hub import DEFAULT_PROJECT, MemoryHub
from tests.fakes.redis import MemoryCounters, MemoryDesireds, MemoryIndex, MemoryQueue, MemoryRevocations

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
KEY = b"a-secret-key-of-thirty-two-bytes"
PASSWORD = "correct horse"
HASH = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
REPO = "https://github.com/acme/shop"
JSON = {"Content-Type": "application/json"}


class TestClock:
    """Port `Clock` that the test moves."""

    __test__ = False

    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> datetime:
        """See the port."""
        return self.time

    def passes(self, span: timedelta) -> None:
        """Let time pass."""
        self.time += span


def account(name: str, *, capabilities: str = "login,apiKey", enabled: bool = True) -> Account:
    return Account(
        name=name,
        enabled=enabled,
        capabilities=frozenset(capabilities.split(",")),
        password_hash=HASH,
        password_mtime=NOW - timedelta(days=30),
        tokens=(ApiToken("ci", int(NOW.timestamp()) - 3600, None),),
    )


def application(name: str, *, project: str = "default", **spec: Json) -> JsonMap:
    source: JsonMap = {"repoURL": REPO, "path": "apps/shop", "targetRevision": "main"}
    destination: JsonMap = {"server": IN_CLUSTER, "namespace": "shop"}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": name, "namespace": "argocd"},
        "spec": {"project": project, "source": source, "destination": destination, **spec},
    }


@dataclass
class House:
    """The API and everything behind it."""

    ports: Ports
    hub: MemoryHub
    queue: MemoryQueue
    index: MemoryIndex
    desireds: MemoryDesireds
    clusters: MemoryClusters
    counters: MemoryCounters
    clock: TestClock
    app: Flask
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def has(self, body: JsonMap) -> Application:
        """Put an Application into the hub, with status and operation as given."""
        wanted = Application.parse(body)
        created = self.hub.create(wanted)
        self.index.put(created, [RepoKey("shop")])
        return created

    def stored(self, name: str) -> Application:
        """The Application as the hub has it."""
        found = {app.metadata.name: app for app in self.hub.applications()}
        return found[name]

    def call(self, method: str, path: str, body: Json = None, **headers: str) -> TestResponse:
        """One request; JSON content type, and the session if there is one."""
        sent: dict[str, str] = {**JSON, **self.headers, **{k.replace("_", "-"): v for k, v in headers.items()}}
        data = orjson.dumps(body) if body is not None else b""
        return Client(self.app, use_cookies=False).open(
            path, method=method, data=data, headers={k: v for k, v in sent.items() if v}
        )

    def get(self, path: str, **headers: str) -> JsonMap:
        """A JSON object that must be there."""
        response = self.call("GET", path, **headers)
        assert response.status_code == 200, response.text
        return body_of(response)

    def logs_in(self, name: str = "admin", password: str = PASSWORD) -> House:
        """Send a session from now on."""
        response = self.call("POST", "/api/v1/session", {"username": name, "password": password})
        assert response.status_code == 200, response.text
        self.token = as_text(body_of(response)["token"])
        self.headers = {"Authorization": f"Bearer {self.token}"}
        return self


def body_of(response: TestResponse) -> JsonMap:
    """The JSON object of an answer."""
    value: Json = orjson.loads(response.data)
    return as_map(value)


def house(
    *,
    accounts: Mapping[str, Account] | None = None,
    default_role: str = "",
    settings: Settings | None = None,
    secrets: Mapping[str, str] | None = None,
    read_only: bool = False,
) -> House:
    """A new API with an empty hub."""
    record = ClusterRecord(IN_CLUSTER, "in-cluster", ClusterCredential())
    config = HubConfig("argocd", settings or Settings(), Params(), (record,), {"default": DEFAULT_PROJECT})
    hub, queue, index, apps, clock = MemoryHub(config), MemoryQueue(), MemoryIndex(), AppCache(), TestClock()
    desireds, clusters, counters = MemoryDesireds(), MemoryClusters(), MemoryCounters()
    everyone = dict(accounts or {name: account(name) for name in ("admin", "bob")})
    hub.login_set = Logins(AccountSet(everyone, KEY, dict(secrets or {})), default_role)
    hub.listen(lambda change, body: apps.drop(body) if change == "DELETED" else apps.put(body))
    apps.replace([], "100")
    ports = Ports(
        namespace="argocd",
        clock=clock,
        hub=hub,
        editor=hub,
        index=index,
        queue=queue,
        desireds=desireds,
        clusters=clusters,
        counters=counters,
        revocations=MemoryRevocations(),
        apps=apps,
        logins=hub.logins,
        config=lambda: hub.config(""),
        depths=lambda: (LaneDepth("fetch", 3, 1, 0.5),),
        read_only=read_only,
    )
    return House(ports, hub, queue, index, desireds, clusters, counters, clock, create_app(ports))
