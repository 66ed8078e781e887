"""Bare repositories of the test-bed, written with libgit2: a commit takes milliseconds and needs no work tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pygit2

_AUTHOR = "Bed"
_EMAIL = "bed@argosy.example"
_FIRST_INSTANT = 1_767_225_600  # 2026-01-01; commit times count up from here, so that no clock is asked


@dataclass(frozen=True)
class Repository:
    """One bare repository on disk."""

    path: Path
    branch: str = "main"

    def commit(self, files: Mapping[str, str | bytes | None], message: str = "Change", *, branch: str = "") -> str:
        """Commit on top of a branch (default: the repository's) and move it; the commit id.

        `files` maps a path to its new content, None removes it; other files stay. The branch is created if need be.
        """
        repository = self._open()
        reference = f"refs/heads/{branch or self.branch}"
        tip = _tip(repository, reference)
        index = pygit2.Index()
        if tip is not None:
            index.read_tree(tip.tree)
        for path, content in files.items():
            _put(repository, index, path, content)
        tree = index.write_tree(repository)
        time = tip.commit_time + 1 if tip is not None else _FIRST_INSTANT
        author = pygit2.Signature(_AUTHOR, _EMAIL, time, 0)
        parents = [tip.id] if tip is not None else []
        return str(repository.create_commit(reference, author, author, message, tree, parents))

    def tag(self, name: str, commit: str) -> None:
        """Let a lightweight tag point at a commit, moving it if it exists."""
        self._open().references.create(f"refs/tags/{name}", pygit2.Oid(hex=commit), force=True)

    def move(self, commit: str, *, branch: str = "") -> None:
        """Let a branch point at any commit, as a forced push does."""
        self._open().references.create(f"refs/heads/{branch or self.branch}", pygit2.Oid(hex=commit), force=True)

    def head(self, *, branch: str = "") -> str:
        """The commit at the tip of a branch."""
        return str(self._open().references[f"refs/heads/{branch or self.branch}"].target)

    def _open(self) -> pygit2.Repository:
        return pygit2.Repository(str(self.path))


def create_repository(path: Path, files: Mapping[str, str | bytes | None] | None = None) -> Repository:
    """Create a bare repository, with a first commit if files are given; an existing one is used as it is."""
    if not (path / "HEAD").exists():
        repository = pygit2.init_repository(str(path), bare=True, initial_head="main")
        # What hosting providers allow: partial clones, and fetches of a commit by its id.
        repository.config["uploadpack.allowFilter"] = True
        repository.config["uploadpack.allowAnySHA1InWant"] = True
    made = Repository(path)
    if files:
        made.commit(files, "First commit")
    return made


def _tip(repository: pygit2.Repository, reference: str) -> pygit2.Commit | None:
    if reference not in repository.references:
        return None
    return repository.references[reference].peel(pygit2.Commit)


def _put(repository: pygit2.Repository, index: pygit2.Index, path: str, content: str | bytes | None) -> None:
    if content is None:
        index.remove(path)
        return
    blob = repository.create_blob(content if isinstance(content, bytes) else content.encode())
    index.add(pygit2.IndexEntry(path, blob, pygit2.enums.FileMode.BLOB))
