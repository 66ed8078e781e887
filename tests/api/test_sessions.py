"""Who gets in, with what, and what he is told when he does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import jwt
import pytest
from werkzeug.test import TestResponse

from api.auth.cookies import split
from api.auth.limits import FailedLogins, TokenBuckets
from gitops.model.objects import Json, as_text
from gitops.ports.editing import Logins
from tests.api.house import KEY, NOW, PASSWORD, House, account, body_of, house

STAMP = int(NOW.timestamp())
CLAIMS: dict[str, Json] = {
    "iss": "argocd",
    "sub": "admin:login",
    "iat": STAMP,
    "nbf": STAMP,
    "exp": STAMP + 3600,
    "jti": "one",
}


def login(place: House, name: str, password: str) -> TestResponse:
    return place.call("POST", "/api/v1/session", {"username": name, "password": password})


def with_token(place: House, token: str) -> TestResponse:
    return place.call("GET", "/api/v1/account/can-i/applications/get/x", Authorization=f"Bearer {token}")


def token(
    key: bytes | None = KEY, algorithm: str = "HS256", headers: dict[str, str] | None = None, **claims: Json
) -> str:
    told = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}
    return jwt.encode(told, key, algorithm=algorithm, headers=headers)  # type: ignore[arg-type]  # `none` wants None


def test_the_right_password_gives_a_token_and_a_cookie() -> None:
    place = house()
    response = login(place, "admin", PASSWORD)
    given = as_text(body_of(response)["token"])
    assert response.headers["Set-Cookie"] == f"argocd.token={given}; path=/; SameSite=lax; httpOnly"
    claims = jwt.decode(
        given, KEY, algorithms=["HS256"], options={"verify_exp": False, "verify_iat": False, "verify_nbf": False}
    )
    assert {name: claims[name] for name in ("iss", "sub", "iat", "nbf", "exp")} == {
        "iss": "argocd",
        "sub": "admin:login",
        "iat": STAMP,
        "nbf": STAMP,
        "exp": STAMP + 86400,
    }
    assert len(claims["jti"]) >= 16


@pytest.mark.parametrize(
    ("name", "password", "words"),
    [
        ("admin", "wrong", "Invalid username or password"),
        ("nobody", PASSWORD, "Invalid username or password"),
        ("", PASSWORD, "no credentials supplied"),
        ("admin", "", "no credentials supplied"),
        ("off", PASSWORD, "Account off is disabled"),
        ("robot", PASSWORD, "Account robot does not have login capability"),
    ],
)
def test_a_refused_login_says_what_argo_cd_says(name: str, password: str, words: str) -> None:
    accounts = {
        "admin": account("admin"),
        "off": account("off", enabled=False),
        "robot": account("robot", capabilities="apiKey"),
    }
    response = login(house(accounts=accounts), name, password)
    assert (response.status_code, body_of(response)["message"]) == (401, words)


def test_a_name_of_more_than_32_bytes_is_a_bad_request() -> None:
    assert login(house(), "ä" * 17, PASSWORD).status_code == 400


def test_the_sixth_try_in_five_minutes_fails_even_with_the_right_password() -> None:
    place = house()
    for _ in range(5):
        login(place, "admin", "wrong")
    assert login(place, "admin", PASSWORD).status_code == 401
    place.clock.passes(timedelta(seconds=301))
    assert login(place, "admin", PASSWORD).status_code == 200


def test_twenty_thousand_names_do_not_make_the_counter_of_an_account_forget() -> None:
    failures = FailedLogins()
    for _ in range(5):
        failures.failed("admin", NOW, exists=True)
    for number in range(20_000):
        failures.failed(f"name-{number}", NOW, exists=False)
    assert failures.blocked("admin", NOW)


def test_a_sender_may_burst_and_then_waits_for_his_rate() -> None:
    buckets = TokenBuckets(50, 200)
    assert all(buckets.take("10.0.0.1", NOW) is None for _ in range(200))
    assert buckets.take("10.0.0.1", NOW) == timedelta(seconds=1 / 50)
    assert buckets.take("10.0.0.2", NOW) is None
    assert buckets.take("10.0.0.1", NOW + timedelta(seconds=0.021)) is None


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_a_token_that_argo_cd_issued_with_the_same_key_is_accepted(algorithm: str) -> None:
    assert with_token(house(), token(algorithm=algorithm)).status_code == 200


def test_an_api_key_is_accepted_while_it_is_listed_with_and_without_its_suffix() -> None:
    assert with_token(house(), token(sub="bob:apiKey", jti="ci", exp=None)).status_code == 200
    assert with_token(house(), token(sub="bob", jti="ci", exp=None)).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (token(key=b"another-key-of-thirty-two-bytes!"), "signature is invalid"),
        (token(exp=STAMP - 1), "token is expired"),
        (token(jti=None), "token has no jti"),
        (token(jti=""), "token has no jti"),
        (token(sub=None), "token has no sub"),
        (token(exp=None), "token has no expiry"),
        (token(nbf=STAMP + 600), "token is not valid yet"),
        (token(iat=STAMP + 600), "token is not valid yet"),
        (token(iss="argocd2"), "another issuer"),
        (token(sub="nobody:login"), "account nobody does not exist"),
        (token(sub="off:login"), "account off is disabled"),
        (token(sub="robot:login"), "account robot does not have 'login' capability"),
        (token(sub="bob:apiKey", jti="other"), "account bob does not have token with id other"),
        (token(iat=STAMP - 86400 * 40), "account password has changed since token issued"),
        (token(sub="proj:default:ci"), "not a local account"),
        (token(headers={"crit": ["exp"]}), ""),  # type: ignore[dict-item]  # a header that names extensions is a list
        (token(headers={"jku": "https://evil"}), "token header is not acceptable"),
        (token(algorithm="none", key=None), ""),
        (token(exp="never"), "unusable exp"),
    ],
)
@pytest.mark.parametrize("anonymous", [False, True])
def test_a_forged_or_spent_token_is_refused_also_where_strangers_are_let_in(
    wrong: str, words: str, anonymous: bool
) -> None:
    accounts = {
        "admin": account("admin"),
        "bob": account("bob"),
        "off": account("off", enabled=False),
        "robot": account("robot", capabilities="apiKey"),
    }
    place = house(accounts=accounts)
    config = place.ports.config()
    place.app = house(accounts=accounts, settings=replace(config.settings, anonymous=anonymous)).app
    response = with_token(place, wrong)
    assert response.status_code == 401
    assert str(body_of(response)["message"]).startswith("invalid session: ")
    assert words in str(body_of(response)["message"])


def test_what_does_not_look_like_a_token_counts_as_none_and_the_cookie_is_tried() -> None:
    place = house()
    path = "/api/v1/account/can-i/applications/get/x"
    assert body_of(place.call("GET", path, Authorization="Bearer junk"))["message"] == "no session information"
    assert body_of(place.call("GET", path, Authorization=f"bearer {token()}"))["message"] == "no session information"
    cookie = f"argocd.token={token()}"
    assert place.call("GET", path, Authorization="Bearer junk", Cookie=cookie).status_code == 200
    assert place.call("GET", path, Authorization="Bearer a.b.c", Cookie=cookie).status_code == 401


def test_a_long_token_travels_in_several_cookies() -> None:
    long = token(groups=["g" * 40] * 200)
    pairs = list(split(long))
    assert len(pairs) > 2 and all(len(f"{name}={value}") <= 4093 for name, value in pairs)
    cookie = "; ".join(f"{name}={value}" for name, value in pairs)
    assert house().call("GET", "/api/v1/account/can-i/applications/get/x", Cookie=cookie).status_code == 200


def test_a_session_that_ends_soon_is_renewed_for_as_long_as_it_lasted_in_total() -> None:
    place = house().logs_in()
    place.clock.passes(timedelta(hours=23, minutes=56))
    response = place.call("GET", "/api/v1/session/userinfo")
    renewed = response.headers["Grpc-Metadata-Renew-Token"]
    assert f"argocd.token={renewed};" in response.headers["Set-Cookie"]
    claims = jwt.decode(renewed, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 86400


def test_userinfo_never_says_401() -> None:
    place = house()
    assert place.get("/api/v1/session/userinfo", Authorization=f"Bearer {token(exp=1)}") == {}
    assert place.logs_in().get("/api/v1/session/userinfo") == {"loggedIn": True, "username": "admin", "iss": "argocd"}


def test_logging_out_revokes_the_token_and_deleting_the_session_does_not() -> None:
    place = house().logs_in()
    assert place.call("DELETE", "/api/v1/session").text == "{}"
    assert with_token(place, place.token).status_code == 200
    response = place.call("GET", "/auth/logout", Authorization="", Cookie=f"argocd.token={place.token}")
    assert (response.status_code, response.headers["Location"]) == (303, "/")
    assert with_token(place, place.token).status_code == 401
    assert place.call("GET", "/auth/logout", Authorization="").status_code == 400


def test_a_new_password_ends_the_sessions_before_it() -> None:
    place = house().logs_in()
    logins = place.hub.login_set
    admin = replace(logins.accounts.accounts["admin"], password_mtime=NOW + timedelta(minutes=1))
    place.hub.login_set = Logins(replace(logins.accounts, accounts={"admin": admin}))
    assert with_token(place, place.token).status_code == 401


@pytest.mark.parametrize(
    ("role", "name", "question", "answer"),
    [
        ("", "admin", "applications/delete", "yes"),
        ("", "bob", "applications/get", "no"),
        ("role:readonly", "bob", "applications/get", "yes"),
        ("role:readonly", "bob", "logs/get", "yes"),
        ("role:readonly", "bob", "applications/sync", "no"),
        ("role:admin", "bob", "clusters/delete", "yes"),
        ("role:other", "bob", "clusters/get", "no"),
    ],
)
def test_the_admin_may_all_and_others_what_the_default_role_gives(
    role: str, name: str, question: str, answer: str
) -> None:
    place = house(default_role=role).logs_in(name)
    assert place.get(f"/api/v1/account/can-i/{question}/default/x") == {"value": answer}


def test_asking_for_a_permission_that_does_not_exist_is_a_bad_request() -> None:
    place = house().logs_in()
    assert place.call("GET", "/api/v1/account/can-i/nothing/get/x").status_code == 400
    assert place.call("GET", "/api/v1/account/can-i/clusters/fly/x").status_code == 400


def test_a_stranger_learns_the_version_and_no_more() -> None:
    place = house()
    assert place.get("/api/version") == {"Version": "v3.6.0"}
    assert "passwordPattern" not in place.get("/api/v1/settings")
    assert "Argosy" in place.logs_in().get("/api/version")
    assert place.get("/api/v1/settings")["controllerNamespace"] == "argocd"
