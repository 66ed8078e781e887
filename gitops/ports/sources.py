"""Repositories: one mirror each, fetched once for any number of apps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gitops.model.credentials import RepoAccess
from gitops.model.revision import CommitId, RefTable, SourceTree


class Mirror(Protocol):
    """A repository as of one fetch; reads never touch the network.

    Every read raises RetryableError when the mirror itself is broken: the next `refresh` makes it anew.
    """

    refs: RefTable

    def has(self, commit: CommitId) -> bool:
        """Whether the commit is in the mirror."""

    def expand(self, abbreviated: str) -> CommitId | None:
        """The one commit whose id begins so; None when there is none or several."""

    def tree_ids(self, commit: CommitId, paths: Sequence[str]) -> list[str]:
        """Git object id of each path at the commit (`.` = root), empty text where the path does not exist."""

    def names(self, commit: CommitId, path: str, *, recurse: bool) -> tuple[str, ...]:
        """Files and links below a folder, relative to it; submodules are left out.

        Raises:
            InvalidError: no such folder, or too many or too long names.
        """

    def read(
        self, commit: CommitId, path: str, names: Sequence[str], *, file_bytes: int, total_bytes: int
    ) -> SourceTree:
        """The named files of a folder; links are followed only inside the repository and reported in `outside`.

        A link to a folder or to nothing is left out, as Argo CD does.

        Raises:
            InvalidError: a link leaves the repository, or a limit is broken (names file, size, limit).
        """


class Sources(Protocol):
    """All mirrors of this worker."""

    def refresh(self, access: RepoAccess, *, commits: Sequence[CommitId] = (), refs: Sequence[str] = ()) -> Mirror:
        """Bring the mirror up to date with one fetch of all branches, all tags and HEAD.

        `refs` are further full ref names to ask for (`refs/pull/7/head`), `commits` object ids that must be there even
        if no ref reaches them; what the remote does not give is simply not in the result.

        Raises:
            InvalidError: the URL is not allowed (S-040 ... S-045), the repository is not there, or the credential is
                wrong.
            RetryableError: the remote did not answer as it should; the message has no credential in it.
        """

    def tidy(self, access: RepoAccess) -> None:
        """Pack what many small fetches left behind, if it is much; never on the way of a push. Raises nothing."""
