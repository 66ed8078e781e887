"""`argosy demo`: see it work on this machine; `make demo` calls it."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(name="demo", hidden=True)
@click.option("--data-dir", type=click.Path(path_type=Path), default=Path(".argosy/demo"), show_default=True)
@click.option("--once", is_flag=True, envvar="DEMO_ONCE", help="End by itself, with one line of figures.")
def command(data_dir: Path, *, once: bool) -> None:
    """Start everything, push a commit, see it become Synced; drift an object, see it healed; stay until Ctrl-C."""
    import signal

    from cli.demo.story import tell

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: ends what was started
    tell(data_dir.absolute(), once=once)
