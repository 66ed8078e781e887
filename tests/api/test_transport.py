"""The front door: paths, methods, content type, headers, and that every route has a permission."""

from __future__ import annotations

import pytest

from api.app import create_app, table
from api.routes import Login, Needs, Open, Route, install
from tests.api.house import body_of, house


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/api/v1/applications/", "/api/v1/applications/a/nothing", "/api/x"]
)
def test_an_unknown_path_is_plain_text_even_for_browsers_and_strangers(path: str) -> None:
    response = house().call("GET", path, Accept="text/html")
    assert (response.status_code, response.text) == (404, "Not Found\n")
    assert response.mimetype == "text/plain"


@pytest.mark.parametrize("method", ["PUT", "HEAD", "OPTIONS", "PATCH"])
def test_a_known_path_with_another_method_is_refused_without_naming_the_allowed_ones(method: str) -> None:
    response = house().call(method, "/api/v1/applications")
    assert response.status_code == 405
    assert "Allow" not in response.headers


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "text/plain", "", "multipart/form-data"])
def test_every_write_must_say_exactly_json_before_anything_else_is_looked_at(kind: str) -> None:
    response = house().call("DELETE", "/api/v1/applications/a", Content_Type=kind)
    assert (response.status_code, response.text) == (415, "Invalid content type\n")
    assert house().call("POST", "/api/v1/session", {}, Content_Type="Application/JSON").status_code == 401


def test_a_path_with_double_slashes_moves_to_the_clean_one() -> None:
    response = house().call("GET", "/api//v1/./applications?name=a")
    assert response.status_code == 307
    assert response.headers["Location"] == "/api/v1/applications?name=a"


def test_answers_carry_the_security_headers_and_are_never_stored() -> None:
    response = house().call("GET", "/api/version")
    assert response.headers["Grpc-Metadata-Content-Type"] == "application/grpc"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
    refused = house().call("GET", "/api/v1/applications")
    assert "Grpc-Metadata-Content-Type" not in refused.headers
    assert refused.headers["Cache-Control"] == "no-store"


def test_every_route_declares_its_permission_and_the_open_ones_say_why() -> None:
    routes = table(house().ports)
    assert len({(route.method, route.rule) for route in routes}) == len(routes)
    for route in routes:
        assert isinstance(route.access, Open | Login | Needs)
        assert not isinstance(route.access, Open) or len(route.access.why) > 20


def test_flask_serves_no_route_that_is_not_in_the_table() -> None:
    place = house()
    served = {
        (method, rule.rule)
        for rule in place.app.url_map.iter_rules()
        for method in rule.methods or ()
        if method != "HEAD"
    }
    assert served == {(route.method, route.rule) for route in table(place.ports)}


def test_every_route_but_the_open_ones_refuses_a_stranger() -> None:
    place = house()
    for route in table(place.ports):
        if not isinstance(route.access, Open):
            path = route.rule.replace("<name>", "a").replace("<resource>", "clusters").replace("<action>", "get")
            response = place.call(route.method, path.replace("<path:subresource>", "x"))
            assert response.status_code == 401, route.rule
            assert body_of(response) == {
                "error": "no session information",
                "code": 16,
                "message": "no session information",
            }


def test_an_answer_given_without_asking_for_the_declared_permission_is_withheld() -> None:
    place = house()
    app = create_app(place.ports)
    from api.answer import answer

    install(app, (Route("GET", "/api/v1/leak", lambda: answer({"secret": 1}), Needs("clusters", "get")),))
    place.logs_in().app = app
    response = place.call("GET", "/api/v1/leak")
    assert response.status_code == 500
    assert b"secret" not in response.data
    assert "internal error" in str(body_of(response)["message"])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            b'{"username": 5}',
            "json: cannot unmarshal number into Go struct field SessionCreateRequest.username of type string",
        ),
        (b'{"username":', "unexpected EOF"),
        (b"[]", "json: cannot unmarshal array into Go value of type SessionCreateRequest"),
    ],
)
def test_bodies_of_the_wrong_shape_are_refused_in_gos_words(body: bytes, words: str) -> None:
    from werkzeug.test import Client

    response = Client(house().app).post("/api/v1/session", data=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    assert body_of(response) == {"error": words, "code": 3, "message": words}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"{}",
        b'{"USERNAME": "", "nothing": {}} trailing',
        b'{"username":"a","username":""}',
        b'{"password": null}',
    ],
)
def test_bodies_that_go_reads_are_read(body: bytes) -> None:
    from werkzeug.test import Client

    response = Client(house().app).post("/api/v1/session", data=body, headers={"Content-Type": "application/json"})
    assert (response.status_code, body_of(response)["message"]) == (401, "no credentials supplied")


def test_a_hub_that_does_not_answer_is_a_503_with_a_time_to_come_back() -> None:
    place = house()
    place.hub.away = True
    response = place.call("GET", "/api/v1/applications")
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) >= 1


def test_health_waits_for_the_first_list() -> None:
    place = house()
    assert (place.call("GET", "/healthz").status_code, place.call("GET", "/healthz?full=true").text) == (200, "ok\n")
    place.hub.away = True
    assert "hub" in place.call("GET", "/healthz?full=true").text
