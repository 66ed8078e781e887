"""Mirrors on a real git server: what one fetch brings, reads inside the repository only, repair (7.7, 3.A, 3.C)."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pygit2
import pytest

from cli.bed.gitserver import GitServer
from cli.bed.repository import Repository
from gitops.adapters.git.mirror import Mirrors
from gitops.adapters.git.objects import GitMirror
from gitops.errors import InvalidError, RetryableError
from gitops.model.credentials import RepoAccess, RepoCredential
from gitops.model.revision import CommitId
from tests.git.links import link

LIMITS = {"file_bytes": 1000, "total_bytes": 1500}


class Remote:
    """A repository on the server and our mirror of it."""

    def __init__(self, server: GitServer, data: Path) -> None:
        self.name = f"r{secrets.token_hex(4)}"
        self.server = server
        self.data = data
        self.repo: Repository = server.create(self.name, {"apps/a/x.yaml": "a: 1\n", "apps/b/y.yaml": "b: 1\n"})
        self.requests: list[str] = []
        self.mirrors = Mirrors(data, allow_http=True, observer=lambda repo, kind: self.requests.append(kind))

    @property
    def access(self) -> RepoAccess:
        url = self.server.url_of(self.name)
        return RepoAccess(url, RepoCredential(url=url))

    def refresh(self, *commits: str, refs: tuple[str, ...] = ()) -> GitMirror:
        return self.mirrors.refresh(self.access, commits=[CommitId(c) for c in commits], refs=refs)

    def raw(self) -> pygit2.Repository:
        return pygit2.Repository(str(self.repo.path))

    def link(self, path: str, target: str) -> None:
        """Commit a symbolic link."""
        link(self.repo, path, target)

    def mirror_folder(self) -> Path:
        (found,) = [p for p in (self.data / "mirrors").iterdir() if p.suffix == ""]
        return found


@pytest.fixture
def remote(git_server: GitServer, tmp_path: Path) -> Remote:
    return Remote(git_server, tmp_path)


def texts(mirror: GitMirror, path: str, *names: str) -> dict[str, str]:
    head = mirror.refs.head
    assert head is not None
    wanted = names or mirror.names(head, path, recurse=True)
    return {f.path: f.data.decode() for f in mirror.read(head, path, wanted, **LIMITS).files}


def test_one_fetch_brings_branches_tags_and_head(remote: Remote) -> None:
    first = remote.repo.head()
    second = remote.repo.commit({"z.yaml": "z\n"}, branch="other")
    remote.repo.tag("v1", first)
    found = remote.refresh()
    assert found.refs.refs == {"refs/heads/main": first, "refs/heads/other": second, "refs/tags/v1": first}
    assert found.refs.head == first
    assert remote.requests == ["fetch"]


def test_a_new_commit_costs_one_question_and_one_pack(remote: Remote) -> None:
    remote.refresh()
    remote.refresh()
    remote.requests.clear()
    remote.server.forget()
    commit = remote.repo.commit({"apps/a/x.yaml": "a: 2\n"})
    assert remote.refresh().refs.head == commit
    assert remote.requests == ["ls-remote", "fetch"]
    assert remote.server.counts(remote.name) == {"ls-refs": 1, "fetch": 1}


def test_nothing_new_costs_one_question(remote: Remote) -> None:
    remote.refresh()
    remote.refresh()
    remote.server.forget()
    remote.refresh()
    assert remote.server.counts(remote.name) == {"ls-refs": 1}


def test_every_change_arrives_whole_whatever_the_history(remote: Remote) -> None:
    remote.refresh()
    for round_number in range(12):
        files: dict[str, str | bytes | None] = {
            f"apps/n{i}/f.yaml": f"v: {round_number * i}\n" * 40 for i in range(round_number * 3)
        }
        remote.repo.commit({**files, "apps/a/x.yaml": f"a: {round_number}\n"})
        found = remote.refresh()
        assert texts(found, "apps/a") == {"apps/a/x.yaml": f"a: {round_number}\n"}
        expected = remote.raw().revparse_single("refs/heads/main:apps").id
        assert found.tree_ids(CommitId(remote.repo.head()), ["apps", "gone", ".", "apps/a/x.yaml/z"])[:2] == [
            str(expected),
            "",
        ]
    check = subprocess.run(["git", "-C", remote.mirror_folder(), "fsck", "--full", "--strict"], capture_output=True)
    assert check.returncode == 0, check.stderr


def test_a_large_commit_comes_by_the_git_program(remote: Remote) -> None:
    remote.refresh()
    commit = remote.repo.commit({f"big/f{i}.yaml": f"{i}\n" for i in range(1_500)})
    assert remote.refresh().refs.head == commit
    assert remote.requests[-1] == "fetch"


def test_a_forced_push_wins_and_a_deleted_branch_is_gone(remote: Remote) -> None:
    first = remote.repo.head()
    remote.repo.commit({"x": "2"})
    remote.repo.commit({"x": "3"}, branch="gone")
    remote.refresh()
    remote.repo.move(first)
    remote.raw().references.delete("refs/heads/gone")
    found = remote.refresh()
    assert found.refs.refs == {"refs/heads/main": first}
    assert found.refs.head == first


def test_a_branch_may_become_a_folder_of_branches(remote: Remote) -> None:
    remote.repo.commit({"x": "1"}, branch="a")
    remote.refresh()
    remote.refresh()
    remote.raw().references.delete("refs/heads/a")
    inner = remote.repo.commit({"x": "2"}, branch="a/b")
    assert remote.refresh().refs.refs["refs/heads/a/b"] == inner


def test_an_annotated_tag_stands_for_its_commit(remote: Remote) -> None:
    raw, who = remote.raw(), pygit2.Signature("a", "a@example.org", 1, 0)
    head = remote.repo.head()
    raw.create_tag("v2", pygit2.Oid(hex=head), pygit2.enums.ObjectType.COMMIT, who, "two")
    assert remote.refresh().refs.refs["refs/tags/v2"] == head
    remote.refresh()
    again = remote.repo.commit({"x": "9"})
    raw.create_tag("v3", pygit2.Oid(hex=again), pygit2.enums.ObjectType.COMMIT, who, "three")
    assert remote.refresh().refs.refs["refs/tags/v3"] == again


def test_a_commit_no_ref_reaches_is_fetched_by_its_id(remote: Remote) -> None:
    first = remote.repo.head()
    hidden = remote.repo.commit({"x": "hidden"})
    remote.repo.move(first)
    assert not remote.refresh().has(CommitId(hidden))
    found = remote.refresh(hidden)
    assert found.has(CommitId(hidden))
    assert found.refs.head == first


def test_a_commit_the_remote_does_not_have_is_just_not_there(remote: Remote) -> None:
    wanted = "d" * 40
    for _ in range(3):
        assert not remote.refresh(wanted).has(CommitId(wanted))


def test_a_ref_beyond_branches_and_tags_is_asked_for_by_name(remote: Remote) -> None:
    commit = remote.repo.commit({"x": "pr"}, branch="tmp")
    remote.raw().references.create("refs/pull/7/head", pygit2.Oid(hex=commit))
    remote.raw().references.delete("refs/heads/tmp")
    for _ in range(2):
        assert "refs/pull/7/head" not in remote.refresh().refs.refs
        assert remote.refresh(refs=("refs/pull/7/head",)).refs.refs["refs/pull/7/head"] == commit


def test_a_short_id_is_completed_from_the_mirror(remote: Remote) -> None:
    head = remote.repo.head()
    assert remote.refresh().expand(head[:8]) == head
    assert remote.refresh().expand("0" * 10) is None


def test_an_empty_repository_has_no_refs(remote: Remote) -> None:
    remote.server.create(f"{remote.name}-empty")
    url = remote.server.url_of(f"{remote.name}-empty")
    assert remote.mirrors.refresh(RepoAccess(url, RepoCredential(url=url))).refs.head is None


def _zero_packs(folder: Path) -> None:
    for pack in [*folder.glob("objects/pack/*.pack"), *folder.glob("objects/??/*")]:
        pack.chmod(0o644)
        pack.write_bytes(b"\0" * pack.stat().st_size)


def _remove_objects(folder: Path) -> None:
    for found in [*folder.glob("objects/pack/*"), *folder.glob("objects/??/*")]:
        found.unlink()


def _leave_locks(folder: Path) -> None:
    (folder / "refs/heads/main.lock").touch()
    (folder / "packed-refs.lock").touch()
    (folder / "config.lock").touch()


def _remove_refs(folder: Path) -> None:
    for found in folder.glob("refs/heads/*"):
        found.unlink()
    (folder / "packed-refs").unlink(missing_ok=True)


@pytest.mark.parametrize("damage", [_zero_packs, _remove_objects, _leave_locks, _remove_refs])
def test_a_damaged_mirror_is_made_anew_and_gives_the_right_files(
    remote: Remote, damage: Callable[[Path], None]
) -> None:
    remote.refresh()
    damage(remote.mirror_folder())
    remote.repo.commit({"apps/a/x.yaml": "a: after\n"})
    assert texts(remote.refresh(), "apps/a") == {"apps/a/x.yaml": "a: after\n"}


def test_damage_found_by_a_read_is_repaired_by_the_next_fetch(remote: Remote) -> None:
    found = remote.refresh()
    head = found.refs.head
    assert head is not None
    blob = remote.raw().revparse_single("refs/heads/main:apps/a/x.yaml").id
    for pack in remote.mirror_folder().glob("objects/pack/*"):  # with few objects git keeps loose ones, else unpack
        pytest.fail(f"expected loose objects, found {pack}")
    (remote.mirror_folder() / "objects" / str(blob)[:2] / str(blob)[2:]).unlink()
    broken = remote.refresh()
    with pytest.raises(RetryableError, match="made anew"):
        texts(broken, "apps/a")
    assert texts(remote.refresh(), "apps/a") == {"apps/a/x.yaml": "a: 1\n"}


def test_names_are_relative_and_folders_below_only_with_recursion(remote: Remote) -> None:
    remote.repo.commit({"apps/a/.h/z.yaml": "h\n"})
    found = remote.refresh()
    head = CommitId(remote.repo.head())
    assert found.names(head, "apps/a", recurse=False) == ("x.yaml",)
    assert sorted(found.names(head, "apps/a", recurse=True)) == [".h/z.yaml", "x.yaml"]
    with pytest.raises(InvalidError, match="no folder apps/gone"):
        found.names(head, "apps/gone", recurse=True)


def test_a_link_inside_the_repository_is_followed_and_reported(remote: Remote) -> None:
    remote.link("apps/a/l.yaml", "../b/y.yaml")
    remote.link("apps/a/chain.yaml", "l.yaml")
    remote.link("apps/a/folder", "../b")
    remote.link("apps/a/nowhere.yaml", "../b/gone.yaml")
    found = remote.refresh()
    head = CommitId(remote.repo.head())
    tree = found.read(head, "apps/a", ("chain.yaml", "folder", "nowhere.yaml"), **LIMITS)
    assert [(f.path, f.data) for f in tree.files] == [("apps/a/chain.yaml", b"b: 1\n")]
    assert tree.outside == ("apps/b", "apps/b/gone.yaml", "apps/b/y.yaml")


@pytest.mark.parametrize("target", ["../../../etc/passwd", "/etc/passwd", "../../..", "../b/../../../x", "../up/x"])
def test_a_link_that_leaves_the_repository_is_refused_without_naming_its_target(remote: Remote, target: str) -> None:
    remote.link("apps/up", "../..")
    remote.link("apps/a/l.yaml", target)
    found = remote.refresh()
    with pytest.raises(InvalidError, match=r"apps/a/l\.yaml: the link leaves the repository") as refused:
        found.read(CommitId(remote.repo.head()), "apps/a", ("l.yaml",), **LIMITS)
    assert target not in str(refused.value)


def test_links_in_a_circle_are_refused(remote: Remote) -> None:
    remote.link("apps/a/one.yaml", "two.yaml")
    remote.link("apps/a/two.yaml", "one.yaml")
    with pytest.raises(InvalidError, match="more than 10 links"):
        remote.refresh().read(CommitId(remote.repo.head()), "apps/a", ("one.yaml",), **LIMITS)


def test_a_source_folder_that_is_a_link_is_no_folder(remote: Remote) -> None:
    remote.link("apps/l", "a")
    with pytest.raises(InvalidError, match="no folder"):
        remote.refresh().names(CommitId(remote.repo.head()), "apps/l", recurse=False)


def test_a_file_over_the_limit_is_refused_by_its_header_alone(remote: Remote) -> None:
    remote.repo.commit({"apps/a/big.yaml": b"x" * 20_000_000, "apps/a/m1.yaml": "x" * 900, "apps/a/m2.yaml": "x" * 900})
    found, head = remote.refresh(), CommitId(remote.repo.head())
    with pytest.raises(InvalidError, match=r"apps/a/big\.yaml: 20000000 bytes, the limit for a file is 1000"):
        found.read(head, "apps/a", ("big.yaml",), **LIMITS)
    with pytest.raises(InvalidError, match="more than 1500 bytes together"):
        found.read(head, "apps/a", ("m1.yaml", "m2.yaml"), **LIMITS)


def test_packing_up_keeps_everything_readable(remote: Remote) -> None:
    remote.refresh()
    remote.refresh()
    for number in range(3):
        remote.repo.commit({"apps/a/x.yaml": f"a: {number}\n"})
        remote.refresh()
    for number in range(30):
        (remote.mirror_folder() / "objects" / "17").mkdir(exist_ok=True)
        (remote.mirror_folder() / "objects" / "17" / f"{number:038x}").touch()
    remote.mirrors.tidy(remote.access)
    assert list(remote.mirror_folder().glob("objects/pack/*.pack"))
    assert texts(remote.refresh(), "apps/a") == {"apps/a/x.yaml": "a: 2\n"}


def test_scopes_do_not_share_a_mirror(remote: Remote) -> None:
    remote.refresh()
    url = remote.access.url
    remote.mirrors.refresh(RepoAccess(url, RepoCredential(url=url, project="team", username="u", password="p")))
    assert len([p for p in (remote.data / "mirrors").iterdir() if p.suffix == ""]) == 2


@pytest.fixture
def lost(remote: Remote) -> Iterator[Remote]:
    remote.refresh()
    remote.refresh()
    remote.server.failing = 500
    yield remote
    remote.server.failing = 0


def test_a_server_that_fails_is_worth_another_try(lost: Remote) -> None:
    with pytest.raises(RetryableError, match="HTTP 500"):
        lost.refresh()
    fresh = Mirrors(lost.data / "fresh", allow_http=True)
    with pytest.raises(RetryableError):
        fresh.refresh(lost.access)
