"""`argosy bed`: real Kubernetes clusters on this machine, for trying out and for tests."""

from __future__ import annotations

from pathlib import Path

import click

FOLDER = click.option(
    "--dir", "folder", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder of the test-bed."
)


@click.group(name="bed")
def command() -> None:
    """Run real Kubernetes clusters on this machine, without containers."""


@command.command()
@FOLDER
@click.option("--clusters", type=click.IntRange(1), default=1, show_default=True, help="How many, the hub included.")
@click.option("--servers", type=click.IntRange(1), help="Real API servers; further clusters are addresses of them.")
@click.option("--controllers", is_flag=True, help="Bring workloads to life: about 230 MB more per API server.")
def up(folder: Path, clusters: int, servers: int | None, *, controllers: bool) -> None:
    """Start the clusters, print a kubeconfig per cluster, leave them running."""
    from cli.bed.rig import Bed, write_kubeconfigs  # loaded now: other commands need none of it

    bed = Bed(folder, clusters=clusters, servers=servers, controllers=controllers).start()
    write_kubeconfigs(bed.clusters)
    for cluster in bed.clusters:
        click.echo(f"{cluster.name}\t{cluster.server}\t{cluster.kubeconfig('admin')}")


@command.command()
@FOLDER
def down(folder: Path) -> None:
    """Stop every program of the folder; its data stays, delete the folder to forget it."""
    from cli.bed.rig import stop_all

    for name in stop_all(folder):
        click.echo(f"stopped {name}")


@command.command()
def build() -> None:
    """Get the programs (cache, download or Go build) without starting anything; print where they are."""
    from cli.bed.binaries import resolve
    from cli.bed.trees import TREES

    for program, path in resolve(program for tree in TREES for program in tree.packages).items():
        click.echo(f"{program}\t{path}")
