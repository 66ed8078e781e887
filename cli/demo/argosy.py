"""`argosy up` as a child of the demo: it ends with the demo, however that ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import urllib3

from cli.bed.webhook import github_push
from cli.errors import CommandError, Exit
from cli.up.program import Program

READY_LIMIT_S = 180.0
STOP_LIMIT_S = 60.0
_POLL_S = 0.05
_TAIL_LINES = 15


class Argosy:
    """One `argosy up` with an embedded hub and Flower; a context manager. Its data below `folder` are kept."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder / "up"
        self.output = folder / "up.log"
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._process: subprocess.Popen[bytes] | None = None
        self._http = urllib3.PoolManager(retries=False, timeout=10.0)

    def __enter__(self) -> Self:
        program = Program("up", self._command(), os.environ, Path.cwd(), STOP_LIMIT_S)
        with self.output.open("wb") as output:
            # A session of its own: Ctrl-C is for the demo, which then stops it in order.
            self._process = subprocess.Popen(
                program.argv(os.getpid()),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.stop()

    def wait_ready(self) -> None:
        """Wait until it serves.

        Raises:
            CommandError: it ended, or is not ready in time; shows the end of its output.
        """
        limit = time.monotonic() + READY_LIMIT_S
        while f"ready {self.url}\n" not in self._said():
            if self.ended():
                raise CommandError(f"argosy up ended:\n{self._tail()}")
            if time.monotonic() > limit:
                text = f"waited {READY_LIMIT_S:.0f} s for argosy up to be ready:\n{self._tail()}"
                raise CommandError(text, code=Exit.TIMED_OUT)
            time.sleep(_POLL_S)

    def ended(self) -> bool:
        """Whether it runs no more."""
        return self._process is None or self._process.poll() is not None

    def wait(self) -> None:
        """Block until it ends."""
        if self._process is not None:
            self._process.wait()

    def stop(self) -> None:
        """Ask it to end and wait; kill it after 60 s or when interrupted. A second call does nothing."""
        if self._process is None or self.ended():
            return
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_LIMIT_S)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            self._process.kill()
            self._process.wait()

    def flower(self) -> tuple[str, Path]:
        """Address of Flower, and the file with its login; both empty when it said nothing about it."""
        found = re.search(r"^flower (http://\S+) \(login: (.+)\)$", self._said(), re.MULTILINE)
        return (found[1], Path(found[2])) if found else ("", Path())

    def push_event(self, repository: str, commit: str, secret: str) -> None:
        """Tell of a push to main as GitHub does.

        Raises:
            CommandError: it was not accepted.
        """
        headers, body = github_push(repository, commit, secret)
        try:
            answer = self._http.request("POST", f"{self.url}/api/webhook", body=body, headers=headers)
        except urllib3.exceptions.HTTPError as error:
            raise CommandError(f"not reached: {error}", code=Exit.UNREACHABLE, about="POST /api/webhook") from error
        if answer.status != 200:
            raise CommandError(f"answered {answer.status} {answer.data.decode()}", about="POST /api/webhook")

    def _command(self) -> tuple[str, ...]:
        start = ("-P", "-c", "from cli.main import main; main()", "up")
        options = ("--data-dir", str(self.folder), "--port", str(self.port), "--flower", "--repo-allow-http")
        return (sys.executable, *start, *options)

    def _said(self) -> str:
        return self.output.read_text(encoding="utf-8", errors="replace")

    def _tail(self) -> str:
        return "\n".join(self._said().splitlines()[-_TAIL_LINES:])
