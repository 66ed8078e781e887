"""Free TCP ports on loopback, outside the range that the kernel hands to outgoing connections."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Collection

_FIRST, _LAST = 20_000, 32_000
_TRIES = 200


def free_port(taken: Collection[int] = ()) -> int:
    """A port nobody listens on now, not in `taken`; a listener may still be first, so start soon."""
    for _ in range(_TRIES):
        port = _FIRST + secrets.randbelow(_LAST - _FIRST)
        if port not in taken and is_free(port):
            return port
    raise OSError(f"no free port found on 127.0.0.1 between {_FIRST} and {_LAST}")


def is_free(port: int) -> bool:
    """Can a server bind this port on 127.0.0.1 now?"""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """Does somebody accept connections on 127.0.0.1:port?"""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0
