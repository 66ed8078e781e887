"""A real worker process for tests: its steps write what they do into Redis lists. Run: python a_worker.py diff apply"""

from __future__ import annotations

import os
import sys
import time
from datetime import timedelta

from gitops.errors import RetryableError
from gitops.jobs import Queue
from gitops.settings import Process
from workers.app import run_worker
from workers.station import station
from workers.turn import Outcome


def do(kind: str, seconds: int, lease) -> Outcome:
    """What a step named e.g. `sleep-2` does."""
    acts = {
        "sleep": lambda: sleep(seconds, lease),
        "bug": lambda: fail(ZeroDivisionError("a bug")),
        "away": lambda: fail(RetryableError("no answer", about="cluster", retry_after=timedelta(hours=1))),
        "die": lambda: os._exit(9),
    }
    acts.get(kind, lambda: None)()
    return Outcome(timedelta(milliseconds=100) if kind == "again" else None)


def sleep(seconds: int, lease) -> None:
    for _ in range(seconds * 20):
        lease.check()
        time.sleep(0.05)


def fail(error: Exception) -> None:
    raise error


def main() -> int:
    process = Process.parse("work", os.environ)
    built = station(process)

    def note(name: str, text: str) -> None:
        built.server.call("RPUSH", f"seen:{name}", text)

    def step(job, lease) -> Outcome:
        name = job.key.partition("/")[2]
        note(name, f"{type(job).__name__} {time.monotonic()}")
        kind, _, number = name.partition("-")
        outcome = do(kind, int(number) if number.isdigit() else 0, lease)
        note(name, "ended")
        return outcome

    def aside(job) -> None:
        note("aside", job.key)

    steps = {"compare": step, "advance": step, "sweep": step}
    queues = [Queue(name) for name in sys.argv[1:]]
    return run_worker(process, built, steps, queues, slots=4, quarantine=aside)


if __name__ == "__main__":
    sys.exit(main())
