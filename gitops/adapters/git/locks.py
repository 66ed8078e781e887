"""One writer per mirror, across the workers of a machine; the kernel lets go when a worker dies (R-076)."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gitops.errors import RetryableError

_STEP_S = 0.02


@contextmanager
def locked(path: Path, *, wait_s: float) -> Iterator[None]:
    """Hold the file's lock while the block runs.

    Raises:
        RetryableError: another worker holds it for longer than `wait_s`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        _acquire(file.fileno(), path, time.monotonic() + wait_s)
        yield  # closing the file lets go of the lock


def _acquire(fileno: int, path: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(fileno, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise RetryableError("another worker is busy with this mirror", about=path.stem) from error
            time.sleep(_STEP_S)  # flock has no time-out; lanes make two writers of one mirror rare
        else:
            return
