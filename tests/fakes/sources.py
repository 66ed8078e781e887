"""Repositories in memory: commits are whole file trees, named by what is in them."""

from __future__ import annotations

import fnmatch
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gitops.errors import InvalidError, RetryableError
from gitops.model.credentials import RepoAccess
from gitops.model.revision import CommitId, RefTable, SourceFile, SourceTree
from gitops.ports.sources import Mirror

Tree = Mapping[str, bytes]


@dataclass
class MemoryRepository:
    """A remote: refs and all commits ever pushed."""

    refs: dict[str, CommitId] = field(default_factory=dict)
    commits: dict[CommitId, Tree] = field(default_factory=dict)

    def commit(self, files: Mapping[str, str | None], *, branch: str = "main") -> CommitId:
        """Commit on top of a branch: None removes a file, others stay."""
        ref = f"refs/heads/{branch}"
        tree = dict(self.commits[self.refs[ref]]) if ref in self.refs else {}
        for path, text in files.items():
            if text is None:
                tree.pop(path, None)
            else:
                tree[path] = text.encode()
        text = f"{len(self.commits)} {sorted(tree)}".encode()
        made = CommitId(hashlib.sha1(text, usedforsecurity=False).hexdigest())
        self.commits[made] = tree
        self.refs[ref] = made
        return made


@dataclass
class MemoryMirror:
    """Port `Mirror`: the remote as it was at one fetch."""

    refs: RefTable
    commits: Mapping[CommitId, Tree]

    def has(self, commit: CommitId) -> bool:
        """See the port."""
        return commit in self.commits

    def expand(self, abbreviated: str) -> CommitId | None:
        """See the port."""
        found = fnmatch.filter(self.commits, f"{abbreviated}*")
        return CommitId(found[0]) if len(found) == 1 else None

    def tree_ids(self, commit: CommitId, paths: Sequence[str]) -> list[str]:
        """See the port."""
        return [_id_of(_below(self.commits[commit], path)) for path in paths]

    def names(self, commit: CommitId, path: str, *, recurse: bool) -> tuple[str, ...]:
        """See the port."""
        found = _below(self.commits[commit], path)
        if not found:
            raise InvalidError(f"{path}: app path does not exist", hint="correct spec.source.path")
        return tuple(sorted(name for name in found if recurse or "/" not in name))

    def read(
        self, commit: CommitId, path: str, names: Sequence[str], *, file_bytes: int, total_bytes: int
    ) -> SourceTree:
        """See the port."""
        below = _below(self.commits[commit], path)
        files = tuple(SourceFile(name if path == "." else f"{path}/{name}", below[name]) for name in names)
        for file in files:
            if len(file.data) > file_bytes:
                raise InvalidError(f"{file.path} has {len(file.data)} bytes, at most {file_bytes} are read")
        if sum(len(file.data) for file in files) > total_bytes:
            raise InvalidError(f"the files of {path} have more than {total_bytes} bytes")
        return SourceTree(files)


class MemorySources:
    """Port `Sources`, by URL; `away` is why no remote answers, `fetches` counts."""

    def __init__(self, remotes: Mapping[str, MemoryRepository]) -> None:
        self.remotes = dict(remotes)
        self.away = ""
        self.fetches = 0

    def refresh(self, access: RepoAccess, *, commits: Sequence[CommitId] = (), refs: Sequence[str] = ()) -> Mirror:
        """See the port."""
        del commits, refs
        self.fetches += 1
        if self.away:
            raise RetryableError(self.away, about=access.url)
        remote = self.remotes.get(access.url)
        if remote is None:
            raise InvalidError("repository not found", about=access.url, hint="check the URL")
        return MemoryMirror(RefTable(dict(remote.refs), remote.refs.get("refs/heads/main")), dict(remote.commits))

    def tidy(self, access: RepoAccess) -> None:
        """See the port; there is nothing to pack."""


def _below(tree: Tree, path: str) -> dict[str, bytes]:
    """Files of a folder by their name in it; for a file itself its content under the empty name."""
    if path in tree:
        return {"": tree[path]}
    prefix = "" if path == "." else f"{path}/"
    return {name.removeprefix(prefix): data for name, data in tree.items() if name.startswith(prefix)}


def _id_of(files: Mapping[str, bytes]) -> str:
    if not files:
        return ""
    digest = hashlib.sha1(usedforsecurity=False)
    for name in sorted(files):
        digest.update(f"{name}\0".encode() + files[name] + b"\0")
    return digest.hexdigest()
