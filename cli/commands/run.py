"""`argosy run <role>`: one server process, for a supervisor, a Pod or a container."""

from __future__ import annotations

import click


@click.command(name="run")
@click.argument("role")
def command(role: str) -> None:
    """Run one server role until it is told to stop.

    ROLE is api, watch, fetch, diff, apply, work (diff and apply in one), beat or flower. All settings come from
    ARGOSY_* variables (docs/reference/settings.md).
    """
    from cli.run import main

    raise SystemExit(main([role]))
