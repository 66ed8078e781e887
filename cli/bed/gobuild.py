"""Builds the programs of a tree from Go modules: unattended, with a progress line every few seconds."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from cli.bed.trees import Tree
from cli.errors import CommandError

Announce = Callable[[str], None]
"""Takes one line for the person who waits; goes to stderr."""

_LINE_EVERY_S = 5.0
_PACKAGE = re.compile(r"[\w.~/-]+")


def build_command(tree: Tree, programs: Sequence[str], into: Path) -> list[str]:
    """The `go build` command line; run in `tree.folder`, it writes each program into the folder `into`.

    A program whose package path ends differently (etcd's ends in v3) is built alone, so that its file can be named.
    """
    target = str(into / programs[0]) if len(programs) == 1 else f"{into}{os.sep}"
    packages = [tree.packages[program] for program in programs]
    flags = ["-mod=readonly", "-buildvcs=false", "-trimpath", "-ldflags", tree.ldflags]
    return ["go", "build", "-v", *flags, "-o", target, *packages]


def build(tree: Tree, programs: Sequence[str], into: Path, announce: Announce) -> None:
    """Build programs of a tree into the folder `into`; minutes when cold.

    Raises:
        CommandError: no Go on this machine, or the build failed (with the end of its output).
    """
    if shutil.which("go") is None:
        hint = "install Go >= 1.26, or set KUBEBUILDER_ASSETS to a folder with the programs"
        raise CommandError("cannot be built: no `go` on PATH", about=", ".join(programs), hint=hint)
    announce(
        f"building {', '.join(programs)} {tree.version} with Go (minutes, once; later starts take it from the cache)"
    )
    command = build_command(tree, programs, into)
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"}
    with subprocess.Popen(
        command, cwd=tree.folder, env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as running:
        tail = _follow(running.stderr or (), tree.name, announce)
    if running.returncode != 0:
        said = " | ".join(tail) or "no output"
        raise CommandError(f"go build ended with {running.returncode}: {said}", about=tree.name)


def _follow(lines: Iterable[str], name: str, announce: Announce) -> list[str]:
    """Turn Go's list of compiled packages into a line every few seconds; the last lines that are something else."""
    began = last = time.monotonic()
    compiled = 0
    tail: deque[str] = deque(maxlen=8)
    for line in map(str.strip, lines):
        if _PACKAGE.fullmatch(line):
            compiled += 1
        else:
            tail.append(line)
        now = time.monotonic()
        if now - last >= _LINE_EVERY_S:
            last = now
            announce(f"{name}: {compiled} packages compiled, {now - began:.0f} s, now {line[:60]}")
    announce(f"{name}: done, {compiled} packages compiled, {time.monotonic() - began:.0f} s")
    return list(tail)
