"""Symbolic links in a repository of the test-bed."""

from __future__ import annotations

import pygit2

from cli.bed.repository import Repository


def link(repo: Repository, path: str, target: str) -> None:
    """Commit a symbolic link on top of the main branch."""
    raw = pygit2.Repository(str(repo.path))
    index = pygit2.Index()
    index.read_tree(raw.revparse_single("refs/heads/main").peel(pygit2.Tree))
    index.add(pygit2.IndexEntry(path, raw.create_blob(target.encode()), pygit2.enums.FileMode.LINK))
    who = pygit2.Signature("a", "a@example.org", 1, 0)
    parent = raw.references["refs/heads/main"].target
    raw.create_commit("refs/heads/main", who, who, "link", index.write_tree(raw), [parent])
