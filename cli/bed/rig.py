"""`Bed`: starts and stops the clusters of one folder, alone or as a context manager.

Below the folder: `bed.json` (plan and tokens), `pki/`, `etcd/` (the data; survives a restart), `run/` (pid files),
`logs/`, and one folder per cluster with its kubeconfigs and audit log.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from cli.bed.binaries import announce_on_stderr, resolve
from cli.bed.cluster import Cluster
from cli.bed.controllers import add_node, controller_names, controllers
from cli.bed.gobuild import Announce
from cli.bed.pki import Pki, ensure_pki
from cli.bed.plan import HUB, USERS, BedPlan, ClusterPlan, planned, slice_user, store
from cli.bed.ports import answers
from cli.bed.programs import Programs
from cli.bed.servers import api_server, api_server_name, etcd
from cli.bed.slices import give_namespace
from cli.bed.trees import CONTROLLER_PROGRAMS, SERVER_PROGRAMS
from cli.errors import CommandError

READY_LIMIT = timedelta(seconds=90)


class Bed:
    """A hub and further clusters on this machine.

    `clusters` counts the hub too, so the default is a hub alone. `servers` is the number of real API servers (default:
    one per cluster; 260 MB each). `controllers` names the clusters where workloads come to life, True means all real
    ones. `with Bed(folder) as bed:` ends everything at the end, even if this process is killed; a bare `start()` leaves
    it running.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clusters: int = 1,
        servers: int | None = None,
        controllers: bool | Collection[str] = False,
        fsync: bool = True,
        announce: Announce = announce_on_stderr,
    ) -> None:
        self.folder = folder.absolute()
        self._wanted = (clusters, servers or clusters)
        self._controllers = controllers
        self._fsync = fsync
        self._announce = announce
        self._programs = Programs(run=self.folder / "run", logs=self.folder / "logs")
        self._pki = Pki(self.folder / "pki")
        self._plan: BedPlan | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._clusters: dict[str, Cluster] = {}

    @property
    def clusters(self) -> list[Cluster]:
        """All clusters, the hub first; empty before `start`."""
        return list(self._clusters.values())

    @property
    def hub(self) -> Cluster:
        """The cluster for the Application objects."""
        return self.cluster(HUB)

    @property
    def targets(self) -> list[Cluster]:
        """All clusters but the hub."""
        return self.clusters[1:]

    def cluster(self, name: str) -> Cluster:
        """A cluster by name: `hub`, `target-1` …

        Raises:
            CommandError: the bed has no such cluster, or was not started.
        """
        if name not in self._clusters:
            raise CommandError(
                f"no cluster {name!r}", about=str(self.folder), hint="is the bed started and that large?"
            )
        return self._clusters[name]

    def start(self) -> Self:
        """Start what does not run yet and wait until all servers are ready: about 4 s. Data of an earlier run are kept.

        Raises:
            CommandError: a program cannot be had, ended, or was not ready in time; what was started is stopped again.
        """
        began = time.monotonic()
        clusters, servers = self._wanted
        binaries = self._binaries()
        self._plan = plan = planned(self.folder, clusters=clusters, servers=servers)
        store(self.folder, plan)
        pki = ensure_pki(self._pki.folder, len(plan.clusters))
        self._clusters = {cluster.name: self._cluster(plan, cluster, pki) for cluster in plan.clusters}
        self._announce(f"starting etcd and {servers} API server{'s' if servers > 1 else ''} in {self.folder}")
        try:
            self._start_etcd(binaries["etcd"], plan, pki)
            with ThreadPoolExecutor(max_workers=8) as pool:
                list(pool.map(lambda server: self._start_server(server, binaries, pki), plan.servers))
        except BaseException:
            self.stop()
            raise
        self._announce(f"{clusters} cluster{'s' if clusters > 1 else ''} ready after {time.monotonic() - began:.1f} s")
        return self

    def stop(self) -> None:
        """End every program of the folder; the data stays. A second call does nothing."""
        self._programs.stop_all()

    def stop_server(self, name: str) -> None:
        """End one cluster's API server and controllers, as a lost cluster; its address then refuses connections."""
        self._programs.stop([*controller_names(name), api_server_name(name)])

    def start_server(self, name: str) -> None:
        """Start a stopped API server again, with its data and its address, and wait until it is ready."""
        server = next(server for server in self._started().servers if server.name == name)
        self._start_server(server, self._binaries(), self._pki)

    def bring_to_life(self, name: str) -> None:
        """Start the controllers of a running cluster that was started without; a second call does nothing.

        Pods get no service account there: the API server was told not to ask for one.
        """
        self._start_controllers(self.cluster(name), resolve(CONTROLLER_PROGRAMS, self._announce), self._pki)

    def pause_server(self, name: str) -> None:
        """Freeze an API server: connections are accepted and nothing answers."""
        self._programs.signal(api_server_name(name), signal.SIGSTOP)

    def resume_server(self, name: str) -> None:
        """Let a frozen API server go on."""
        self._programs.signal(api_server_name(name), signal.SIGCONT)

    def running(self) -> list[str]:
        """Names of the programs that run now."""
        return [name for name in self._programs.names() if self._programs.runs(name)]

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "cli.bed.guard", str(self._programs.run), str(self._programs.logs)]
        self._guard = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
        try:
            return self if self._clusters else self.start()
        except BaseException:
            self._release_guard()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.stop()
        self._release_guard()

    def _release_guard(self) -> None:
        if self._guard is not None:
            self._guard.communicate(timeout=30)  # closes its input: it finds nothing left to end
            self._guard = None

    def _started(self) -> BedPlan:
        if self._plan is None:
            raise CommandError("not started", about=str(self.folder), hint="call start() first")
        return self._plan

    def _binaries(self) -> dict[str, Path]:
        return resolve(SERVER_PROGRAMS + (CONTROLLER_PROGRAMS if self._controllers else ()), self._announce)

    def _has_controllers(self, name: str) -> bool:
        return self._controllers if isinstance(self._controllers, bool) else name in self._controllers

    def _cluster(self, plan: BedPlan, cluster: ClusterPlan, pki: Pki) -> Cluster:
        tokens = plan.tokens[cluster.server]
        users = {user: tokens[user] for user in USERS}
        if cluster.is_slice:
            users["argosy"] = tokens[slice_user(cluster.name)]
        return Cluster(
            name=cluster.name,
            server=cluster.url,
            authority=pki.authority,
            audit_log=self.folder / cluster.server / "audit.log",
            folder=self.folder / cluster.name,
            tokens=users,
            namespaces=(cluster.name,) if cluster.is_slice else (),
        )

    def _start_etcd(self, binary: Path, plan: BedPlan, pki: Pki) -> None:
        self._programs.start(etcd(binary, self.folder, plan, pki, fsync=self._fsync))
        self._programs.wait_until(lambda: answers(plan.etcd_port), "etcd", limit=READY_LIMIT)

    def _start_server(self, server: ClusterPlan, binaries: dict[str, Path], pki: Pki) -> None:
        plan, cluster = self._started(), self.cluster(server.name)
        with_controllers = self._has_controllers(server.name)
        program = api_server(binaries["kube-apiserver"], self.folder, plan, server, pki, controllers=with_controllers)
        self._programs.start(program)
        self._programs.wait_until(cluster.ready, program.name, limit=READY_LIMIT)
        if with_controllers:
            self._start_controllers(cluster, binaries, pki)
        for further in plan.slices_of(server.name):
            give_namespace(cluster, further.name, slice_user(further.name))

    def _start_controllers(self, cluster: Cluster, binaries: dict[str, Path], pki: Pki) -> None:
        add_node(cluster)
        for program in controllers(binaries, cluster, pki):
            self._programs.start(program)


def stop_all(folder: Path) -> list[str]:
    """End every program of a bed folder, whoever started it; the names of those that ran."""
    bed = Bed(folder, announce=lambda line: None)
    ran = bed.running()
    bed.stop()
    return ran


def write_kubeconfigs(clusters: Iterable[Cluster]) -> None:
    """Write every user's kubeconfig of every cluster."""
    for cluster in clusters:
        for user in cluster.tokens:
            cluster.kubeconfig(user)
