"""Programs from upstream releases, held against the published sha256 before they are used."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import urllib3

from cli.bed.trees import Tree, architecture, operating_system
from cli.errors import CommandError, Exit

_TIMEOUT = urllib3.Timeout(connect=3.0, read=60.0)  # seconds; a machine without a way out must notice soon
_RETRIES = urllib3.Retry(connect=0, read=1, redirect=3)
_LIMIT_BYTES = 400 << 20


def download(tree: Tree, program: str, into: Path) -> None:
    """Write `program` of the tree's release to the file `into`.

    Raises:
        CommandError: no release for this platform, unreachable, or not what its checksum says; build it instead.
    """
    if tree.release is None:
        raise CommandError("has no release with checksums", about=program)
    names = {"version": tree.version, "os": operating_system(), "arch": architecture(), "program": program}
    address = tree.release.address.format(**names)
    content = _get(address)
    wanted = _digest(_get(tree.release.checksum.format(**names)).decode("ascii", "replace"), address.rsplit("/", 1)[-1])
    if hashlib.sha256(content).hexdigest() != wanted:
        raise CommandError("does not have the published sha256", about=address, hint="it was thrown away")
    into.write_bytes(_member(content, tree.release.member.format(**names)))


def _get(address: str) -> bytes:
    try:
        with urllib3.PoolManager(timeout=_TIMEOUT, retries=_RETRIES) as pool:
            answer = pool.request("GET", address, preload_content=False)
            content = answer.read(_LIMIT_BYTES)
    except urllib3.exceptions.HTTPError as error:
        raise CommandError(
            f"not downloadable ({type(error).__name__})", code=Exit.UNREACHABLE, about=address
        ) from error
    if answer.status != 200:
        raise CommandError(f"answered {answer.status}", code=Exit.UNREACHABLE, about=address)
    return content


def _digest(text: str, file_name: str) -> str:
    """The digest for a file out of a checksum file of one digest or of many lines; empty when it is not listed."""
    for line in text.splitlines():
        words = line.split()
        if len(words) == 1 or (len(words) == 2 and words[1].lstrip("*") == file_name):
            return words[0].lower()
    return ""


def _member(content: bytes, name: str) -> bytes:
    if not name:
        return content
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        found = archive.extractfile(name)
        if found is None:
            raise CommandError(f"has no file {name}", about="release archive")
        return found.read()
