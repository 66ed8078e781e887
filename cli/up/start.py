"""From the options of `argosy up` to a running supervisor."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

from cli.errors import CommandError, Exit
from cli.up import keys, roles, valkey
from cli.up.folder import Folder, owned
from cli.up.hub import kubeconfig_of
from cli.up.output import Screen
from cli.up.roles import Setup
from cli.up.supervisor import Supervisor

FLOWER_PORT = 5555
"""Where Flower listens if the port is free, else on any."""


@dataclass(frozen=True)
class Wish:
    """The options of `argosy up`."""

    data_dir: Path
    kubeconfig: Path | None
    namespace: str
    port: int
    flower: bool
    take_over: bool
    isolate: bool
    allow_http: bool
    log_level: str


def start(wish: Wish) -> None:
    """Run until told to stop.

    Raises:
        CommandError: the folder or the port is taken, or an embedded part does not start.
    """
    # Until the event loop takes over, SIGTERM unwinds what has been started, as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = Folder(wish.data_dir)
    screen = Screen()
    with owned(folder), contextlib.ExitStack() as stack:
        _check_port(wish.port)
        kubeconfig = wish.kubeconfig or stack.enter_context(kubeconfig_of(folder, screen, wish.namespace))
        setup = _setup(wish, folder, kubeconfig)
        if setup.flower_port:
            screen.say(f"flower http://127.0.0.1:{setup.flower_port} (login: {folder.keys_file('flower')})")
        chosen = roles.chosen(flower=wish.flower, isolate=wish.isolate)
        asyncio.run(Supervisor(setup, chosen, screen).run())


def _setup(wish: Wish, folder: Folder, kubeconfig: Path) -> Setup:
    return Setup(
        folder=folder,
        keys=keys.load_or_make(folder.keys),
        redis_url=f"redis+socket://{valkey.socket_path(folder)}",
        kubeconfig=kubeconfig,
        namespace=wish.namespace,
        port=wish.port,
        flower_port=_free_port(FLOWER_PORT) if wish.flower else 0,
        take_over=wish.take_over,
        allow_http=wish.allow_http,
        log_level=wish.log_level,
    )


def _check_port(port: int) -> None:
    if not _is_free(port):
        raise CommandError("taken", code=Exit.CONFLICT, about=f"port {port}", hint="Give another --port")


def _free_port(wanted: int) -> int:
    if _is_free(wanted):
        return wanted
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
