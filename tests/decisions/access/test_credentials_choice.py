"""Which Secret a repository is read with (argo-cd.md 8.2-8.4, S-052)."""

from __future__ import annotations

import pytest

from gitops.access.credentials import choose
from gitops.errors import InvalidError
from gitops.model.credentials import CredentialSet, RepoCredential

URL = "https://host.example/org/app.git"


def secret(password: str, url: str = URL, project: str = "", **more: str) -> RepoCredential:
    return RepoCredential(url=url, project=project, username="git", password=password, **more)  # type: ignore[arg-type]  # only texts


def chosen(
    *repositories: RepoCredential, templates: tuple[RepoCredential, ...] = (), project: str = "team", url: str = URL
) -> str:
    return choose(CredentialSet(repositories, templates), url, project).credential.password


def test_the_projects_own_secret_goes_before_the_shared_one() -> None:
    assert chosen(secret("shared"), secret("own", project="team")) == "own"


def test_the_shared_secret_serves_every_project() -> None:
    assert chosen(secret("shared"), secret("foreign", project="other")) == "shared"


def test_another_projects_secret_is_never_used() -> None:
    assert chosen(secret("foreign", project="other")) == ""


def test_the_secret_is_found_however_the_url_is_written() -> None:
    assert chosen(secret("shared", url="https://HOST.example/org/app")) == "shared"


def test_a_template_serves_only_a_repository_without_any_credential() -> None:
    template = secret("template", url="https://host.example/org")
    assert chosen(templates=(template,)) == "template"
    assert chosen(RepoCredential(url=URL), templates=(template,)) == "template"
    assert chosen(secret("own"), templates=(template,)) == "own"


def test_the_longest_template_wins_and_of_equal_ones_the_first() -> None:
    short, long = secret("short", url="https://host.example"), secret("long", url="https://host.example/org/")
    assert chosen(templates=(short, long)) == "long"
    assert chosen(templates=(long, secret("second", url="https://host.example/org"))) == "long"


PAIRS = [
    ("https://host.example/org", True), ("https://host.example/org/", True), ("https://host.example", True),
    ("https://host.example/", True), ("https://HOST.example/ORG", True), ("https://host.example:443/org", True),
    ("https://host.example./org", True), ("https://host.example/org/app", True),
    ("https://host.example/org/app.git", True),
    ("https://user@host.example/org", True), ("https://host.example/org/app/x", False),
    ("https://host.example/or", False), ("https://host.example/org-evil", False),
    ("https://host.example/org/ap", False),
    ("https://host.example:8443/org", False), ("http://host.example/org", False), ("https://host.exampl", False),
    ("https://example/org", False), ("https://host.example.evil/org", False), ("https://host.example@evil/org", False),
    ("https://evil/host.example/org", False), ("git@host.example:org", False), ("ssh://git@host.example/org", False),
    ("", False), ("https://", False), ("*", False),
]  # fmt: skip


@pytest.mark.parametrize(("prefix", "fits"), PAIRS)
def test_a_template_fits_by_host_port_and_path_segments(prefix: str, fits: bool) -> None:
    assert chosen(templates=(secret("t", url=prefix),)) == ("t" if fits else "")


def test_a_template_for_an_organisation_does_not_serve_one_with_a_longer_name() -> None:
    assert (
        chosen(templates=(secret("t", url="https://host.example/org"),), url="https://host.example/org-evil/app") == ""
    )


def test_a_template_in_scp_form_serves_scp_urls() -> None:
    template = RepoCredential(url="git@host.example:org", ssh_private_key="key")
    found = choose(CredentialSet((), (template,)), "git@host.example:org/app.git", "team")
    assert found.credential.ssh_private_key == "key"


def test_a_hosts_own_certificates_are_chosen_by_name_without_port() -> None:
    trust = CredentialSet(tls_certs={"host.example": "PEM"}, known_hosts="lines")
    assert choose(trust, "https://Host.Example:8443/a", "").ca_bundle == "PEM"
    assert choose(trust, "https://other.example/a", "").ca_bundle == ""
    assert choose(trust, "git@other.example:a", "").known_hosts == "lines"


@pytest.mark.parametrize("field", ["password", "username", "bearer_token"])
@pytest.mark.parametrize("mark", ["\n", "\r", "\0"])
def test_a_control_character_in_a_credential_is_refused_without_showing_it(field: str, mark: str) -> None:
    bad = RepoCredential(url=URL, **{field: f"canary{mark}x"})  # type: ignore[arg-type]  # only texts
    with pytest.raises(InvalidError) as refused:
        choose(CredentialSet((bad,)), URL, "")
    assert "canary" not in str(refused.value)


def test_a_secret_that_cannot_be_used_says_why() -> None:
    with pytest.raises(InvalidError, match="Configuration error"):
        choose(CredentialSet((RepoCredential(url=URL, error="Configuration error"),)), URL, "")
