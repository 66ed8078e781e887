"""Which repositories a push means: one repository however its URL is written, and no other."""

from __future__ import annotations

import pytest

from gitops.model.revision import RepoKey
from gitops.trigger.affected import concerns, repositories_meant, same_repository
from gitops.trigger.push import PushEvent, short_revision

EVENT_URL = "https://github.com/Acme/Shop"


def push(ref: str = "refs/heads/main", *, head: bool = True, url: str = EVENT_URL) -> PushEvent:
    return PushEvent("github", (url,), ref, short_revision(ref), touched_head=head)


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/Acme/Shop",
        "https://github.com/acme/shop.git",
        "http://github.com/acme/shop/",
        "https://user:token@github.com/acme/shop",
        "https://github.com:8443/acme/shop.git",
        "git@github.com:acme/shop.git",
        "github.com:acme/shop",
        "git@GitHub.com:/Acme/Shop.git",
        "ssh://git@github.com/acme/shop.git",
        "ssh://git@github.com:22/acme/shop",
        "ssh://git@ssh.github.com:443/acme/shop.git",
        "ssh://git@altssh.github.com:443/acme/shop",
        "github.com/acme/shop",
    ],
)
def test_every_way_to_write_the_repository_matches(url: str) -> None:
    assert same_repository(EVENT_URL, url)


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/acme/shop2",
        "https://github.com/acme/shop.git.git",
        "https://evil.com/github.com/acme/shop",
        "https://github.com.evil.com/acme/shop",
        "https://github.com/x/acme/shop",
        "https://www.github.com/acme/shop",
        "file:///acme/shop",
        "/acme/shop",
        "",
        "https://[::1/acme/shop",
    ],
)
def test_other_repositories_do_not_match(url: str) -> None:
    assert not same_repository(EVENT_URL, url)


@pytest.mark.parametrize("url", ["https://.*/.*", "https://github.com/(a+)+$", "https://git.ub.com/acme/shop", "((((("])
def test_a_url_of_regex_characters_matches_nothing_but_itself(url: str) -> None:
    assert not same_repository(url, EVENT_URL)


@pytest.mark.parametrize(
    ("target", "ref", "head", "looks"),
    [
        ("", "refs/heads/main", True, True),
        ("HEAD", "refs/heads/main", True, True),
        ("HEAD", "refs/heads/dev", False, False),
        ("main", "refs/heads/main", True, True),
        ("refs/heads/main", "refs/heads/main", True, True),
        ("refs/tags/v1", "refs/tags/v1", False, True),
        ("v1", "refs/heads/v1", False, True),
        ("dev", "refs/heads/main", True, False),
        ("v1.*", "refs/tags/v1.2.0", False, True),
        (">=1.0.0 <2.0.0", "refs/tags/v1.2.0", False, True),
        ("1.2", "refs/tags/1.2.3", False, True),
        ("v1.2.0", "refs/tags/v1.2.1", False, False),
        ("v1.*", "refs/heads/v1.2.0", False, False),
        ("feature/x", "refs/heads/feature/x", False, True),
    ],
)
def test_a_push_concerns_the_apps_that_may_read_the_ref(target: str, ref: str, head: bool, looks: bool) -> None:
    assert concerns(push(ref, head=head), target) is looks


REPOS = {
    RepoKey("shop"): ("git@github.com:acme/shop.git", "https://github.com/acme/shop"),
    RepoKey("other"): ("https://github.com/acme/other",),
}


def test_a_push_means_its_repository_only() -> None:
    assert repositories_meant(push(), REPOS, lambda urls: {"main"}) == (RepoKey("shop"),)


def test_a_push_to_a_branch_that_no_app_reads_means_nothing() -> None:
    assert repositories_meant(push("refs/heads/dev", head=False), REPOS, lambda urls: {"main", "v1"}) == ()


def test_without_known_revisions_every_push_is_worth_a_look() -> None:
    assert repositories_meant(push("refs/heads/dev", head=False), REPOS, lambda urls: ()) == (RepoKey("shop"),)
