"""Accounts, token key and webhook secrets (argo-cd.md 9.2, 10.1)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gitops.model.accounts import Account, AccountSet, ApiToken
from gitops.model.parse_accounts import parse_accounts
from tests.decisions.model.hub_objects import config_map_of, secret


def read(config: dict[str, str], data: dict[str, str]) -> tuple[AccountSet, tuple[str, ...]]:
    other = {("hooks", "github"): "from hooks\n"}
    body = secret("argocd-secret", {"server.secretkey": "key", **data})
    return parse_accounts(config_map_of(config), body, lambda name, key: other.get((name, key)))


def test_admin_is_there_without_any_entry() -> None:
    accounts, problems = read({}, {"admin.password": "$2a$hash", "admin.passwordMtime": "2026-01-31T12:00:00Z"})
    moment = datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert accounts.accounts == {"admin": Account("admin", True, frozenset({"login"}), "$2a$hash", moment)}
    assert accounts.secret_key == b"key"
    assert problems == ()


def test_admin_may_be_switched_off_and_may_have_api_keys() -> None:
    accounts, _ = read({"admin.enabled": "false", "accounts.admin": "apiKey"}, {})
    assert accounts.accounts["admin"] == Account("admin", False, frozenset({"login", "apiKey"}))


def test_an_account_has_its_capabilities_password_and_tokens() -> None:
    accounts, problems = read(
        {"accounts.ci": "apiKey, login", "accounts.ci.enabled": "true"},
        {
            "accounts.ci.password": "$2a$hash",
            "accounts.ci.tokens": '[{"id": "a", "iat": 5}, {"id": "b", "iat": 6, "exp": 9}]',
        },
    )
    ci = accounts.accounts["ci"]
    assert (ci.enabled, ci.capabilities, ci.password_hash) == (True, frozenset({"apiKey", "login"}), "$2a$hash")
    assert ci.tokens == (ApiToken("a", 5, None), ApiToken("b", 6, 9))
    assert problems == ()


def test_a_password_without_an_entry_makes_no_account() -> None:
    accounts, _ = read({}, {"accounts.old.password": "$2a$hash"})
    assert list(accounts.accounts) == ["admin"]


@pytest.mark.parametrize(
    ("config", "data", "words"),
    [
        ({"accounts.ci.enabled": "maybe"}, {}, 'accounts.ci.enabled "maybe" must be true or false'),
        ({}, {"accounts.ci.tokens": "{}"}, "accounts.ci.tokens is no JSON list"),
        ({}, {"accounts.ci.tokens": "["}, "accounts.ci.tokens is no JSON list"),
        ({}, {"accounts.ci.tokens": '[{"id": 3}]'}, "id: 3 is not text"),
        ({}, {"accounts.ci.passwordMtime": "yesterday"}, "accounts.ci.passwordMtime is no time"),
        ({}, {"accounts.ci.passwordMtime": "2026-01-31T12:00:00"}, "accounts.ci.passwordMtime is no time"),
    ],
)
def test_an_account_that_cannot_be_read_is_closed(config: dict[str, str], data: dict[str, str], words: str) -> None:
    accounts, problems = read({"accounts.ci": "login", **config}, {"accounts.ci.password": "$2a$hash", **data})
    assert accounts.accounts["ci"] == Account("ci", False, frozenset({"login"}))
    assert len(problems) == 1
    assert problems[0].startswith("account ci is disabled: ")
    assert words in problems[0]


def test_an_unknown_capability_is_ignored_and_reported() -> None:
    accounts, problems = read({"accounts.ci": "apiKey, sudo"}, {"accounts.ci.tokens": "null"})
    assert accounts.accounts["ci"].capabilities == {"apiKey"}
    assert '"sudo" is not one of login, apiKey' in problems[0]


def test_a_name_of_more_than_32_bytes_is_no_account() -> None:
    accounts, problems = read({"accounts." + "é" * 17: "login"}, {})
    assert list(accounts.accounts) == ["admin"]
    assert "longer than 32 bytes" in problems[0]


def test_a_missing_token_key_is_reported() -> None:
    accounts, problems = read({}, {"server.secretkey": ""})
    assert accounts.secret_key == b""
    assert "server.secretkey is missing" in problems[0]


def test_webhook_secrets_are_found_by_provider_and_through_references() -> None:
    accounts, problems = read(
        {},
        {
            "webhook.github.secret": "$hooks:github",
            "webhook.gitlab.secret": "$gitlab-key",
            "gitlab-key": "g",
            "webhook.bitbucket.uuid": "u",
            "webhook.azuredevops.username": "a",
            "webhook.gogs.secret": "",
        },
    )
    found = {"github": "from hooks", "gitlab": "g", "bitbucket.uuid": "u", "azuredevops.username": "a"}
    assert accounts.webhook_secrets == found
    assert problems == ()


@pytest.mark.parametrize("reference", ["$hooks:gone", "$gone:github", "$gone", "$"])
def test_a_broken_reference_lets_nobody_in(reference: str) -> None:
    accounts, problems = read({}, {"webhook.github.secret": reference})
    assert accounts.webhook_secrets["github"] not in ("", reference)
    assert len(accounts.webhook_secrets["github"]) == 64
    assert f"webhook.github.secret refers to {reference}, which is not there" in problems[0]


def test_accounts_show_no_secret_when_printed() -> None:
    accounts, _ = read({}, {"admin.password": "$2a$hash", "webhook.github.secret": "sesame"})
    assert not any(word in repr(accounts) for word in ("hash", "sesame", "b'key'"))
