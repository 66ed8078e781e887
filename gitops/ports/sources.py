"""Repositories: one mirror each, fetched once for any number of apps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gitops.model.credentials import RepoAccess
from gitops.model.revision import CommitId, RefTable, SourceTree


class Mirror(Protocol):
    """A repository as of one fetch; reads never touch the network."""

    refs: RefTable

    def has(self, commit: CommitId) -> bool:
        """Whether the commit is in the mirror."""

    def tree_ids(self, commit: CommitId, paths: Sequence[str]) -> list[str]:
        """Git object id of each path at the commit (`.` = root), empty text where the path does not exist."""

    def read(self, commit: CommitId, path: str, *, recurse: bool, limit_bytes: int) -> SourceTree:
        """Files below a folder; links are followed only to files inside the repository and reported in `outside`.

        Raises:
            InvalidError: no such folder, a link leaves the repository, or a limit is broken (names file, size, limit).
        """


class Sources(Protocol):
    """All mirrors of this worker."""

    def refresh(self, access: RepoAccess, *, commits: Sequence[CommitId] = ()) -> Mirror:
        """Bring the mirror up to date with at most one `git fetch` (plus one per wanted commit that no ref reaches).

        Raises:
            InvalidError: the URL or a revision is not allowed (S-040 ... S-045), or the credential is wrong.
            RetryableError: the remote did not answer as it should; the message has no credential in it.
        """
