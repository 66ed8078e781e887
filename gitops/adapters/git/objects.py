"""Reads of one mirror: object ids, names and files at a commit, links followed by us and only inside the repository."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pygit2
from pygit2.enums import FileMode, ObjectType

from gitops.errors import InvalidError, RetryableError
from gitops.model.revision import CommitId, RefTable, SourceFile, SourceTree

_HOPS = 10
_ENTRIES = 100_000
_NAME_BYTES = 4_000
_DEPTH = 200


@dataclass(frozen=True, slots=True)
class _Entry:
    """What a path leads to after its links: blob id and size, and every path on the way."""

    blob: pygit2.Oid | None
    """None for a folder, a submodule, or nothing."""
    via: tuple[str, ...]


class GitMirror:
    """Implements the port `Mirror` for a bare repository on disk; one thread uses one GitMirror."""

    def __init__(self, folder: Path, refs: RefTable, on_broken: Callable[[], None]) -> None:
        self.refs = refs
        self._repo = pygit2.Repository(str(folder), pygit2.enums.RepositoryOpenFlag.BARE)
        self._on_broken = on_broken

    def has(self, commit: CommitId) -> bool:
        """Whether the commit is in the mirror."""
        return commit in self._repo

    def expand(self, abbreviated: str) -> CommitId | None:
        """The one commit whose id begins so."""
        try:
            return commit_of(self._repo, self._repo.expand_id(abbreviated))
        except (KeyError, ValueError):  # no object, or several, begin so
            return None

    def tree_ids(self, commit: CommitId, paths: Sequence[str]) -> list[str]:
        """Git object id of each path at the commit, empty text where there is none; 2,000 paths take a few ms."""
        with self._reading():
            root = self._tree(commit)
            folders: dict[str, pygit2.Tree | None] = {"": root}
            return [str(root.id) if path in (".", "") else self._id(folders, path) for path in paths]

    def _id(self, folders: dict[str, pygit2.Tree | None], path: str) -> str:
        parent, _, name = path.rpartition("/")
        folder = self._folder(folders, parent)
        return str(folder[name].id) if folder is not None and name and name in folder else ""

    def _folder(self, folders: dict[str, pygit2.Tree | None], path: str) -> pygit2.Tree | None:
        if path not in folders:
            parent, _, name = path.rpartition("/")
            above = self._folder(folders, parent)
            entry = above[name] if above is not None and name and name in above else None
            folders[path] = entry if isinstance(entry, pygit2.Tree) else None
        return folders[path]

    def names(self, commit: CommitId, path: str, *, recurse: bool) -> tuple[str, ...]:
        """Files and links below a folder, relative to it."""
        with self._reading():
            folder = self._folder({"": self._tree(commit)}, "" if path == "." else path)
            if folder is None:
                raise InvalidError(
                    f"no folder {path} at {commit[:12]}", about=f"path {path}", hint="correct spec.source.path"
                )
            found: list[str] = []
            self._walk(folder, "", found, _DEPTH if recurse else 0)
            return tuple(found)

    def _walk(self, folder: pygit2.Tree, prefix: str, found: list[str], depth: int) -> None:
        for entry in folder:
            name = prefix + (entry.name or "")
            if isinstance(entry, pygit2.Tree):
                if depth > 0:
                    self._walk(entry, f"{name}/", found, depth - 1)
            elif entry.filemode != FileMode.COMMIT:
                found.append(name)
            if len(found) > _ENTRIES or len(name) > _NAME_BYTES:
                raise InvalidError(
                    f"more than {_ENTRIES} files, or a name over {_NAME_BYTES} bytes",
                    hint="point spec.source.path at a smaller folder",
                )

    def read(
        self, commit: CommitId, path: str, names: Sequence[str], *, file_bytes: int, total_bytes: int
    ) -> SourceTree:
        """The named files of a folder; at most `file_bytes` each and `total_bytes` together."""
        top = "" if path == "." else f"{path}/"
        files: list[SourceFile] = []
        outside: dict[str, None] = {}
        total = 0
        with self._reading():
            root = self._tree(commit)
            for name in names:
                entry = self._follow(root, top + name)
                outside.update((seen, None) for seen in entry.via if not seen.startswith(top))
                if entry.blob is None:
                    continue
                size = self._repo.odb.read_header(entry.blob)[1]
                total += size
                _check_size(top + name, size, file_bytes, total, total_bytes)
                files.append(SourceFile(top + name, self._repo.odb.read(entry.blob)[1]))
        return SourceTree(tuple(files), tuple(sorted(outside)))

    def _follow(self, root: pygit2.Tree, path: str) -> _Entry:
        """Resolve links part by part, starting from the repository root each time; no name is ever opened on disk."""
        via: list[str] = []
        left = path.split("/")
        at: list[str] = []
        folder: pygit2.Tree = root
        while left:
            name = left.pop(0)
            entry = folder[name] if name in folder else None  # noqa: SIM401 -- a Tree has no get
            here = "/".join([*at, name])
            if entry is not None and entry.filemode == FileMode.LINK:
                via.append(here)
                if len(via) > _HOPS:
                    raise InvalidError(f"{path}: more than {_HOPS} links in a row", hint="shorten the chain of links")
                target = _target(path, "/".join(at), entry)
                at, left, folder = [], [*target, *left], root
            elif isinstance(entry, pygit2.Tree) and left:
                at, folder = [*at, name], entry
            else:
                blob = entry if isinstance(entry, pygit2.Blob) and not left else None
                return _Entry(blob.id if blob is not None else None, (*via, here) if via else ())
        return _Entry(None, tuple(via))

    def _tree(self, commit: CommitId) -> pygit2.Tree:
        found = self._repo.get(commit)
        if found is None or found.type != ObjectType.COMMIT:
            raise InvalidError(f"commit {commit} is not in the repository", hint="push it, or correct targetRevision")
        return found.peel(pygit2.Tree)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """An object that should be there and is not, or does not inflate, means a broken mirror: have it made anew."""
        try:
            yield
        except (pygit2.GitError, KeyError, ValueError, OSError) as error:
            self._on_broken()
            raise RetryableError(f"the mirror is damaged and will be made anew ({error})") from error


def _target(path: str, parent: str, link: pygit2.Object) -> list[str]:
    """The parts of a link's target from the repository root; the text of a refused target is not shown (S-004)."""
    text = link.data.decode("utf-8", "replace") if isinstance(link, pygit2.Blob) else ""
    whole = posixpath.normpath(posixpath.join(parent, text))
    if text.startswith("/") or whole == ".." or whole.startswith("../") or "\0" in text:
        raise InvalidError(f"{path}: the link leaves the repository", hint="replace the link by the file")
    return [] if whole == "." else whole.split("/")


def _check_size(name: str, size: int, file_bytes: int, total: int, total_bytes: int) -> None:
    if size > file_bytes:
        raise InvalidError(f"{name}: {size} bytes, the limit for a file is {file_bytes}", hint="split the file")
    if total > total_bytes:
        raise InvalidError(
            f"{name}: the manifests of the folder have more than {total_bytes} bytes together",
            hint="split the app or exclude files",
        )


def commit_of(repo: pygit2.Repository, oid: pygit2.Oid) -> CommitId | None:
    """The commit an object id stands for, annotated tags peeled; None for a tag of something else."""
    found = repo.get(oid)
    try:
        return CommitId(str(found.peel(pygit2.Commit).id)) if found is not None else None
    except pygit2.InvalidSpecError:  # a tag of a tree or a blob: no revision of manifests
        return None
