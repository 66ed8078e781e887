"""`argosy account`: who am I, and may I."""

from __future__ import annotations

import click

from cli.client import Client, connected
from cli.errors import Exit
from cli.table import dump, show
from cli.wire import at, text, texts


@click.group(name="account")
def command() -> None:
    """Who you are to the server, and what you may do."""


@command.command("get-user-info")
@click.option("-o", "--output", default="", help="json or yaml.")
@connected
def get_user_info(client: Client, output: str) -> None:
    """Show whether you are logged in, and as whom."""
    info = client.get("v1/session/userinfo")
    if output in ("json", "yaml"):
        dump(info, output)
        return
    show(f"Logged In: {str(at(info, 'loggedIn') is True).lower()}")
    if at(info, "loggedIn") is True:
        show(f"Username: {text(info, 'username')}\nIssuer: {text(info, 'iss')}")
        show(f"Groups: {','.join(texts(info, 'groups'))}")


@command.command("can-i")
@click.argument("action")
@click.argument("resource")
@click.argument("subresource")
@connected
def can_i(client: Client, action: str, resource: str, subresource: str) -> int:
    """Print yes or no; 1 for no."""
    answer = text(client.get(f"v1/account/can-i/{resource}/{action}/{subresource}"), "value")
    show(answer)
    return Exit.DONE if answer == "yes" else Exit.NO
