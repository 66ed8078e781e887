"""`make demo` keeps its word: from nothing to a healed cluster with one command."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.bed

FIGURES = re.compile(
    r"demo: up=[\d.]+s first_sync=[\d.]+s push_live=[\d/]+ms push_synced=[\d/]+ms drift_healed=\d+ms total=[\d.]+s"
)


def demo(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).with_name("argosy")), "demo", "--data-dir", str(folder)],
        env={**os.environ, "DEMO_ONCE": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.mark.parametrize("time", ["first", "second"])
def test_the_demo_ends_with_its_figures_and_leaves_nothing_running(folder: Path, time: str) -> None:
    told = demo(folder)
    assert told.returncode == 0, f"{time}: {told.stdout}{told.stderr}"
    assert FIGURES.fullmatch(told.stdout.splitlines()[-1]), told.stdout
    running = [pid for pid in Path("/proc").iterdir() if pid.name.isdigit() and str(folder) in command(pid)]
    assert running == []


def test_a_demo_that_cannot_go_on_says_why_and_where_the_logs_are(folder: Path) -> None:
    (folder / "up" / "hub" / "bed.json").write_text("no plan")
    told = demo(folder)
    assert told.returncode == 1
    assert "is not a plan" in told.stderr
    assert f"Logs: {folder}/up.log" in told.stderr


def command(pid: Path) -> str:
    try:
        return (pid / "cmdline").read_text(errors="replace")
    except OSError:  # it ended while we looked
        return ""
