"""`argosy up` as a user starts it, against a hub of the bed: a process of its own, never our own modules."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import urllib3

from cli.bed.cluster import Cluster
from cli.bed.ports import free_port
from cli.bed.webhook import github_push

READY_LIMIT_S = 60.0
WEBHOOK_SECRET = "a-secret-of-the-bed"


def wait_for(condition: Callable[[], bool], what: str, *, limit_s: float = 30.0, every_s: float = 0.02) -> float:
    """Poll until `condition` holds; returns the seconds waited, fails naming `what` at the limit."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < limit_s, f"not within {limit_s:.0f} s: {what}"
        time.sleep(every_s)
    return time.monotonic() - started


class Installation:
    """One running Argosy; use as a context manager. `data_dir` survives a stop, so a second start is a warm one.

    Without `hub` it runs one of its own below `data_dir/hub`.
    """

    def __init__(self, hub: Cluster | None, data_dir: Path, *options: str) -> None:
        self._hub = ["--kubeconfig", str(hub.kubeconfig("argosy"))] if hub else []
        self.data_dir = data_dir
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._options = options
        self._program: subprocess.Popen[str] | None = None
        self._http = urllib3.PoolManager(retries=False)
        self._said_before = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> float:
        """Start and wait for `ready`; returns the seconds it took."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        log = (self.data_dir / "up.out").open("a")
        self._said_before = log.tell()
        started = time.monotonic()
        self._program = subprocess.Popen(
            [
                str(Path(sys.executable).with_name("argosy")), "up", "--data-dir", str(self.data_dir),
                *self._hub, "--port", str(self.port), "--repo-allow-http", *self._options,
            ],
            stdout=log, stderr=subprocess.STDOUT, text=True, start_new_session=True, env=_environment(),
        )  # fmt: skip
        log.close()
        wait_for(self._serves, f"argosy up is ready, see {self.data_dir}/up.out", limit_s=READY_LIMIT_S)
        return time.monotonic() - started

    def stop(self, *, patience_s: float = 40.0) -> None:
        """Ask it to end and wait; kills what is left."""
        if self._program is None:
            return
        if self._program.poll() is None:
            self._program.send_signal(signal.SIGTERM)
            try:
                self._program.wait(patience_s)
            except subprocess.TimeoutExpired:
                self.kill()
        self._program = None

    def kill(self) -> None:
        """kill -9 of the supervisor and every role at once."""
        pids = list(self.pids().values())
        if self._program is not None:
            self._program.kill()
            self._program.wait()
        for pid in pids:
            with_signal(pid, signal.SIGKILL)

    def pids(self) -> dict[str, int]:
        """Process ids of the roles that run now, by role."""
        found = {}
        for path in (self.data_dir / "run").glob("*.pid"):
            text = path.read_text().strip()
            if text.isdigit() and Path(f"/proc/{text}").exists():
                found[path.stem] = int(text)
        return found

    def get(self, path: str) -> tuple[int, str]:
        """One unauthenticated GET."""
        answer = self._http.request("GET", self.url + path, timeout=5.0)
        return answer.status, answer.data.decode()

    def push_event(
        self, repo_url: str, commit: str, *, secret: str = WEBHOOK_SECRET, ref: str = "refs/heads/main"
    ) -> int:
        """A GitHub push webhook, signed; returns the HTTP status."""
        headers, body = github_push(repo_url, commit, secret, ref=ref)
        return self._http.request("POST", self.url + "/api/webhook", body=body, headers=headers, timeout=5.0).status

    def _serves(self) -> bool:
        assert self._program is not None
        assert self._program.poll() is None, f"argosy up ended: see {self.data_dir}/up.out"
        return f"ready {self.url}".encode() in (self.data_dir / "up.out").read_bytes()[self._said_before :]


def with_signal(pid: int, number: int) -> None:
    """Send a signal; a process that is gone already is fine."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _environment() -> dict[str, str]:
    kept = ("PATH", "HOME", "LANG", "XDG_CACHE_HOME", "ARGOSY_CACHE", "KUBEBUILDER_ASSETS", "GOPATH", "GOCACHE")
    return {name: os.environ[name] for name in kept if name in os.environ}
