"""What a fault test works with: a fleet of apps in one monorepo, an installation to hurt, and the invariants after it.

The invariants are those of security-reliability.md 9, seen by witnesses that are not ours: the hub's objects, the
audit logs of the API servers, and the process table.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import redis

from cli.bed.cluster import Cluster
from cli.bed.gitserver import GitServer
from cli.bed.repository import Repository
from tests.bed.audit import Audit, Request
from tests.bed.fleet import APPS, application, create, every, field, get, manifests, synced, wait_synced
from tests.bed.installation import Installation, wait_for, with_signal

MERGE = "application/merge-patch+json"


@dataclass(frozen=True)
class Fleet:
    """Apps of one test: four objects each, one folder each in one repository, spread over the targets in turn."""

    name: str
    hub: Cluster
    targets: tuple[Cluster, ...]
    repo_url: str
    repository: Repository
    count: int

    @property
    def names(self) -> list[str]:
        """Of all its apps."""
        return [f"{self.name}-{number:02d}" for number in range(self.count)]

    def target_of(self, name: str) -> Cluster:
        """Where an app runs."""
        return self.targets[self.names.index(name) % len(self.targets)]

    def install(self, **spec: object) -> str:
        """Create the namespaces and the Applications, wait until all are Synced; the commit they are at."""
        for target in self.targets:
            target.ensure_namespace(self.name)
        create(
            self.hub,
            (
                application(
                    name, repo=self.repo_url, path=f"apps/{name}", server=self.target_of(name).server,
                    namespace=self.name, **spec,  # type: ignore[arg-type]  # further fields of the spec
                )
                for name in self.names
            ),
        )  # fmt: skip
        wait_synced(self.hub, self.names, self.repository.head(), limit_s=90)
        return self.repository.head()

    def commit(self, value: str, names: Iterable[str] = ()) -> str:
        """Commit another value for the named apps (default: all) and tell nobody; the commit."""
        named = names or self.names
        return self.repository.commit(
            {f"apps/{name}/config.yaml": manifests(name, value=value)["config.yaml"] for name in named}, value
        )

    def push(self, argosy: Installation, value: str, names: Iterable[str] = ()) -> str:
        """Commit as `commit` does, and send the webhook; the commit."""
        commit = self.commit(value, names)
        assert argosy.push_event(self.repo_url, commit) == 200
        return commit

    def apps(self) -> dict[str, dict[str, object]]:
        """Its Applications as they are now."""
        return {name: app for name, app in every(self.hub).items() if name in self.names}

    def value(self, name: str) -> object:
        """What an app's ConfigMap says now; None where it is not there."""
        return field(self.target_of(name).request("GET", self._config(name)).body, "data.value")

    def drift(self, name: str, value: str = "drifted") -> None:
        """Edit an app's ConfigMap as a person with kubectl does."""
        body = {"data": {"value": value}}
        answer = self.target_of(name).request("PATCH", self._config(name), body, content_type=MERGE)
        assert answer.good, answer.body

    def under_way(self, commit: str) -> tuple[int, int]:
        """How many apps have an operation of a commit, and how many of these have ended it."""
        apps = self.apps().values()
        return (
            sum(field(app, "status.operationState.syncResult.revision") == commit for app in apps),
            sum(synced(app, commit) for app in apps),
        )

    def check(self, commits: list[str], value: str) -> None:
        """I-1, I-3 and history: every app ended well at the last commit, one entry per commit and none twice."""
        for name, app in self.apps().items():
            assert field(app, "status.operationState.phase") == "Succeeded", (name, field(app, "status.operationState"))
            assert "operation" not in app, name
            assert history(app) == list(enumerate(commits)), name
            assert self.value(name) == value, name

    def remove(self) -> None:
        """Delete the Applications; their objects stay."""
        for name in self.names:
            self.hub.request("DELETE", f"{APPS}/{name}")

    def _config(self, name: str) -> str:
        return f"/api/v1/namespaces/{self.name}/configmaps/{name}"


def fleet(name: str, hub: Cluster, targets: Iterable[Cluster], git: GitServer, count: int) -> Fleet:
    """A fleet with its repository's first commit; nothing is in the hub yet."""
    planned = Fleet(name, hub, tuple(targets), git.url_of(name), Repository(git.root / f"{name}.git"), count)
    git.create(name, {f"apps/{app}/{file}": text for app in planned.names for file, text in manifests(app).items()})
    return planned


def history(app: dict[str, object]) -> list[tuple[int, str]]:
    """Id and revision of each entry, oldest first."""
    entries = field(app, "status.history")
    return [(entry["id"], entry["revision"]) for entry in entries] if isinstance(entries, list) else []


def deletions(audits: Iterable[Audit]) -> list[Request]:
    """Every DELETE that Argosy asked of the API servers."""
    return [r for audit in audits for r in audit.writes() if r.verb in ("delete", "deletecollection")]


def refresh(fleet: Fleet, *, wait: bool = True) -> None:
    """Ask for a look at the first app, and wait until it has been taken."""
    body = {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "hard"}}}
    name = fleet.names[0]
    assert fleet.hub.request("PATCH", f"{APPS}/{name}", body, content_type=MERGE).good
    if wait:
        wait_for(lambda: "refresh" not in str(field(get(fleet.hub, name), "metadata.annotations")), "it is looked at")


def redis_of(argosy: Installation) -> redis.Redis:
    """The installation's Valkey, as its administrator sees it."""
    keys = json.loads((argosy.data_dir / "keys" / "all.json").read_text())
    path = argosy.data_dir / "run" / "valkey.sock"
    return redis.Redis(unix_socket_path=str(path), password=keys["redis_password"])


def kill(argosy: Installation, role: str) -> None:
    """kill -9 of one role; one that is just down already counts as killed."""
    pid = argosy.pids().get(role)
    if pid is not None:
        with_signal(pid, signal.SIGKILL)


def processes_of(data_dir: Path) -> dict[int, str]:
    """Every process that belongs to an installation by its environment, arguments or working folder."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid() and _mentions(entry, str(data_dir)):
            found[int(entry.name)] = _read(entry / "cmdline").replace("\0", " ").strip()
    return found


def _mentions(process: Path, folder: str) -> bool:
    try:
        place = str((process / "cwd").readlink())
    except OSError:
        return False  # it ended while we looked
    return folder in place or folder in _read(process / "environ") or folder in _read(process / "cmdline")


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
