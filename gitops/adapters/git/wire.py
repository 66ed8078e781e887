"""Git's protocol version 2 over HTTP as bytes: requests written, answers read (gitprotocol-v2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gitops.errors import RetryableError

FLUSH = b"0000"
DELIMITER = b"0001"
AGENT = b"agent=argosy"
REF_LIMIT = 200_000


class ProtocolError(RetryableError):
    """The server's answer is not protocol version 2 as we speak it: let the git program try."""


class RemoteError(RetryableError):
    """The server answered with an error text of its own, shown without control characters."""


@dataclass(frozen=True, slots=True)
class RemoteRef:
    """A ref as the server lists it; `commit` is the peeled id of an annotated tag, else the id itself."""

    name: str
    oid: str
    commit: str


def packet(payload: bytes) -> bytes:
    """One pkt-line."""
    return b"%04x%s" % (len(payload) + 4, payload)


def lines_of(data: bytes) -> Iterator[bytes | None]:
    """The pkt-lines of an answer; None for flush, delimiter and response-end.

    Raises:
        ProtocolError: a length that is none, or an answer that ends within a line.
    """
    at = 0
    while at < len(data):
        try:
            length = int(data[at : at + 4], 16)
        except ValueError as error:
            raise ProtocolError("the answer is not in git's line format") from error
        if length < 4:
            at += 4
            yield None
            continue
        if at + length > len(data):
            raise ProtocolError("the answer ends too early")
        line = data[at + 4 : at + length]
        if line.startswith(b"ERR "):
            raise RemoteError(f"the server says: {printable(line[4:])}")
        yield line
        at += length


def speaks_version_2(advertisement: bytes) -> bool:
    """Whether a server's first answer offers version 2 with SHA-1 ids."""
    lines = [line.strip() for line in lines_of(advertisement) if line]
    if b"version 2" not in lines:
        return False
    formats = [line for line in lines if line.startswith(b"object-format=")]
    return not formats or b"object-format=sha1" in formats


def list_request(refs: Sequence[str]) -> bytes:
    """Ask for all branches, tags, HEAD and the given full ref names, tags peeled."""
    prefixes = ["HEAD", "refs/heads/", "refs/tags/", *refs]
    arguments = [b"peel\n", *(f"ref-prefix {prefix}\n".encode() for prefix in prefixes)]
    return _command(b"ls-refs", arguments)


def fetch_request(wants: Iterable[str], haves: Iterable[str]) -> bytes:
    """Ask for the wanted commits at once, without a round of negotiation: what we have is said in the same breath."""
    arguments = [b"thin-pack\n", b"ofs-delta\n", b"no-progress\n"]
    arguments += [f"want {oid}\n".encode() for oid in wants]
    arguments += [f"have {oid}\n".encode() for oid in haves]
    return _command(b"fetch", [*arguments, b"done\n"])


def _command(name: bytes, arguments: Iterable[bytes]) -> bytes:
    head = packet(b"command=%s\n" % name) + packet(AGENT) + packet(b"object-format=sha1")
    return head + DELIMITER + b"".join(map(packet, arguments)) + FLUSH


def refs_of(answer: bytes) -> list[RemoteRef]:
    """The refs of an `ls-refs` answer.

    Raises:
        ProtocolError: a line is none of a ref, or there are more than REF_LIMIT.
    """
    found = []
    for line in lines_of(answer):
        if line is None:
            break
        oid, _, rest = line.decode("utf-8", "replace").rstrip("\n").partition(" ")
        name, *attributes = rest.split(" ")
        peeled = next((a.removeprefix("peeled:") for a in attributes if a.startswith("peeled:")), oid)
        if not name or not (_is_id(oid) and _is_id(peeled)):
            if oid == "unborn":
                continue
            raise ProtocolError("the server's list of refs cannot be read")
        found.append(RemoteRef(name, oid, peeled))
        if len(found) > REF_LIMIT:
            raise ProtocolError(f"the repository has more than {REF_LIMIT} refs")
    return found


def _is_id(text: str) -> bool:
    return len(text) == 40 and not set(text) - set("0123456789abcdef")


def pack_of(answer: bytes) -> bytes:
    """The pack in a `fetch` answer.

    Raises:
        ProtocolError: no pack in it; `RemoteError` when the server says why.
    """
    parts: list[bytes] = []
    packing = False
    for line in lines_of(answer):
        if line is None or not packing:
            packing = packing or line == b"packfile\n"
            continue
        band, part = line[0], line[1:]
        if band == 1:
            parts.append(part)
        elif band == 3:
            raise RemoteError(f"the server says: {printable(part)}")
    if not parts:
        raise ProtocolError("the answer holds no pack")
    return b"".join(parts)


def printable(text: bytes) -> str:
    """A server's words on one line, at most 300 characters."""
    shown = text.decode("utf-8", "replace").strip()[:300]
    return "".join(c if c.isprintable() else " " for c in shown)
