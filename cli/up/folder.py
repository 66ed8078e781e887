"""The data folder of `argosy up`: where its parts lie, and that one supervisor owns it at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.errors import CommandError, Exit

PRIVATE = 0o700
"""Mode of every folder: keys, sockets and logs are for this user alone."""


@dataclass(frozen=True)
class Folder:
    """Paths below one data folder; nothing is created before `make`."""

    root: Path

    @property
    def run(self) -> Path:
        """Pid files, ready files, the Valkey socket."""
        return self.root / "run"

    @property
    def keys(self) -> Path:
        """Keys, readable by this user alone."""
        return self.root / "keys"

    @property
    def logs(self) -> Path:
        """One log file per role, and one older one."""
        return self.root / "logs"

    @property
    def valkey(self) -> Path:
        """Configuration and append-only file of the embedded Valkey."""
        return self.root / "valkey"

    @property
    def hub(self) -> Path:
        """The embedded hub, when no kubeconfig is given."""
        return self.root / "hub"

    def home(self, role: str) -> Path:
        """HOME and working folder of a role."""
        return self.root / "home" / role

    def pid_file(self, role: str) -> Path:
        """Holds the process id while the role runs."""
        return self.run / f"{role}.pid"

    def ready_file(self, role: str) -> Path:
        """Written by the role when it does its work; removed before each start."""
        return self.run / f"{role}.ready"

    def keys_file(self, role: str) -> Path:
        """The keys that one role may have, as JSON."""
        return self.keys / f"{role}.json"

    def make(self) -> None:
        """Create the folders; a second call changes nothing."""
        for part in (self.root, self.run, self.keys, self.logs, self.valkey):
            part.mkdir(mode=PRIVATE, parents=True, exist_ok=True)


@contextmanager
def owned(folder: Folder) -> Iterator[None]:
    """Hold the folder for this process; the lock ends with the process, however it ends.

    Raises:
        CommandError: another supervisor runs on it; its process id is named.
    """
    folder.make()
    path = folder.pid_file("up")
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(lock, 32).decode("ascii", "replace").strip() or "unknown"
            raise CommandError(
                f"in use by process {holder}",
                code=Exit.CONFLICT,
                about=str(folder.root),
                hint="Stop it, or give another --data-dir",
            ) from error
        os.truncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        yield
        os.truncate(lock, 0)
    finally:
        os.close(lock)
