"""What a client does when the API server does not answer as it should (security-reliability.md 7.4)."""

from __future__ import annotations

import logging
import socket
import tempfile
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from cli.bed.cluster import Cluster
from cli.bed.pki import Pki
from cli.bed.rig import Bed
from gitops.adapters.kube.answers import GoneError
from gitops.adapters.kube.client import Client, Endpoint, Request
from gitops.errors import ArgosyError, ConflictError, InvalidError, RefusedError, RetryableError
from gitops.model.config import ClusterCredential
from tests.kube.conftest import client_at
from tests.kube.faulty import Reply, faulty, tunnel

READ = Request("get", "/api/v1/namespaces/x", "Namespace", "Namespace x")
CREATE = Request("create", "/api/v1/events", "Event", "Event x", body=b"{}", repeatable=False)
BUSY = Reply(503, b'{"message":"busy"}')


def test_a_read_survives_two_bad_answers() -> None:
    with faulty(BUSY, Reply(0), Reply(200, b'{"a":1}')) as server:
        assert client_at(server.url).send(READ).body == b'{"a":1}'
        assert len(server.asked) == 3


def test_a_read_gives_up_after_three_bad_answers() -> None:
    with faulty(BUSY) as server, pytest.raises(RetryableError, match=r"get Namespace x at http.*: busy"):
        client_at(server.url).send(READ)
    assert len(server.asked) == 3


@pytest.mark.parametrize("reply", [BUSY, Reply(504), Reply(0)])
def test_a_write_that_must_not_happen_twice_is_sent_once(reply: Reply) -> None:
    with faulty(reply) as server, pytest.raises(RetryableError):
        client_at(server.url).send(CREATE)
    assert len(server.asked) == 1


def test_a_throttled_request_says_when_to_come_back_and_does_not_insist() -> None:
    with faulty(Reply(429, b"{}", {"Retry-After": "7"})) as server, pytest.raises(RetryableError) as caught:
        client_at(server.url).send(READ)
    assert caught.value.retry_after == timedelta(seconds=7)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, b'{"message":"bad"}', InvalidError),
        (401, b'{"message":"Unauthorized"}', RefusedError),
        (403, b'{"message":"forbidden"}', RefusedError),
        (403, b'{"details":{"causes":[{"reason":"NamespaceTerminating"}]}}', RetryableError),
        (409, b'{"message":"changed"}', ConflictError),
        (410, b'{"message":"expired"}', GoneError),
        (413, b"too large", InvalidError),
        (422, b'{"message":"invalid"}', InvalidError),
        (500, b'{"message":"failed to create typed patch object (x): .a: unknown"}', InvalidError),
        (500, b'{"message":"etcdserver: mvcc: database space exceeded"}', RetryableError),
        (302, b"", InvalidError),
    ],
)
def test_a_status_says_what_to_do_next(status: int, body: bytes, error: type[ArgosyError]) -> None:
    with faulty(Reply(status, body, {"Location": "http://127.0.0.1:1/"})) as server, pytest.raises(error) as caught:
        client_at(server.url).send(READ)
    assert type(caught.value) is error


def test_only_the_servers_word_about_the_object_makes_it_absent() -> None:
    status = b'{"kind":"Status","reason":"NotFound","details":{"name":"x","kind":"namespaces"},"code":404}'
    with faulty(Reply(404, status), Reply(404, b"404 page not found"), Reply(404, b'{"reason":"NotFound"}')) as server:
        client = client_at(server.url)
        assert [client.send(READ).absent for _ in range(3)] == [True, False, False]


def test_a_refused_connection_is_told_at_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening
        started = time.monotonic()
        with pytest.raises(RetryableError, match="cannot be reached"):
            client_at(f"http://127.0.0.1:{taken.getsockname()[1]}").send(READ)
    assert time.monotonic() - started < 2


def test_a_server_that_takes_no_connection_costs_the_connect_time_out_once() -> None:
    with socket.socket() as full, ExitStack() as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):  # fill the queue that nobody accepts from
            caller = waiting.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(full.getsockname())
        started = time.monotonic()
        with pytest.raises(RetryableError, match="cannot be reached in 5 s"):
            client_at(f"http://127.0.0.1:{full.getsockname()[1]}").send(READ)
    assert time.monotonic() - started < 7


def test_a_server_with_another_authority_is_not_talked_to(server: Cluster) -> None:
    client = Client(Endpoint(server.server, ClusterCredential(bearer_token="canary-token")))
    with pytest.raises(RetryableError, match=r"TLS to .* failed: .*certificate verify failed"):
        client.send(READ)


def test_a_wrong_token_is_refused(server: Cluster) -> None:
    credential = ClusterCredential(bearer_token="wrong", ca_data=server.ca_pem.encode())
    with pytest.raises(RefusedError, match="renew it"):
        Client(Endpoint(server.server, credential)).send(READ)


def test_no_log_level_shows_a_token(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with faulty(Reply(200)) as server:
        client_at(server.url).send(READ)
    assert "canary-token" not in caplog.text


def test_a_certificate_that_does_not_parse_is_told_without_its_key() -> None:
    credential = ClusterCredential(cert_data=b"no pem", key_data=b"canary-key")
    with pytest.raises(InvalidError, match="tlsClientConfig") as caught:
        Client(Endpoint("https://127.0.0.1:1", credential))
    assert "canary-key" not in str(caught.value)


def test_every_answer_is_counted() -> None:
    seen: list[tuple[str, str, int]] = []

    def count(verb: str, kind: str, code: int, seconds: float) -> None:
        seen.append((verb, kind, code))

    with faulty(BUSY, Reply(0), Reply(200)) as server:
        Client(Endpoint(server.url, ClusterCredential()), observer=count).send(READ)
    assert seen == [("get", "Namespace", 503), ("get", "Namespace", 0), ("get", "Namespace", 200)]


def test_requests_go_through_the_proxy_of_the_cluster() -> None:
    with faulty(Reply(200, b'{"via":"proxy"}')) as proxy:
        client = Client(Endpoint("http://cluster.invalid", ClusterCredential(proxy_url=proxy.url)))
        assert client.send(READ).body == b'{"via":"proxy"}'
    assert proxy.asked == [("GET", "http://cluster.invalid/api/v1/namespaces/x")]


def test_a_proxy_carries_tls_to_the_cluster_as_the_user_in_its_url(server: Cluster) -> None:
    with tunnel() as proxy:
        credential = ClusterCredential(
            bearer_token=server.token("argosy"),
            ca_data=server.ca_pem.encode(),
            proxy_url=f"http://me:word@{proxy.url.removeprefix('http://')}",
        )
        assert Client(Endpoint(server.server, credential)).send(Request("get", "/version", "", "version")).status == 200
    assert proxy.asked == [("CONNECT", server.server.removeprefix("https://")), ("as", "Basic bWU6d29yZA==")]


def test_a_client_certificate_leaves_no_file_behind(
    bed: Bed, server: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    pki = Pki(bed.folder / "pki")
    credential = ClusterCredential(
        bearer_token=server.token("argosy"),
        ca_data=server.ca_pem.encode(),
        cert_data=pki.certificate.read_bytes(),
        key_data=pki.key.read_bytes(),
    )
    assert Client(Endpoint(server.server, credential)).send(Request("get", "/version", "", "version")).status == 200
    assert not list(tmp_path.iterdir())
