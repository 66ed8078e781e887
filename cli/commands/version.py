"""`argosy version`: ours, and the server's."""

from __future__ import annotations

from importlib.metadata import version

import click

from cli.client import client_for, connection_options
from cli.table import dump, show
from cli.wire import Object, text


@click.command(name="version")
@click.option("--client", "only_client", is_flag=True, help="This program only; asks no server.")
@click.option("--short", is_flag=True, help="Numbers only.")
@click.option("-o", "--output", default="", help="json or yaml.")
@connection_options
def command(output: str, *, only_client: bool, short: bool, **connection: object) -> None:
    """Show the version of this program and of the server."""
    del short  # there is nothing longer to show
    told: Object = {"client": {"Version": version("argosy")}}
    if not only_client:
        told["server"] = client_for(connection).get("version")
    if output in ("json", "yaml"):
        dump(told, output)
        return
    show(f"argosy: {text(told, 'client.Version')}")
    if not only_client:
        show(f"server: {text(told, 'server.Version')} {text(told, 'server.Argosy')}".rstrip())
