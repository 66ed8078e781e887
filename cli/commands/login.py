"""`argosy login`: get a session and remember it."""

from __future__ import annotations

import os

import click

from cli.client import Client, address_of
from cli.contexts import Target, load, path_of, remembered, save
from cli.table import note
from cli.wire import text


@click.command(name="login")
@click.argument("server")
@click.option("--username", default="", help="Account; asked for when absent.")
@click.option("--password", default="", help="Its password; asked for when absent.")
@click.option("--name", default="", help="Name of the context; default: the server.")
@click.option("--plaintext", is_flag=True, help="Talk http instead of https.")
@click.option("--insecure", is_flag=True, help="Do not check the server's certificate.")
@click.option("--skip-test-tls", is_flag=True, help="Accepted for scripts; there is no such test.")
@click.option("--config", default="", help="File with contexts and tokens.")
def command(server: str, username: str, password: str, name: str, config: str, **flags: bool) -> None:
    """Log in to a server and make it the current one."""
    address, plaintext = address_of(server, plaintext=flags["plaintext"])
    target = Target(address, plaintext=plaintext, insecure=flags["insecure"])
    who = username or str(click.prompt("Username", err=True))
    secret = password or str(click.prompt("Password", hide_input=True, err=True))
    answer = Client(target).call("POST", "v1/session", {"username": who, "password": secret})
    path = path_of(os.environ, config)
    session = Target(address, text(answer, "token"), plaintext, flags["insecure"])
    save(path, remembered(load(path, os.environ), name or address, session))
    note(f"'{who}' logged in, context '{name or address}' updated")
