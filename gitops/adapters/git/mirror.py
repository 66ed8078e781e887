"""All mirrors of a worker: one bare repository per URL and credential scope, brought up to date by one fetch."""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pygit2

from gitops.adapters.git import packs, wire
from gitops.adapters.git.locks import locked
from gitops.adapters.git.objects import GitMirror
from gitops.adapters.git.program import GitProgram
from gitops.adapters.git.program_fetch import fetch_all
from gitops.adapters.git.refs import HEAD_COPY, Refs, mirrored, read_refs, table_of, tips, write_refs
from gitops.adapters.git.smart_http import NotHereError, Observer, SmartHttp
from gitops.errors import RetryableError
from gitops.model.credentials import RepoAccess
from gitops.model.revision import CommitId, RefTable

log = logging.getLogger("argosy.git")

_HAVES = 256
_LOOSE = 24
"""Files in one of the 256 object folders that mean about 6,000 loose objects: time to pack them."""
_PACKS = 60
_LOCK_WAIT_S = 20.0
_SUSPECT = "argosy-suspect"
_FULL = "argosy-full"


class Mirrors:
    """Implements the port `Sources`; safe for use by several threads and processes."""

    def __init__(self, data_dir: Path, *, allow_http: bool, observer: Observer = lambda repo, kind: None) -> None:
        self._folder = data_dir / "mirrors"
        self._program = GitProgram(data_dir / "git-home", allow_http=allow_http)
        self._http = SmartHttp(observer)
        self._observer = observer

    def refresh(self, access: RepoAccess, *, commits: Sequence[CommitId] = (), refs: Sequence[str] = ()) -> GitMirror:
        """Bring the mirror of a repository up to date; see the port."""
        folder = self._folder_of(access)
        with locked(folder.with_suffix(".lock"), wait_s=_LOCK_WAIT_S):
            try:
                return self._refreshed(folder, access, commits, refs)
            except (pygit2.GitError, KeyError, _DamagedError):
                # set the broken mirror aside, clone once; a second failure is the caller's to hear
                _quarantine(folder)
                return self._refreshed(folder, access, commits, refs)

    def _refreshed(
        self, folder: Path, access: RepoAccess, commits: Sequence[CommitId], refs: Sequence[str]
    ) -> GitMirror:
        if (folder / _SUSPECT).exists():
            raise _DamagedError("a read found the mirror damaged")
        _prepare(folder)
        table = self._fetched(folder, access, commits, refs)
        _prove(folder, table)
        return GitMirror(folder, table, on_broken=lambda: (folder / _SUSPECT).touch())

    def _fetched(self, folder: Path, access: RepoAccess, commits: Sequence[CommitId], refs: Sequence[str]) -> RefTable:
        if access.url.lower().startswith(("http://", "https://")) and (folder / _FULL).exists():
            # anything this client cannot do, the program can; what the remote refuses, it refuses both
            with suppress(NotHereError, packs.BadPackError, wire.ProtocolError):
                return self._by_http(folder, access, commits, refs)
        self._observer(access.url, "fetch")
        fetch_all(self._program, folder, access, commits, refs)
        (folder / _FULL).touch()
        return table_of(read_refs(pygit2.Repository(str(folder))))

    def _by_http(self, folder: Path, access: RepoAccess, commits: Sequence[CommitId], refs: Sequence[str]) -> RefTable:
        found = mirrored(self._http.refs(access, refs))
        repo = pygit2.Repository(str(folder))
        before = read_refs(repo)
        wants = {oid for oid, _ in found.values() if oid not in repo}
        if wants:
            packs.unpack(self._http.pack(access, wants, tips(before, _HAVES)), repo)
        if any(oid not in repo for oid in wants):
            raise packs.BadPackError("the pack does not hold what was asked for")
        for commit in commits:
            if commit not in repo:
                self._add(commit, access, repo, before)
        write_refs(repo, before, found)
        return table_of(found)

    def _add(self, commit: CommitId, access: RepoAccess, repo: pygit2.Repository, before: Refs) -> None:
        """A commit that no ref reaches; what the remote refuses to give is not in the mirror, and that says it all."""
        try:
            packs.unpack(self._http.pack(access, [commit], tips(before, _HAVES)), repo)
        except (NotHereError, packs.BadPackError):
            raise
        except RetryableError as error:
            log.info("commit not given", extra={"commit": commit, "cause": str(error)})

    def tidy(self, access: RepoAccess) -> None:
        """Pack loose objects and small packs when there are many; unreachable objects stay for two days."""
        folder = self._folder_of(access)
        loose = list((folder / "objects" / "17").glob("*"))
        small = list((folder / "objects" / "pack").glob("*.pack"))
        if len(loose) < _LOOSE and len(small) < _PACKS:
            return
        # the next look tries again; reading never depends on it
        with suppress(RetryableError), locked(folder.with_suffix(".lock"), wait_s=0):
            self._program.run(["gc", "--quiet", "--prune=2.days.ago"], folder)

    def _folder_of(self, access: RepoAccess) -> Path:
        """Scopes have mirrors of their own: what one project may read, another has not fetched for it."""
        scope = f"{access.url}\0{access.credential.project}\0{access.credential.has_credential}"
        return self._folder / hashlib.blake2b(scope.encode(), digest_size=16).hexdigest()


class _DamagedError(RetryableError):
    """The mirror on disk cannot be relied on."""


def _prepare(folder: Path) -> None:
    """An empty bare repository if there is none, without locks of a killed git: we hold the only lock that counts."""
    if not (folder / "HEAD").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        pygit2.init_repository(str(folder), bare=True)
        return
    for stale in [*folder.glob("*.lock"), *(folder / "refs").rglob("*.lock")]:
        stale.unlink(missing_ok=True)


def _prove(folder: Path, table: RefTable) -> None:
    """HEAD's commit and root tree can be read; deeper damage shows when it is read and marks the mirror."""
    if table.head is None:
        return
    found = pygit2.Repository(str(folder)).get(table.head)
    if found is None:
        raise _DamagedError(f"{HEAD_COPY} is not readable")
    found.peel(pygit2.Tree)


def _quarantine(folder: Path) -> None:
    """Set the broken mirror aside for a look by a human; only the last one is kept."""
    aside = folder.with_suffix(".broken")
    shutil.rmtree(aside, ignore_errors=True)
    if folder.exists():
        folder.rename(aside)
