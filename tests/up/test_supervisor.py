"""The supervisor of `argosy up` with stand-in roles: real processes, a real Valkey, no server code."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

STAND_IN = Path(__file__).with_name("stand_in.py")
LIMIT_S = 20.0


def until(holds: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + LIMIT_S
    while not holds():
        assert time.monotonic() < end, f"not within {LIMIT_S:g} s: {what}"
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Up:
    """A supervisor in a process of its own, on a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(STAND_IN), str(self.folder), str(self.port)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def started(self) -> subprocess.Popen[str]:
        assert self.process is not None
        return self.process

    def read_until(self, text: str) -> list[str]:
        stream = self.started().stdout
        assert stream is not None
        seen = []
        for line in stream:
            seen.append(line)
            if text in line:
                return seen
        raise AssertionError(f"{text!r} was never printed:\n{''.join(seen)}")

    def pid(self, role: str) -> int:
        return int((self.folder / "run" / f"{role}.pid").read_text())

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.started().send_signal(number)
        return self.started().wait(LIMIT_S)

    def processes(self) -> list[int]:
        """Every process whose environment or command names the folder, the supervisor itself left out."""
        return [pid for pid in _pids() if pid != os.getpid() and str(self.folder) in _words(pid)]


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _words(pid: int) -> str:
    try:
        return "".join(Path(f"/proc/{pid}/{name}").read_text(errors="replace") for name in ("cmdline", "environ"))
    except OSError:  # it ended while we looked
        return ""


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    found = Up(tmp_path / "d")
    yield found
    if found.process is not None and found.process.poll() is None:
        found.process.kill()
        found.process.wait()
    for pid in found.processes():  # the roles end with their supervisor, the child of one of them does not
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_ready_is_printed_when_the_api_answers_and_every_role_says_so(up: Up) -> None:
    up.start()
    seen = up.read_until(f"ready http://127.0.0.1:{up.port}")
    shown = "".join(seen)
    for role in ("api", "watch", "fetch", "work", "beat"):
        assert f"{role} says hello" in shown
        assert f"{role} says hello" in (up.folder / "logs" / f"{role}.log").read_text()
        assert up.pid(role) in up.processes()


def test_a_stop_leaves_no_process_and_no_pid_file(up: Up) -> None:
    up.start()
    up.read_until("ready http")
    assert up.stop(signal.SIGINT) == 0
    assert up.processes() == []
    assert [p.name for p in (up.folder / "run").glob("*.pid")] == ["up.pid"]


def test_roles_stop_before_those_who_serve_them(up: Up) -> None:
    up.start()
    up.read_until("ready http")
    up.started().send_signal(signal.SIGTERM)
    order = [line.split()[0] for line in up.read_until("api says goodbye") if "says goodbye" in line]
    assert order[0] == "beat"
    assert order[1] == "watch"
    assert sorted(order[2:4]) == ["fetch", "work"]
    assert order[4] == "api"


def test_a_role_that_dies_is_reported_and_starts_again(up: Up) -> None:
    up.start()
    up.read_until("ready http")
    first = up.pid("fetch")
    os.kill(first, signal.SIGKILL)
    up.read_until("ended by SIGKILL; starts again in 0.5 s")
    up.read_until("fetch says hello")
    assert up.pid("fetch") != first


def test_what_a_role_left_behind_ends_with_it(up: Up) -> None:
    up.start()
    up.read_until("ready http")
    orphan = int((up.folder / "home" / "watch" / "child.pid").read_text())
    os.kill(up.pid("watch"), signal.SIGKILL)
    until(lambda: not _words(orphan), "the child of the killed role ends")


@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux'")
def test_no_role_outlives_a_killed_supervisor(up: Up) -> None:
    up.start()
    up.read_until("ready http")
    up.started().kill()
    up.started().wait()
    roles = [up.pid(role) for role in ("api", "watch", "fetch", "work", "beat", "valkey")]
    until(lambda: not any(_words(pid) for pid in roles), "every role ends")


def test_it_starts_again_on_the_folder_of_a_killed_one(up: Up) -> None:
    up.start()
    up.read_until("ready http")
    up.started().kill()
    up.started().wait()
    keys = (up.folder / "keys" / "all.json").read_text()
    up.start()
    up.read_until("ready http")
    assert (up.folder / "keys" / "all.json").read_text() == keys


def test_a_second_one_on_the_same_folder_is_refused_with_the_first_ones_pid(up: Up) -> None:
    up.start()
    up.read_until("ready http")
    second = Up(up.folder)
    second.start()
    assert second.started().wait(LIMIT_S) != 0
    second.read_until(f"in use by process {up.started().pid}")


def test_a_role_that_will_not_stop_is_killed_by_a_second_ctrl_c(up: Up) -> None:
    up.start()
    up.read_until("ready http")
    (up.folder / "stubborn").touch()
    up.started().send_signal(signal.SIGINT)
    up.read_until("press Ctrl-C again")
    started = time.monotonic()
    assert up.stop(signal.SIGINT) == 0
    assert time.monotonic() - started < 10
    assert up.processes() == []


def test_roles_get_their_own_keys_and_no_cluster_credential_they_may_not_have(up: Up) -> None:
    up.start()
    up.read_until("ready http")
    for role in ("fetch", "beat", "valkey"):
        words = _words(up.pid(role))
        assert "KUBECONFIG" not in words
        assert "kubeconfig" not in words
    assert "ARGOSY_KUBECONFIG" in _words(up.pid("work"))
    assert "ARGOSY_FLOWER=0" in _words(up.pid("work")), "events cost time and are sent only where Flower looks"
    assert "user flower" not in (up.folder / "valkey" / "valkey.conf").read_text()
    assert "SECRET_OF_THE_SHELL" not in "".join(_words(up.pid(role)) for role in ("api", "fetch", "valkey"))
