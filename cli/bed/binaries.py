"""Finds the programs of the test-bed: KUBEBUILDER_ASSETS, the cache, a download, a Go build, in this order.

The cache lies outside every checkout (ARGOSY_CACHE, else XDG_CACHE_HOME/argosy, else ~/.cache/argosy) and is shared by
all of them; a program appears in it whole or not at all, and only one builder works on a tree at a time.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from cli.bed.download import download
from cli.bed.gobuild import Announce, build
from cli.bed.trees import Tree, tree_of
from cli.errors import CommandError


def announce_on_stderr(line: str) -> None:
    """The default way to show progress."""
    click.echo(f"bed: {line}", err=True)


def cache_folder() -> Path:
    """Where built and downloaded programs stay between runs."""
    if chosen := os.environ.get("ARGOSY_CACHE"):
        return Path(chosen) / "bed"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "argosy" / "bed"


def resolve(programs: Iterable[str], announce: Announce = announce_on_stderr) -> dict[str, Path]:
    """The path of each program, got now if need be: at once from the cache, else up to ten minutes.

    Raises:
        CommandError: neither found nor downloadable nor buildable; the message says what to install.
    """
    wanted = list(programs)
    found = _present(wanted)
    missing: dict[str, list[str]] = {}
    for program in wanted:
        if program not in found:
            missing.setdefault(tree_of(program).name, []).append(program)
    for names in missing.values():
        found |= _obtain(tree_of(names[0]), names, announce)
    return found


def _present(programs: Iterable[str]) -> dict[str, Path]:
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    found: dict[str, Path] = {}
    for program in programs:
        folders = [Path(assets)] if assets else []
        folders.append(cache_folder() / tree_of(program).key)
        path = next((folder / program for folder in folders if os.access(folder / program, os.X_OK)), None)
        if path is not None:
            found[program] = path
    return found


def _obtain(tree: Tree, programs: list[str], announce: Announce) -> Mapping[str, Path]:
    """Download or build what is missing into the cache, alone; who waited for another builder takes its result."""
    home = cache_folder() / tree.key
    home.mkdir(parents=True, exist_ok=True)
    with _alone(home.parent / f"{tree.key}.lock", announce):
        missing = [program for program in programs if not (home / program).exists()]
        with tempfile.TemporaryDirectory(dir=home, prefix="new-") as scratch:
            _download_or_build(tree, missing, Path(scratch), announce)
            for program in missing:
                made = Path(scratch) / program
                made.chmod(0o755)
                made.replace(home / program)
    return {program: home / program for program in programs}


def _download_or_build(tree: Tree, programs: list[str], into: Path, announce: Announce) -> None:
    to_build = [program for program in programs if not _downloaded(tree, program, into, announce)]
    if to_build:
        build(tree, to_build, into, announce)


def _downloaded(tree: Tree, program: str, into: Path, announce: Announce) -> bool:
    if tree.release is None or os.environ.get("ARGOSY_BED_DOWNLOAD") == "0":
        return False
    announce(f"downloading {program} {tree.version}")
    try:
        download(tree, program, into / program)
    except CommandError as error:
        announce(f"{error}; building it instead")  # the build is the next way, so this is not the end
        return False
    return True


@contextmanager
def _alone(lock: Path, announce: Announce) -> Iterator[None]:
    with lock.open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            announce(f"waiting for another builder ({lock.name})")
            fcntl.flock(held, fcntl.LOCK_EX)
        yield
