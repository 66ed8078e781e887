"""What one story needs on the shared installation: its own repository, namespace and Applications, gone afterwards."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cli.bed.cluster import Answer, Cluster
from cli.bed.gitserver import GitServer
from cli.bed.repository import Repository
from cli.bed.rig import Bed
from tests.bed import fleet
from tests.bed.audit import Audit, Request
from tests.bed.installation import Installation, wait_for

MERGE = "application/merge-patch+json"


@dataclass(frozen=True)
class Scenery:
    """The parts that all stories share: one Argosy over a hub and two registered targets."""

    bed: Bed
    git: GitServer
    argosy: Installation

    @property
    def hub(self) -> Cluster:
        """Where the Applications are."""
        return self.bed.hub

    @property
    def target(self) -> Cluster:
        """The first target: the one that may have controllers."""
        return self.bed.targets[0]

    @property
    def other(self) -> Cluster:
        """The second target: nothing runs there but its API server."""
        return self.bed.targets[1]


@dataclass
class Story:
    """One test's part of the scenery; everything is named `name`."""

    scenery: Scenery
    name: str = field(default_factory=lambda: f"story-{secrets.token_hex(4)}")
    made: list[str] = field(default_factory=list)
    """Applications to remove at the end."""

    @property
    def hub(self) -> Cluster:
        """Where the Applications are."""
        return self.scenery.hub

    @property
    def target(self) -> Cluster:
        """The first target."""
        return self.scenery.target

    @property
    def git(self) -> GitServer:
        """The server of all repositories."""
        return self.scenery.git

    @property
    def argosy(self) -> Installation:
        """The shared installation."""
        return self.scenery.argosy

    @property
    def url(self) -> str:
        """Address of the story's repository."""
        return self.git.url_of(self.name)

    def repository(self, files: dict[str, str]) -> Repository:
        """The story's repository with its first commit."""
        return self.git.create(self.name, dict(files))

    def push(self, repository: Repository, files: Mapping[str, str | None], *, branch: str = "") -> str:
        """Commit and send the webhook a provider would send; the commit."""
        commit = repository.commit(files, branch=branch)
        assert self.argosy.push_event(self.url, commit, ref=f"refs/heads/{branch or 'main'}") == 200
        return commit

    def app(
        self,
        name: str = "",
        *,
        path: str = "app",
        target: Cluster | None = None,
        automated: dict[str, bool] | None = None,
        finalizer: bool = False,
        source: dict[str, object] | None = None,
        repo: str = "",
        **spec: object,
    ) -> str:
        """Create an Application (automated unless told otherwise: `{}` for manual); its name."""
        where = target or self.target
        where.ensure_namespace(self.name)
        body = fleet.application(
            name or self.name, repo=repo or self.url, path=path, server=where.server, namespace=self.name,
            automated=automated, finalizer=finalizer, **spec,
        )  # fmt: skip
        wanted = fleet.field(body, "spec.source")
        assert isinstance(wanted, dict)
        wanted.update(source or {})
        self.create(body)
        return name or self.name

    def create(self, body: dict[str, object]) -> None:
        """Create an Application as it stands; removed at the end."""
        answer = self.hub.request("POST", fleet.APPS, body)
        assert answer.status == 201, answer.body
        self.made.append(str(fleet.field(body, "metadata.name")))

    def get(self, name: str = "") -> dict[str, object]:
        """The Application as it is now."""
        return fleet.get(self.hub, name or self.name)

    def edit(self, patch: dict[str, object], name: str = "") -> Answer:
        """What `kubectl patch --type merge` does to the Application."""
        path = f"{fleet.APPS}/{name or self.name}"
        answer = self.hub.request("PATCH", path, patch, content_type=MERGE)
        assert answer.good, answer.body
        return answer

    def annotate(self, name: str = "", **annotations: str | None) -> None:
        """Set annotations of the Application under `argocd.argoproj.io/`."""
        found = {f"argocd.argoproj.io/{key.replace('_', '-')}": text for key, text in annotations.items()}
        self.edit({"metadata": {"annotations": found}}, name)

    def sync(self, name: str = "", **operation: object) -> None:
        """Ask for a sync as kubectl would: by writing `operation`."""
        self.edit({"operation": {"initiatedBy": {"username": "kubectl"}, "sync": operation}}, name)

    def until(
        self, holds: Callable[[dict[str, object]], bool], what: str, *, name: str = "", limit_s: float = 20.0
    ) -> dict[str, object]:
        """The Application as soon as `holds` is true of it; fails naming `what` and showing its status."""
        found: dict[str, object] = {}

        def check() -> bool:
            found.clear()
            found.update(self.get(name))
            return holds(found)

        try:
            wait_for(check, what, limit_s=limit_s)
        except AssertionError as error:
            raise AssertionError(f"{error}: {found.get('status')} {found.get('operation')}") from None
        return found

    def synced(self, revision: str = "", *, name: str = "", limit_s: float = 20.0) -> dict[str, object]:
        """Wait until it is Synced by a sync that succeeded, at the revision if given."""
        return self.until(lambda app: fleet.synced(app, revision), f"Synced {revision[:7]}", name=name, limit_s=limit_s)

    def condition(self, kind: str, *, name: str = "", has: str = "", limit_s: float = 20.0) -> str:
        """Wait for a condition whose text holds `has`; the text."""
        app = self.until(
            lambda body: has in fleet.conditions(body).get(kind, "") and kind in fleet.conditions(body),
            f"condition {kind} with {has!r}", name=name, limit_s=limit_s,
        )  # fmt: skip
        return fleet.conditions(app)[kind]

    def settled(self, name: str = "") -> dict[str, object]:
        """The Application after it was looked at again: a hard answer to "did anything happen?"."""
        self.annotate(name, refresh="normal")
        return self.until(lambda app: not refreshing(app), "the refresh is answered", name=name)

    def live(self, kind: str, name: str = "", *, target: Cluster | None = None) -> Answer:
        """A live object of the story's namespace; status 404 when it is not there."""
        return (target or self.target).request("GET", self.path(kind, name))

    def path(self, kind: str, name: str = "") -> str:
        """Path of an object of the story's namespace, `kind` as `configmaps` or `apps/v1/deployments`."""
        group, _, plural = kind.rpartition("/")
        return f"/api{f's/{group}' if group else '/v1'}/namespaces/{self.name}/{plural}/{name or self.name}"

    def value(self, name: str = "", *, target: Cluster | None = None) -> object:
        """`data.value` of a live ConfigMap, None when there is none."""
        return fleet.field(self.live("configmaps", name, target=target).body, "data.value")

    def change(self, kind: str, patch: object, name: str = "", *, query: str = "") -> None:
        """What `kubectl edit` by a person does to a live object."""
        answer = self.target.request("PATCH", self.path(kind, name) + query, patch, content_type=MERGE)
        assert answer.good, answer.body

    def mine(self, requests: Iterable[Request]) -> list[Request]:
        """Those requests of an audit log that are about the story's namespace or Applications."""
        return [r for r in requests if r.namespace == self.name or r.name in self.made or r.name == self.name]

    def audit(self, target: Cluster | None = None) -> Audit:
        """A witness of a target from now on; what was asked before is logged before it starts."""
        log = (target or self.target).audit_log
        wait_quiet(log)
        return Audit(log)

    def hub_audit(self) -> Audit:
        """A witness of the hub from now on."""
        return self.audit(self.hub)

    def end(self) -> None:
        """Remove the Applications; their objects stay, in a namespace that no other story uses."""
        for name in self.made:
            path = f"{fleet.APPS}/{name}"
            self.hub.request("PATCH", path, {"metadata": {"finalizers": None}}, content_type=MERGE)
            self.hub.request("DELETE", path)


def wait_quiet(log: Path, *, for_s: float = 0.3) -> None:
    """Wait until nothing was written to a log for a moment: the API server logs a request after it answered it."""
    size, since = -1, time.monotonic()

    def quiet() -> bool:
        nonlocal size, since
        if log.stat().st_size != size:
            size, since = log.stat().st_size, time.monotonic()
        return time.monotonic() - since > for_s

    wait_for(quiet, f"{log} is quiet")


def config_map(name: str, value: str = "one", **metadata: object) -> dict[str, object]:
    """A ConfigMap with one value."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **metadata}, "data": {"value": value}}


def files(*objects: dict[str, object], path: str = "app") -> dict[str, str]:
    """Files of an app's folder, one per object, named for it."""
    return {f"{path}/{fleet.field(body, 'metadata.name')}.yaml": json.dumps(body) for body in objects}


def refreshing(app: dict[str, object]) -> bool:
    """Whether it still carries a refresh request."""
    annotations = fleet.field(app, "metadata.annotations")
    return isinstance(annotations, dict) and "argocd.argoproj.io/refresh" in annotations


def phase(app: dict[str, object]) -> object:
    """Phase of its last operation."""
    return fleet.field(app, "status.operationState.phase")


def sync_status(app: dict[str, object]) -> object:
    """Synced, OutOfSync or Unknown."""
    return fleet.field(app, "status.sync.status")
