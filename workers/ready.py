"""How a worker role says that it does its work: a file that the supervisor and a Pod's probes look for."""

from __future__ import annotations

import os

from gitops.settings import Process


def announce(process: Process) -> None:
    """Write `run/<role>.ready` below the data folder, with this process's id; call it again as a sign of life."""
    folder = process.data_dir / "run"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{process.role}.ready").write_text(f"{os.getpid()}\n", encoding="ascii")
