"""What a repository's mirror promises: on trees in memory and on git over HTTP (gitops/ports/sources.py)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.bed.gitserver import GitServer
from gitops.adapters.git.mirror import Mirrors
from gitops.errors import InvalidError, RetryableError
from gitops.model.credentials import RepoAccess, RepoCredential
from gitops.model.revision import CommitId
from gitops.ports.sources import Mirror, Sources
from tests.fakes.sources import MemoryRepository, MemorySources

FILES = {"apps/a/x.yaml": "a: 1\n", "apps/a/deep/z.yaml": "z: 1\n", "apps/b/y.yaml": "b: 1\n", "README.md": "hi\n"}
ABSENT = "https://127.0.0.1:9/none.git"


@dataclass
class Remote:
    """A repository somewhere, and what mirrors it."""

    url: str
    sources: Sources
    commit: Callable[[dict[str, str | None]], str]

    def refresh(self, url: str = "") -> Mirror:
        wanted = url or self.url
        return self.sources.refresh(RepoAccess(wanted, RepoCredential(url=wanted)))


@pytest.fixture(params=["fake", "real"])
def remote(request: pytest.FixtureRequest, tmp_path: Path) -> Remote:
    if request.param == "fake":
        memory = MemoryRepository()
        made = Remote("https://git.example/r.git", MemorySources({"https://git.example/r.git": memory}), memory.commit)
    else:
        server: GitServer = request.getfixturevalue("git_server")
        name = f"c{secrets.token_hex(4)}"
        real = server.create(name)
        made = Remote(server.url_of(name), Mirrors(tmp_path, allow_http=True), lambda files: real.commit(dict(files)))
    made.commit(dict(FILES))
    return made


def head(mirror: Mirror) -> CommitId:
    assert mirror.refs.head is not None
    return mirror.refs.head


def test_branches_and_head_are_those_of_the_remote(remote: Remote) -> None:
    tip = remote.commit({"more": "1"})
    mirror = remote.refresh()
    assert mirror.refs.refs["refs/heads/main"] == tip == mirror.refs.head
    assert mirror.has(CommitId(tip))
    assert not mirror.has(CommitId("0" * 40))


def test_a_mirror_is_as_of_its_refresh(remote: Remote) -> None:
    before = remote.refresh()
    tip = remote.commit({"more": "1"})
    assert head(before) != tip
    assert head(remote.refresh()) == tip


def test_an_abbreviated_commit_is_found_if_it_means_one(remote: Remote) -> None:
    mirror = remote.refresh()
    assert mirror.expand(head(mirror)[:10]) == head(mirror)
    assert mirror.expand("0" * 10) is None


def test_the_id_of_a_folder_changes_with_what_is_in_it_and_with_nothing_else(remote: Remote) -> None:
    paths = ["apps/a", "apps/b", "README.md", ".", "nowhere"]
    first = remote.refresh()
    before = first.tree_ids(head(first), paths)
    remote.commit({"apps/a/deep/z.yaml": "z: 2\n"})
    second = remote.refresh()
    after = second.tree_ids(head(second), paths)
    assert [one == other for one, other in zip(before, after, strict=True)] == [False, True, True, False, True]
    assert before[4] == ""
    assert all(before[:4])


def test_a_removed_folder_has_no_id(remote: Remote) -> None:
    remote.commit({"apps/b/y.yaml": None})
    mirror = remote.refresh()
    assert mirror.tree_ids(head(mirror), ["apps/b"]) == [""]


def test_files_are_named_relative_to_their_folder(remote: Remote) -> None:
    mirror = remote.refresh()
    assert mirror.names(head(mirror), "apps/a", recurse=False) == ("x.yaml",)
    assert sorted(mirror.names(head(mirror), "apps/a", recurse=True)) == ["deep/z.yaml", "x.yaml"]
    with pytest.raises(InvalidError):
        mirror.names(head(mirror), "nowhere", recurse=True)


def test_files_are_read_with_their_path_in_the_repository(remote: Remote) -> None:
    mirror = remote.refresh()
    tree = mirror.read(head(mirror), "apps/a", ["x.yaml", "deep/z.yaml"], file_bytes=100, total_bytes=100)
    assert {f.path: f.data for f in tree.files} == {"apps/a/x.yaml": b"a: 1\n", "apps/a/deep/z.yaml": b"z: 1\n"}
    assert tree.outside == ()
    root = mirror.read(head(mirror), ".", ["README.md"], file_bytes=100, total_bytes=100)
    assert [f.path for f in root.files] == ["README.md"]


@pytest.mark.parametrize(("file_bytes", "total_bytes"), [(4, 100), (100, 9)])
def test_what_is_too_large_is_refused(remote: Remote, file_bytes: int, total_bytes: int) -> None:
    mirror = remote.refresh()
    with pytest.raises(InvalidError):
        mirror.read(head(mirror), "apps/a", ["x.yaml", "deep/z.yaml"], file_bytes=file_bytes, total_bytes=total_bytes)


def test_a_repository_that_is_not_there_is_an_error_and_leaves_the_others_alone(remote: Remote) -> None:
    with pytest.raises((InvalidError, RetryableError)):
        remote.refresh(ABSENT)
    assert remote.refresh().refs.head
