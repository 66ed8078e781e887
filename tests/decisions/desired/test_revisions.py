"""What a revision means, and which texts are none (argo-cd.md 1.3, S-041, S-058)."""

from __future__ import annotations

import pytest

from gitops.desired.revision import check_revision, full_ref, is_commit, resolve
from gitops.errors import InvalidError
from gitops.model.revision import CommitId, RefTable


def commit(digit: str) -> CommitId:
    return CommitId(digit * 40)


SHA = "0123456789abcdef0123456789abcdef01234567"
REFS = RefTable(
    {
        "refs/heads/main": commit("1"), "refs/heads/both": commit("2"), "refs/tags/both": commit("3"),
        "refs/tags/v1.0.0": commit("4"), "refs/tags/v1.2.0": commit("5"), "refs/tags/v1.10.0": commit("6"),
        "refs/tags/v2.0.0-rc.1": commit("7"), "refs/pull/7/head": commit("8"), "refs/heads/a/b": commit("9"),
        f"refs/heads/{SHA}": commit("a"), "refs/tags/0.3.1": commit("b"), "refs/heads/1.2": commit("c"),
    },
    commit("1"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "digit"),
    [
        ("", "1"), ("HEAD", "1"), ("main", "1"), ("both", "2"), ("refs/tags/both", "3"), ("refs/heads/both", "2"),
        ("v1.0.0", "4"), ("refs/pull/7/head", "8"), ("a/b", "9"), ("1.2", "c"),
        ("1.*", "6"), ("~1.2", "5"), ("^1", "6"), (">=1.0.0 <1.10.0", "5"), ("*", "6"), ("1.x", "6"),
        (">=2.0.0-0", "7"), ("1.0 - 1.2", "5"), ("0.3.x || 9.*", "b"), ("^0.3", "b"), ("!=1.10.0, >1.0.0", "5"),
    ],
)  # fmt: skip
def test_a_revision_names_this_commit(text: str, digit: str) -> None:
    assert resolve(text, REFS) == commit(digit)


def test_forty_hex_digits_mean_the_object_even_if_a_branch_is_called_so() -> None:
    assert resolve(SHA, REFS) == SHA
    assert is_commit(SHA)
    assert resolve(f"refs/heads/{SHA}", REFS) == commit("a")


@pytest.mark.parametrize("text", ["gone", "refs/heads/gone", "v9", "^9", "3.*", "~2.0", "heads/main", "Main"])
def test_a_name_the_remote_does_not_have_is_an_error(text: str) -> None:
    with pytest.raises(InvalidError, match="not found"):
        resolve(text, REFS)


def test_an_empty_repository_has_no_head() -> None:
    with pytest.raises(InvalidError, match="HEAD"):
        resolve("", RefTable({}, None))


def test_only_refs_beyond_branches_and_tags_are_asked_for_by_name() -> None:
    assert [full_ref(t) for t in ("refs/pull/7/head", "refs/heads/x", "refs/tags/x", "x")] == [
        "refs/pull/7/head",
        "",
        "",
        "",
    ]


HOSTILE = [
    "--upload-pack=touch /tmp/x", "--upload-pack=x", "-x", "-", "--", "-c core.sshCommand=x", "--exec=x", "-u x",
    "--output=x", "--config=x", "main --upload-pack=x", "main\n--upload-pack=x", "main\0", "\0", "\n", "\r", "\t",
    "main\r", " main", "main ", "a b", "..", "a..b", "main..other", "main...other", "@", "@{0}", "main@{1}", "@{u}",
    "main@{upstream}", ":", ":/text", "a:b", "main:path", "+main:refs/heads/x", "^main", "main^", "main~1",
    "main^{tree}", "a\\b", "?", "a?", "[a]", "a[0]", "/main", "main/", "a//b", ".hidden", "a/.b", "main.lock", "main.",
    "a*b", "refs/heads/*", "\x7f", "\x1b[31m", "a\u2028b", "a\u202eb", "\ud800", "x" * 300, "1" * 4000 + ".*",
    "refs/heads/-\x00", "a\u0000b",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_a_text_that_git_could_take_for_something_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidError, match="revision"):
        check_revision(text)


@pytest.mark.parametrize("text", ["feature/ab-c_d.e", "v1.2.3+build", "release@2026", "größe", "a-b", "user/name#1"])
def test_ordinary_names_are_allowed(text: str) -> None:
    check_revision(text)
