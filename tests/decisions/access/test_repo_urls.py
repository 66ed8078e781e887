"""Repository URLs: what git may be given, and when two mean one repository (argo-cd.md 8.2, S-040 ... S-045)."""

from __future__ import annotations

import pytest

from gitops.access.repo import check_url, repo_key, shown
from gitops.errors import InvalidError

SAME = [
    ["https://Host.example/Org/App.git", "https://host.example/org/app", " https://host.example/org/app.git ",
     "https://host.example/org/app/"],
    ["git@host.example:org/app.git", "ssh://git@host.example/org/app", "GIT@host.example:org/app"],
]  # fmt: skip


@pytest.mark.parametrize("urls", SAME)
def test_spellings_of_one_repository_have_one_key(urls: list[str]) -> None:
    assert len({repo_key(url) for url in urls}) == 1


def test_different_repositories_have_different_keys() -> None:
    urls = ["https://h/a/b", "https://h/a/b2", "http://h/a/b", "git@h:a/b", "https://h:8443/a/b", "https://h/a.git/b"]
    assert len({repo_key(url) for url in urls}) == len(urls)


ALLOWED = [
    "https://host.example/org/app.git", "https://host.example:8443/a", "ssh://git@host.example:2222/org/app",
    "git@host.example:org/app.git", "https://org@dev.host.example/org/p/_git/r", "https://[2001:db8::1]/a/b",
    "git@host:~user/x", "https://host/a%20b/c",
]  # fmt: skip


@pytest.mark.parametrize("url", ALLOWED)
def test_an_ordinary_url_is_allowed(url: str) -> None:
    check_url(url, allow_http=False)


REFUSED = [
    "", "--upload-pack=x", "-x", "ext::sh -c x", "ext::x", "fd::17", "file:///etc", "FILE:///etc", "/etc/passwd", "./a",
    "../a", "~/x", "git://host/x", "ftp://host/x", "ssh://-oProxyCommand=x/y", "git@-oProxyCommand=x:y", "-oP@h:x",
    "ssh://-l@host/x", "git@host:-x", "ssh://host/-x", "https://$CANARY.invalid/x", "https://host/a b", "https://host/\n",
    "https://ho\rst/x", "https://host/\0", "https://user:secret@host/x", "https://host", "https:///x", "host::path",
    "https://ho st/x", "https://host:99999/x", "https://a@b@c/x", "http://host/x", "https://host\u2028/x", "x" * 3000,
]  # fmt: skip


@pytest.mark.parametrize("url", REFUSED, ids=ascii)
def test_a_url_that_git_could_misread_is_refused(url: str) -> None:
    with pytest.raises(InvalidError):
        check_url(url, allow_http=False)


def test_plain_http_needs_the_admins_word() -> None:
    check_url("http://127.0.0.1:3000/a.git", allow_http=True)


def test_a_refusal_never_shows_a_password() -> None:
    with pytest.raises(InvalidError) as refused:
        check_url("https://user:secret@host/x", allow_http=True)
    assert "secret" not in str(refused.value)
    assert "secret" not in shown("https://user:secret@host/x")
