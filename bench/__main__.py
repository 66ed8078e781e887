"""`python -m bench [--apps 200] [--only S4,S5] [--idle 300]`: runs the scenarios and prints one line each."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import click

from bench import scenarios
from bench.calibrate import calibrate
from bench.stage import Stage, stage


@click.command()
@click.option("--apps", default=200, show_default=True, help="Apps in the monorepo; five more have their own.")
@click.option("--only", default="", help="Comma list of scenarios, e.g. S4,S7; S9 always runs first.")
@click.option("--idle", default=300.0, show_default=True, help="Seconds of S2.")
@click.option("--pushes", default=30, show_default=True, help="Events of S4, S5 and S7.")
@click.option("--keep", is_flag=True, help="Keep the folder with all logs.")
def main(apps: int, only: str, idle: float, pushes: int, keep: bool) -> None:
    """Measure Argosy on this machine. Ratios in one run mean something, single wall times little."""
    chosen = {name.strip().upper() for name in only.split(",") if name.strip()}
    folder = Path(tempfile.mkdtemp(prefix="argosy-bench-"))
    runs: dict[str, Callable[[Stage], list[str]]] = {
        "S9": scenarios.install,
        "S4": lambda s: scenarios.push_single(s, pushes),
        "S5": lambda s: scenarios.push_mono(s, pushes),
        "S7": lambda s: scenarios.drift(s, min(pushes, apps)),
        "S2": lambda s: scenarios.idle(s, idle),
        "S1": scenarios.restart,
    }
    try:
        with stage(folder, apps) as here:
            click.echo(f"calibration: {calibrate(here.target)}")
            for name, run in runs.items():
                if name == "S9" or not chosen or name in chosen:
                    before = scenarios.surroundings()
                    for line in run(here):
                        click.echo(f"{line} [{before} -> {scenarios.surroundings()}]")
    finally:
        if keep:
            click.echo(f"kept {folder}", err=True)
        else:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
