"""Small packs unpacked in process: a fetch of one commit brings a handful of objects, and starting a program for them
costs more than reading them."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator

import pygit2
from pygit2.enums import ObjectType

from gitops.errors import RetryableError

OBJECT_LIMIT = 1_000
SIZE_LIMIT = 16 * 1024 * 1024
"""Largest inflated object; anything beyond is for the git program."""

_OFFSET_DELTA = 6
_ID_DELTA = 7
_PLAIN = {1: ObjectType.COMMIT, 2: ObjectType.TREE, 3: ObjectType.BLOB, 4: ObjectType.TAG}
_CHUNK = 8192
_TRAILER = 20


class BadPackError(RetryableError):
    """The pack is not what git sends, or too big for this module: let the git program fetch again."""


def count_of(pack: bytes) -> int:
    """The number of objects a pack says it holds.

    Raises:
        BadPackError: it is no pack of version 2, or its checksum is wrong.
    """
    if pack[:8] != b"PACK\0\0\0\2" or len(pack) < 12 + _TRAILER:
        raise BadPackError("the server sent no pack")
    if hashlib.sha1(pack[:-_TRAILER], usedforsecurity=False).digest() != pack[-_TRAILER:]:
        raise BadPackError("the pack was damaged on its way")
    return int.from_bytes(pack[8:12])


def unpack(pack: bytes, repo: pygit2.Repository) -> int:
    """Write every object of a (thin) pack into the repository; returns how many.

    Raises:
        BadPackError: damaged, more than OBJECT_LIMIT objects, or a delta whose base is nowhere.
    """
    count = count_of(pack)
    if count > OBJECT_LIMIT:
        raise BadPackError(f"{count} objects are too many to unpack here")
    try:
        _write_all(pack, count, repo)
    except (zlib.error, IndexError, KeyError, ValueError) as error:
        raise BadPackError(f"the pack cannot be read ({error})") from error
    return count


def _write_all(pack: bytes, count: int, repo: pygit2.Repository) -> None:
    done: dict[int, tuple[ObjectType, bytes]] = {}
    waiting: list[tuple[int, bytes, bytes]] = []
    for at, kind, base, body in _entries(pack, count):
        if kind in _PLAIN:
            done[at] = (_PLAIN[kind], body)
        elif isinstance(base, int):
            origin, text = done[base]
            done[at] = (origin, _patched(text, body))
        else:
            waiting.append((at, base, body))
            continue
        repo.write(*done[at])
    _write_deltas(waiting, repo)


def _write_deltas(waiting: list[tuple[int, bytes, bytes]], repo: pygit2.Repository) -> None:
    """Deltas against an object named by id: in the repository already, or made from another delta of this list."""
    while waiting:
        left = []
        for at, base, body in waiting:
            oid = pygit2.Oid(raw=base)
            if oid in repo:
                kind, text = repo.odb.read(oid)
                repo.write(kind, _patched(text, body))
            else:
                left.append((at, base, body))
        if len(left) == len(waiting):
            raise BadPackError("a delta's base is neither in the pack nor in the mirror")
        waiting = left


def _entries(pack: bytes, count: int) -> Iterator[tuple[int, int, int | bytes, bytes]]:
    """Each object's offset, kind, base (offset or id) and inflated body."""
    at = 12
    for _ in range(count):
        start = at
        kind, size, at = _header(pack, at)
        base: int | bytes = b""
        if kind == _OFFSET_DELTA:
            back, at = _back(pack, at)
            base = start - back
        elif kind == _ID_DELTA:
            base, at = pack[at : at + 20], at + 20
        elif kind not in _PLAIN:
            raise BadPackError(f"object kind {kind} is unknown")
        body, at = _inflated(pack, at, size)
        yield start, kind, base, body


def _header(pack: bytes, at: int) -> tuple[int, int, int]:
    byte = pack[at]
    kind, size, shift = byte >> 4 & 7, byte & 15, 4
    while byte & 0x80:
        at += 1
        byte = pack[at]
        size |= (byte & 0x7F) << shift
        shift += 7
    if size > SIZE_LIMIT:
        raise BadPackError(f"an object of {size} bytes is too big to unpack here")
    return kind, size, at + 1


def _back(pack: bytes, at: int) -> tuple[int, int]:
    byte = pack[at]
    value = byte & 0x7F
    while byte & 0x80:
        at += 1
        byte = pack[at]
        value = (value + 1 << 7) | byte & 0x7F
    return value, at + 1


def _inflated(pack: bytes, at: int, size: int) -> tuple[bytes, int]:
    inflate = zlib.decompressobj()
    parts: list[bytes] = []
    have = 0
    while not inflate.eof:
        chunk = pack[at : at + _CHUNK]
        if not chunk:
            raise BadPackError("the pack ends too early")
        part = inflate.decompress(chunk, size + 1 - have)
        at += len(chunk) - len(inflate.unused_data) - len(inflate.unconsumed_tail)
        have += len(part)
        parts.append(part)
        if have > size:
            raise BadPackError("an object is longer than its header says")
    if have != size:
        raise BadPackError("an object is shorter than its header says")
    return b"".join(parts), at


def _patched(base: bytes, delta: bytes) -> bytes:
    """A delta applied: copies from the base and inserts, as gitformat-pack describes them."""
    base_size, at = _varint(delta, 0)
    size, at = _varint(delta, at)
    if base_size != len(base) or size > SIZE_LIMIT:
        raise BadPackError("a delta does not fit its base")
    out = bytearray()
    while at < len(delta):
        code = delta[at]
        at += 1
        if code & 0x80:
            start, length, at = _copy(delta, at, code)
            out += base[start : start + length]
        elif code:
            out += delta[at : at + code]
            at += code
        else:
            raise BadPackError("a delta holds a reserved instruction")
        if len(out) > size:
            break
    if len(out) != size:
        raise BadPackError("a delta gives another size than it says")
    return bytes(out)


def _copy(delta: bytes, at: int, code: int) -> tuple[int, int, int]:
    start = length = 0
    for bit in range(4):
        if code & 1 << bit:
            start |= delta[at] << 8 * bit
            at += 1
    for bit in range(3):
        if code & 0x10 << bit:
            length |= delta[at] << 8 * bit
            at += 1
    return start, length or 0x10000, at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, at
