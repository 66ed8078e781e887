"""`argosy keys`: the keys of an installation as files, for compose.yaml and for a chart with keys of its own."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(name="keys")
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder for the files.")
def command(into: Path) -> None:
    """Write one file per role with only the keys it may have, and redis.conf with the passwords.

    A second call changes nothing: keys that are there are kept.

    Example: argosy keys --into ./secrets
    """
    from cli.offline import flower_rule
    from cli.up.keyset import write_all

    for path in write_all(into, flower_rule()):
        click.echo(path)
