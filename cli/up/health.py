"""Whether the API answers."""

from __future__ import annotations

import asyncio


async def healthy(port: int) -> bool:
    """Whether /healthz on loopback answers 200 within two seconds."""
    try:
        async with asyncio.timeout(2):
            return await _status(port) == 200
    except (OSError, TimeoutError):
        return False


async def _status(port: int) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        words = (await reader.readline()).split()
        return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
    finally:
        writer.close()
