"""CPU seconds and memory of a process tree, requests by user, and what a list of samples says."""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Usage:
    """CPU seconds (children that ended included) and resting memory of a set of process trees."""

    cpu_s: float
    pss_mb: float


def tree(roots: Iterable[int]) -> set[int]:
    """The processes and all that descend from them."""
    parents: dict[int, int] = {}
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                parents[int(path.name)] = int((path / "stat").read_text().rsplit(") ", 1)[1].split()[1])
            except (OSError, ValueError):
                continue  # ended while we looked
    found = set(roots)
    while True:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        if not more:
            return found
        found |= more


def usage(roots: Iterable[int]) -> Usage:
    """Usage of the trees below `roots`, now."""
    cpu, pss = 0.0, 0
    for pid in tree(roots):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
            cpu += sum(int(fields[n]) for n in (11, 12, 13, 14)) / _TICKS
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            pss += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
        except (OSError, StopIteration):
            continue  # ended while we looked
    return Usage(cpu, pss / 1024)


def load() -> str:
    """The 1-minute load average."""
    return Path("/proc/loadavg").read_text().split()[0]


def spread(samples_s: list[float]) -> str:
    """`p50 / p95 / max` in milliseconds."""
    ordered = sorted(samples_s)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    return f"{statistics.median(ordered) * 1000:.0f} / {p95 * 1000:.0f} / {ordered[-1] * 1000:.0f} ms"
