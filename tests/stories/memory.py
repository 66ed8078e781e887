"""What a process holds, seen from outside: environment, arguments, files, and its writable memory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

_REGION = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+\s*(.*)$")
_CHUNK = 1 << 20  # bytes


def family_of(pid: int) -> list[int]:
    """A process and all its descendants."""
    parents = {int(p.name): _parent(p) for p in Path("/proc").iterdir() if p.name.isdigit()}
    found = [pid]
    for parent in found:
        found.extend(child for child, of in parents.items() if of == parent)
    return found


def _parent(folder: Path) -> int:
    try:
        return int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return 0  # it ended meanwhile


def told_at_start(pid: int) -> bytes:
    """Environment and arguments."""
    folder = Path(f"/proc/{pid}")
    return (folder / "environ").read_bytes() + (folder / "cmdline").read_bytes()


def files_of(pid: int) -> set[Path]:
    """Files that are open or mapped."""
    folder = Path(f"/proc/{pid}")
    found = {line.split(maxsplit=5)[-1] for line in (folder / "maps").read_text().splitlines() if "/" in line}
    for link in (folder / "fd").iterdir():
        try:
            found.add(str(link.readlink()))
        except OSError:
            continue  # closed since it was listed
    return {Path(name) for name in found if name.startswith("/")}


def remembers(pid: int, secrets: Iterable[bytes]) -> set[bytes]:
    """Those of `secrets` that are somewhere in the writable memory of the process."""
    wanted = set(secrets)
    found: set[bytes] = set()
    overlap = max(len(secret) for secret in wanted)
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for first, last in _writable(pid):
            memory.seek(first)
            rest = b""
            for _ in range(first, last, _CHUNK):
                try:
                    chunk = rest + memory.read(min(_CHUNK, last - memory.tell()))
                except OSError:
                    break  # a region that went away, or that even its process may not read
                found |= {secret for secret in wanted if secret in chunk}
                rest = chunk[-overlap:]
    return found


def _writable(pid: int) -> Iterator[tuple[int, int]]:
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        match = _REGION.match(line)
        if match and match[3].startswith("rw") and match[4] not in ("[vvar]", "[vsyscall]"):
            yield int(match[1], 16), int(match[2], 16)
