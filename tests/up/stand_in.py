"""A supervisor whose roles are small scripts: argv is the data folder and the port."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import sys
from pathlib import Path

from cli.errors import CommandError
from cli.up import keys, roles, valkey
from cli.up.folder import Folder, owned
from cli.up.output import Screen
from cli.up.program import Program
from cli.up.roles import Role, Setup
from cli.up.supervisor import Supervisor

ROLE = """
import http.server, os, pathlib, signal, subprocess, sys, threading
role, root = sys.argv[1], pathlib.Path(os.environ["ARGOSY_DATA_DIR"])
if role == "prepare":
    sys.exit(0)
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
if role == "watch":
    child = subprocess.Popen([sys.executable, "-c", "import signal; signal.alarm(60); signal.pause()"])
    pathlib.Path("child.pid").write_text(str(child.pid))
if role == "api":
    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
        def log_message(self, *_):
            pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["ARGOSY_PORT"])), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
(root / "run" / f"{role}.ready").write_text(str(os.getpid()))
print(role, "says hello", flush=True)
stop.wait()
if (root / "stubborn").exists() and role == "watch":
    signal.pause()
print(role, "says goodbye", flush=True)
"""


def make(role: Role, setup: Setup) -> Program:
    """The real program of a role with a script in place of its server code."""
    real = roles.program(role, setup)
    return dataclasses.replace(real, command=(sys.executable, "-c", ROLE, role.name))


def main(root: Path, port: int) -> None:
    """Run until told to stop."""
    os.environ["SECRET_OF_THE_SHELL"] = "1"
    folder = Folder(root)
    with owned(folder):
        setup = Setup(
            folder=folder,
            keys=keys.load_or_make(folder.keys),
            redis_url=f"redis+socket://{valkey.socket_path(folder)}",
            kubeconfig=root / "hub.kubeconfig",
            port=port,
        )
        chosen = roles.chosen(flower=False, isolate=False)
        asyncio.run(Supervisor(setup, chosen, Screen(), make).run())


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), int(sys.argv[2]))
    except CommandError as error:
        sys.exit(str(error))
