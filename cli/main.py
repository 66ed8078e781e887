"""`argosy`: a group whose commands are loaded when they are called.

Each command is a module of `cli.commands` with the attribute `command`; adding a file adds the command. Nothing but
click is loaded before the command is known, so that `argosy version` starts fast.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from cli import commands
from cli.errors import Exit, failure_of, speaks_argocd

EXIT_CODES = (
    "Exit codes: 0 done, 1 the answer is no, 2 error, 3 timed out, 4 not logged in, 5 forbidden, 6 not found, "
    "7 conflict, 8 unreachable, 130 interrupted."
)


class LazyCommands(click.Group):
    """Commands by file name: `cli/commands/app_set.py` is `argosy app-set`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands there are; imports none of them."""
        del ctx
        return sorted(found.name.replace("_", "-") for found in pkgutil.iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now; None when there is no such file."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"{commands.__name__}.{cmd_name.replace('-', '_')}")
        command: object = getattr(module, "command", None)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module.__name__} has no click command in its attribute `command`")
        return command


@click.command(
    cls=LazyCommands, name="argosy", epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]}
)
def root() -> None:
    """Continuous delivery for Kubernetes: what Git says is what runs."""


def run(args: Sequence[str] | None = None, *, program: str = "argosy") -> int:
    """Run one command line and return its exit code; errors become one line on stderr, bugs keep their traceback."""
    try:
        outcome: object = root.main(args=None if args is None else list(args), prog_name=program, standalone_mode=False)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 (outermost frame: every error needs an exit code)
        failure = failure_of(error, compat=speaks_argocd(program))
        if failure.bug:
            traceback.print_exc()
        click.echo(f"{program}: {failure.line}", err=True)
        return failure.code
    return outcome if isinstance(outcome, int) else Exit.DONE


def main() -> None:
    """Entry point of the installed script."""
    sys.exit(run(program=Path(sys.argv[0]).name))
