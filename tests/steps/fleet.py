"""Everything between a push and a synced cluster on fakes: the steps, the watch, the queue between them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from gitops.access.repo import repo_key
from gitops.desired.inputs import Limits
from gitops.desired.wanted import Wishes
from gitops.jobs import Advance, Compare, Fetch, Job, Rank, Scan, Sweep, name_of
from gitops.model.config import ClusterCredential, ClusterRecord, HubConfig, Params, Settings
from gitops.model.crds.application import Application, Condition, Operation, SyncOperation
from gitops.model.credentials import CredentialSet
from gitops.model.fingerprint import Verdict
from gitops.model.objects import AppRef, ClusterKey, JsonMap, ObjectKey, as_map
from gitops.model.observed import Found, LiveObject
from gitops.reconcile.advance import advance
from gitops.reconcile.compare import compare
from gitops.reconcile.fetch import fetch
from gitops.reconcile.ports import Ports
from gitops.reconcile.rendering import FetchPorts
from gitops.reconcile.scan import scan
from gitops.reconcile.sweep import sweep
from tests.fakes.cluster import MemoryCluster, MemoryClusters
from tests.fakes.hub import DEFAULT_PROJECT, MemoryHub
from tests.fakes.redis import (
    MemoryCounters,
    MemoryDesireds,
    MemoryFacts,
    MemoryFingerprints,
    MemoryIndex,
    MemoryQueue,
    MemoryVault,
)
from tests.fakes.sources import MemoryRepository, MemorySources
from tests.fakes.turn import HeldLease, SetClock
from workers.watch.apps import Apps
from workers.watch.hubnews import AppNews
from workers.watch.recheck import Recheck
from workers.watch.rows import RowNews
from workers.watch.targets import Targets

URL = "https://git.example/apps.git"
REPO = repo_key(URL)
C1 = ClusterKey("https://c1")
RECORD = ClusterRecord(C1, "c1", ClusterCredential())
MANY = 60
"""More turns than any playbook needs: a loop that does not end is a failure, not a hang."""


def config_file(name: str, value: str = "1", **annotations: str) -> str:
    """A manifest file with one ConfigMap (`__` in an annotation's name stands for `/`, `_` for `-`)."""
    head = f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n"
    marks = "".join(f"    {_spelled(k)}: '{v}'\n" for k, v in annotations.items())
    return f"{head}  annotations:\n{marks}data: {{v: '{value}'}}\n" if marks else f"{head}data: {{v: '{value}'}}\n"


def _spelled(name: str) -> str:
    return "argocd.argoproj.io/" + name.replace("_", "-")


def config(name: str) -> ObjectKey:
    """The key of a ConfigMap of the app `web`."""
    return ObjectKey("", "ConfigMap", "web", name)


class LateCalls(Recheck):
    """A recheck whose time the test decides."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[object] = []

    def after(self, delay_s: float, call) -> None:  # type: ignore[no-untyped-def]  # see Recheck
        """Remember the call."""
        self.calls.append(call)

    def come(self) -> None:
        """Its time has come."""
        calls, self.calls = self.calls, []
        for call in calls:
            call()  # type: ignore[operator]  # see `after`


class Fleet:
    """One hub, one cluster, one repository; `runs` takes every waiting turn, as workers do."""

    def __init__(self, *, read_only: bool = False) -> None:
        self.clock, self.lease = SetClock(), HeldLease()
        self.repository = MemoryRepository()
        self.sources = MemorySources({URL: self.repository})
        self.hub = MemoryHub(HubConfig("argocd", Settings(), Params(), (RECORD,), {"default": DEFAULT_PROJECT}))
        self.clusters = MemoryClusters(read_only=read_only)
        self.cluster: MemoryCluster = self.clusters.open(RECORD)
        self.desireds, self.facts, self.queue = MemoryDesireds(), MemoryFacts(), MemoryQueue()
        self.fingerprints = MemoryFingerprints(self.desireds)
        self.index, self.vault, self.counters = MemoryIndex(), MemoryVault(), MemoryCounters()
        self.vault.put(CredentialSet())
        self.facts.bump()
        self.ports = Ports(
            hub=self.hub, clusters=self.clusters, desireds=self.desireds, fingerprints=self.fingerprints,
            facts=self.facts, queue=self.queue, counters=self.counters, clock=self.clock, read_only=read_only,
        )  # fmt: skip
        self.fetch_ports = FetchPorts(
            index=self.index, vault=self.vault, desireds=self.desireds, facts=self.facts, sources=self.sources,
            queue=self.queue, clock=self.clock, wishes=Wishes(Limits(), allow_http=False),
        )  # fmt: skip
        self.apps, self.recheck = Apps(), LateCalls()
        self.rows = RowNews(self.apps, self.fingerprints, self.facts, self.queue, self.recheck, "argocd")
        targets = Targets(self.apps, self.clusters, lambda: self.hub.config(""), self.rows, self.recheck)
        self.news = AppNews(self.apps, self.index, self.fingerprints, self.queue, targets)
        self.hub.listen(lambda change, body: self.news.gone(body) if change == "DELETED" else self.news.changed(body))
        self.ran: list[str] = []
        self.wakes: dict[str, timedelta] = {}

    # what people do

    def pushes(self, **files: str | None) -> str:
        """A commit to the folder `web` (`name="text"` is the file name.yaml), without telling anybody."""
        return self.repository.commit({f"web/{n}.yaml": text for n, text in files.items()})

    def has_app(self, name: str = "web", *, policy: JsonMap | None = None, path: str = "web", **spec: object) -> None:
        """Somebody creates an Application."""
        body: JsonMap = {
            "project": "default",
            "source": {"repoURL": URL, "path": path, "targetRevision": "main"},
            "destination": {"server": C1, "namespace": "web"},
        }
        if policy is not None:
            body["syncPolicy"] = policy
        meta: JsonMap = {"name": name, "namespace": "argocd", "finalizers": spec.pop("finalizers", [])}  # type: ignore[dict-item]  # a test's table
        self.hub.create(Application.parse({"metadata": meta, "spec": {**body, **spec}}))  # type: ignore[dict-item]  # as above

    def edits(self, name: str = "web", **changes: object) -> None:
        """Somebody changes an Application as kubectl does: fields of `replace`."""
        app = self.app(name)
        self.hub.update(app, replace(app, **changes))  # type: ignore[arg-type]  # a test's table

    def asks(self, name: str = "web", *, retry: object = None, **sync: object) -> None:
        """Somebody writes `operation`."""
        more = {} if retry is None else {"retry": retry}
        self.edits(name, operation=Operation(sync=SyncOperation(**sync), **more))  # type: ignore[arg-type]  # a test's table

    def refreshes(self, how: str = "normal") -> None:
        """Somebody sets the refresh annotation."""
        app = self.app()
        annotations = {**app.metadata.annotations, "argocd.argoproj.io/refresh": how}
        self.edits(metadata=replace(app.metadata, annotations=annotations))

    def webhook(self) -> Fleet:
        """The provider tells of a push."""
        self.queue.nudge(Fetch(REPO), Rank.WEBHOOK)
        return self

    # what workers do

    def runs(self) -> Fleet:
        """Take turns until nothing waits; what is to come later stays."""
        self.ran.clear()
        self.wakes.clear()
        for _ in range(MANY):
            job = self.queue.take()
            if job is None:
                return self
            self.run(job)
        raise AssertionError(f"no end: {self.ran}")

    def run(self, job: Job) -> None:
        """One turn."""
        self.ran.append(name_of(job))
        wake = self._step(job)
        if wake is None:
            return
        if wake > timedelta(0):
            self.wakes[name_of(job)] = wake
        self.queue.nudge(job, Rank.PERIODIC, after=wake)

    def _step(self, job: Job) -> timedelta | None:
        now = self.clock.now()
        match job:
            case Fetch():
                return fetch(job, self.fetch_ports, self.lease, now)
            case Compare():
                return compare(job, self.ports, self.lease, now)
            case Advance():
                return advance(job, self.ports, self.lease, now)
            case Scan():
                scan(job, self.ports, self.lease, now)
            case Sweep():
                sweep(job, self.ports, self.lease, now)
        return None

    def later(self, seconds: float) -> Fleet:
        """Time passes, what was to come later is due, and is run."""
        self.clock.passes(seconds)
        self.queue.wake()
        return self.runs()

    def forgets(self) -> Fleet:
        """Redis is emptied."""
        for part in (self.desireds.renders, self.desireds.renderings, self.desireds.good, self.fingerprints.prints):
            part.clear()
        for more in (self.fingerprints.doubts, self.queue.jobs, self.queue.later, self.index.apps):
            more.clear()
        self.facts.flush()
        self.vault.kept = None
        return self

    def settles(self) -> Fleet:
        """Run what waits, then count anew."""
        self.runs()
        self.cluster.requests.clear()
        self.hub.requests.clear()
        return self

    # what can be seen

    def app(self, name: str = "web") -> Application:
        """The Application as the hub has it."""
        found = self.hub.application(AppRef("argocd", name))
        assert isinstance(found, Found), found
        return found.object

    @property
    def uid(self) -> str:
        """Of the app `web`."""
        return self.app().metadata.uid

    def status(self) -> tuple[str, str]:
        """Sync status and operation phase of `web`."""
        app = self.app()
        return app.status.sync.status, app.status.operation_state.phase if app.status.operation_state else ""

    def message(self) -> str:
        """Of the last operation."""
        state = self.app().status.operation_state
        return state.message if state else ""

    def results(self) -> dict[str, str]:
        """Of the last operation: name -> status and message."""
        state = self.app().status.operation_state
        resources = state.sync_result.resources if state and state.sync_result else ()
        return {r.name: f"{r.status}: {r.message}" for r in resources}

    def conditions(self) -> dict[str, str]:
        """Type -> message."""
        return {c.type: c.message for c in self.app().status.conditions}

    def of_type(self, kind: str) -> Condition | None:
        """One condition."""
        return next((c for c in self.app().status.conditions if c.type == kind), None)

    def resources(self) -> dict[str, str]:
        """Objects of the status: name -> sync status."""
        return {r.name: r.status for r in self.app().status.resources}

    def live(self, name: str) -> str | None:
        """The value in a live ConfigMap, None when it is not there."""
        there = self.cluster.objects.get(config(name))
        return str(as_map(there.body.get("data")).get("v")) if there else None

    def verdict(self, name: str) -> Verdict:
        """Of the fingerprint."""
        return self.fingerprints.fingerprints(self.uid)[config(name)].verdict

    def writes(self) -> list[str]:
        """Requests that change the target."""
        return self.cluster.asked("apply", "delete")

    def updates(self) -> int:
        """PATCHes of the hub since the last `settles`."""
        return self.hub.requests.count("update")

    # what the cluster's watch tells

    def tells(self, *names: str) -> None:
        """The metadata watch reports these ConfigMaps as they are."""
        for name in names:
            key, settings = config(name), Settings()
            live = self.cluster.objects.get(key)
            if live is None:
                self.rows.gone(C1, key)
            else:
                self.rows.changed(C1, self.cluster.row_of(LiveObject(live), settings), settings)


def synced(policy: JsonMap | None = None, **files: str) -> Fleet:
    """A fleet with the app `web` synced to its files, nothing waiting."""
    fleet = Fleet()
    fleet.pushes(**(files or {"a": config_file("a"), "b": config_file("b")}))
    fleet.has_app(policy={"automated": {"selfHeal": True, "prune": True}} if policy is None else policy)
    fleet.settles()
    assert fleet.status() == ("Synced", "Succeeded"), (fleet.status(), fleet.conditions(), fleet.message())
    return fleet
