"""Where desired objects come from: repositories, revisions and the key of everything a render reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

RepoKey = NewType("RepoKey", str)
"""A repository whatever way its URL is written (argo-cd.md 8.2 "same-URL test"); made by `access.repo.repo_key`."""

CommitId = NewType("CommitId", str)
"""A full object id: 40 (or 64) hex digits."""

TreeKey = NewType("TreeKey", str)
"""Hash of everything one render reads: same key, same bytes."""


@dataclass(frozen=True, slots=True)
class RefTable:
    """What a repository's remote names: full ref name to commit (annotated tags peeled), and what HEAD points at."""

    refs: dict[str, CommitId]
    head: CommitId | None


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of a source folder at one commit; `path` is relative to the repository root."""

    path: str
    data: bytes


@dataclass(frozen=True, slots=True)
class SourceTree:
    """The files one render reads, and what outside its folder it read (for the tree key)."""

    files: tuple[SourceFile, ...]
    outside: tuple[str, ...] = ()
