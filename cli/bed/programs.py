"""Starts and stops the programs of the bed; each is a process group of its own with a log and a pid file.

The pid file outlives whoever started the program, so that `argosy bed down`, a later start, or the guard can end it.
A pid counts as ours only while its command line still names the program: pids are used again.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from cli.errors import CommandError, Exit

_POLL_S = 0.02
_PATIENCE_S = 1.0
_TAIL_LINES = 12


@dataclass(frozen=True)
class Program:
    """One program to run: its unique name within the bed, and its command line with an absolute path."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Programs:
    """The programs of one bed folder: logs in `logs`, pid files in `run`."""

    run: Path
    logs: Path

    def start(self, program: Program) -> None:
        """Start it unless it runs; its output is appended to its log. Does not wait until it is ready."""
        if self.runs(program.name):
            return
        self.run.mkdir(parents=True, exist_ok=True)
        self.logs.mkdir(parents=True, exist_ok=True)
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(self.run), **program.environment}
        with self.log_of(program.name).open("ab") as log:
            started = subprocess.Popen(
                program.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )
        self._pid_file(program.name).write_text(f"{started.pid}\n{program.command[0]}\n")
        started.returncode = 0  # the pid file owns it from here on; keeps Popen from warning about a running child

    def names(self) -> list[str]:
        """All programs with a pid file, running or not."""
        return sorted(path.stem for path in self.run.glob("*.pid"))

    def runs(self, name: str) -> bool:
        """Is the program running now?"""
        return self.pid(name) is not None

    def pid(self, name: str) -> int | None:
        """The program's process id; None when it does not run."""
        try:
            pid_text, command = self._pid_file(name).read_text().splitlines()
        except (FileNotFoundError, ValueError):
            return None
        pid = int(pid_text)
        if _ended(pid):
            return None
        seen = _command_line(pid)
        return pid if not seen or command in seen else None  # a program just started has no command line yet

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to the program's whole group; nothing when it does not run."""
        if (pid := self.pid(name)) is not None:
            os.killpg(pid, number)

    def stop_all(self) -> None:
        """End everything: first whatever writes to etcd, then etcd."""
        names = self.names()
        self.stop([name for name in names if name != "etcd"])
        self.stop(["etcd"])

    def stop(self, names: Collection[str]) -> None:
        """End the programs together: SIGTERM, then SIGKILL after a second. A second call does nothing.

        That is safe: what was acknowledged is in etcd, and an API server would wait a minute for its watches.
        """
        pids = {name: pid for name in names if (pid := self.pid(name)) is not None}
        for number, seconds in ((signal.SIGTERM, _PATIENCE_S), (signal.SIGKILL, 10.0)):
            for pid in pids.values():
                _send(pid, number)
            _until(lambda: all(_ended(pid) for pid in pids.values()), seconds)
        for name in names:
            if self.pid(name) is None:
                self._pid_file(name).unlink(missing_ok=True)

    def wait_until(self, ready: Callable[[], bool], name: str, *, limit: timedelta) -> None:
        """Poll until `ready`.

        Raises:
            CommandError: the program ended, or the limit passed; holds the end of its log.
        """
        if _until(lambda: ready() or not self.runs(name), limit.total_seconds()) and self.runs(name):
            return
        what = f"not ready after {limit.total_seconds():.0f} s" if self.runs(name) else "ended while starting"
        code = Exit.TIMED_OUT if self.runs(name) else Exit.ERROR
        raise CommandError(f"{what}; its log ends with:\n{self.tail(name)}", code=code, about=name)

    def tail(self, name: str) -> str:
        """The last lines of the program's log."""
        path = self.log_of(name)
        lines = path.read_text(errors="replace").splitlines() if path.exists() else []
        return "\n".join(lines[-_TAIL_LINES:]) or "(nothing)"

    def log_of(self, name: str) -> Path:
        """Where the program's output goes."""
        return self.logs / f"{name}.log"

    def _pid_file(self, name: str) -> Path:
        return self.run / f"{name}.pid"


def _until(done: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
        os.killpg(pid, signal.SIGCONT)  # a paused program takes the signal only when it goes on
    except ProcessLookupError:
        return  # it ended by itself: what we wanted


def _ended(pid: int) -> bool:
    try:
        if os.waitpid(pid, os.WNOHANG) != (0, 0):
            return True
    except ChildProcessError:
        pass  # not our child: started by an earlier `bed up`
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """Ended, but nobody collected it: so it stays where process 1 is no init."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False  # no /proc on this system, or gone this moment: the next poll sees that
    return stat.rpartition(")")[2].split()[0] == "Z"


def _command_line(pid: int) -> str:
    listing = Path(f"/proc/{pid}/cmdline")
    if listing.exists():
        return listing.read_bytes().replace(b"\0", b" ").decode(errors="replace")
    command = ["ps", "-o", "command=", "-p", str(pid)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=10).stdout
