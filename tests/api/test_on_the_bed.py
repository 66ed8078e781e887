"""`argosy run api` as it runs: its own process, a real hub, a real Valkey."""

from __future__ import annotations

import base64
import json
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest
import urllib3

from cli.bed.cluster import Cluster
from gitops.adapters.redis.index import RedisIndex
from gitops.adapters.redis.metrics import RedisCounters
from gitops.model.crds.application import Application
from gitops.model.objects import Json, JsonMap, as_map, as_text
from gitops.model.revision import RepoKey
from tests.api.house import application
from tests.queue.broker import PASSWORD, Broker

CACHE_KEY = secrets.token_bytes(32)


@dataclass
class Running:
    """The process and what is around it."""

    url: str
    hub: Cluster
    broker: Broker
    process: subprocess.Popen[bytes]
    pool: urllib3.PoolManager
    token: str = ""

    def call(self, method: str, path: str, body: Json = None, **headers: str) -> tuple[int, JsonMap]:
        """One request with the session."""
        sent = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}", **headers}
        data = orjson.dumps(body) if body is not None else None
        response = self.pool.request(method, self.url + path, body=data, headers=sent, timeout=30)
        return response.status, as_map(orjson.loads(response.data or b"{}"))


def read(hub: Cluster, path: str) -> JsonMap:
    answer = hub.request("GET", path)
    assert answer.good, answer
    value: Json = orjson.loads(orjson.dumps(answer.body))
    return as_map(value)


def secret_of(hub: Cluster, name: str, key: str) -> str:
    data = as_map(read(hub, f"/api/v1/namespaces/argocd/secrets/{name}")["data"])
    return base64.b64decode(as_text(data[key])).decode()


@pytest.fixture(scope="module")
def running(hub: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("api")
    keys = folder / "keys.json"
    keys.write_text(json.dumps({"redis_password": PASSWORD, "message": ["aa" * 32], "cache": CACHE_KEY.hex()}))
    keys.chmod(0o600)
    with socket.socket() as free, tempfile.TemporaryDirectory(prefix="argosy-a") as place:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        broker = Broker(Path(place)).start()
        free.close()
        environ = {
            "ARGOSY_REDIS_URL": broker.url,
            "ARGOSY_KEYS_FILE": str(keys),
            "ARGOSY_DATA_DIR": str(folder),
            "ARGOSY_KUBECONFIG": str(hub.kubeconfig("argosy")),
            "ARGOSY_PORT": str(port),
        }
        log = (folder / "log").open("wb")
        process = subprocess.Popen([sys.executable, "-m", "cli.run", "api"], env=environ, stdout=log, stderr=log)
        it = Running(f"http://127.0.0.1:{port}", hub, broker, process, urllib3.PoolManager(retries=False))
        try:
            ready(it, folder / "log")
            password = secret_of(hub, "argocd-initial-admin-secret", "password")
            _, told = it.call("POST", "/api/v1/session", {"username": "admin", "password": password})
            it.token = as_text(told["token"])
            yield it
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(15) == 0, (folder / "log").read_text()
            broker.stop()


def ready(it: Running, log: Path) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        assert it.process.poll() is None, log.read_text()
        try:
            if it.pool.request("GET", it.url + "/healthz", timeout=5).status == 200:
                return
        except urllib3.exceptions.HTTPError:
            pass  # it does not listen yet
        threading.Event().wait(0.05)
    raise AssertionError(log.read_text())


def test_a_session_lives_through_a_flush_of_redis_and_a_revoked_one_does_not(running: Running) -> None:
    path = "/api/v1/account/can-i/applications/get/x"
    assert running.call("GET", path) == (200, {"value": "yes"})
    password = secret_of(running.hub, "argocd-initial-admin-secret", "password")
    _, told = running.call("POST", "/api/v1/session", {"username": "admin", "password": password})
    revoked = f"Bearer {told['token']}"
    left = running.pool.request(
        "GET", running.url + "/auth/logout", headers={"Cookie": f"argocd.token={told['token']}"}, redirect=False
    )
    assert left.status == 303
    running.broker.server().call("FLUSHALL")
    assert running.call("GET", path, Authorization=revoked)[0] == 401
    assert running.call("GET", path)[0] == 200


def test_an_app_is_created_seen_synced_and_deleted_on_the_hub(running: Running) -> None:
    name = f"app-{secrets.token_hex(3)}"
    status, _ = running.call("POST", "/api/v1/applications", application(name))
    assert status == 200
    assert running.call("POST", "/api/v1/applications", application(name))[0] == 200
    path = f"/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/{name}"
    assert as_text(as_map(read(running.hub, path)["metadata"])["name"]) == name
    assert running.call("POST", f"/api/v1/applications/{name}/sync", {"prune": True})[0] == 200
    asked = as_map(read(running.hub, path)["operation"])
    assert as_map(asked["sync"])["prune"] is True
    assert running.call("POST", f"/api/v1/applications/{name}/sync")[1]["code"] == 9
    assert running.call("DELETE", f"/api/v1/applications/{name}?cascade=false") == (200, {})
    end = time.monotonic() + 5
    while running.call("GET", f"/api/v1/applications/{name}")[0] == 200 and time.monotonic() < end:
        threading.Event().wait(0.02)
    assert running.call("GET", f"/api/v1/applications/{name}?project=default")[0] == 404


def test_what_kubectl_does_reaches_a_stream(running: Running) -> None:
    name = f"app-{secrets.token_hex(3)}"
    headers = {"Authorization": f"Bearer {running.token}"}
    stream = running.url + f"/api/v1/stream/applications?name={name}"
    seen: list[bytes] = []
    heard = threading.Event()

    def reads() -> None:
        response = running.pool.request("GET", stream, headers=headers, preload_content=False, timeout=20)
        seen.append(next(response.stream(65536)))
        heard.set()
        response.close()

    reader = threading.Thread(target=reads)
    reader.start()
    apps = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications"
    running.hub.request("POST", apps, application(name))
    assert heard.wait(10)
    reader.join()
    assert b'"ADDED"' in seen[0] and name.encode() in seen[0]
    running.hub.request("DELETE", f"{apps}/{name}")


def test_a_push_is_answered_within_ten_milliseconds_and_lies_on_its_lane(running: Running) -> None:
    body = application("shop")
    app = Application.parse({**body, "metadata": {**as_map(body["metadata"]), "uid": "u"}})
    RedisIndex(running.broker.server(), CACHE_KEY).put(app, [RepoKey("github.com/acme/shop")])
    push: Json = {
        "ref": "refs/heads/main",
        "repository": {"html_url": "https://github.com/acme/shop", "default_branch": "main"},
    }
    times = []
    for _ in range(50):
        started = time.perf_counter()
        response = running.pool.request(
            "POST",
            running.url + "/api/webhook",
            body=orjson.dumps(push),
            headers={"X-GitHub-Event": "push", "Content-Type": "application/json"},
        )
        times.append(time.perf_counter() - started)
        assert response.status == 200, response.data
    print(f"webhook p50 {sorted(times)[25] * 1000:.1f} ms, worst {max(times) * 1000:.1f} ms")
    assert sorted(times)[25] < 0.03  # 3 x the budget, for two cores that others use too
    metrics = running.pool.request("GET", running.url + "/metrics").data.decode()
    assert 'argosy_lane_jobs{queue="fetch",state="ready"}' in metrics
    assert 'argocd_webhook_requests_total{repo="github.com/acme/shop"} 50.0' in metrics


def test_counters_of_several_processes_add_up(running: Running) -> None:
    one, other = RedisCounters(running.broker.server()), RedisCounters(running.broker.server())
    one.add("argocd_app_sync_total", {"phase": "Succeeded", "name": "a"})
    other.add("argocd_app_sync_total", {"name": "a", "phase": "Succeeded"}, 2)
    other.add("argocd_app_sync_total", {"name": "b", "phase": "Failed"})
    found = {sample.labels["name"]: sample.value for sample in one.read()["argocd_app_sync_total"]}
    assert found == {"a": 3.0, "b": 1.0}


def test_without_redis_reads_go_on_and_a_push_is_asked_for_again(running: Running) -> None:
    running.broker.stop()
    try:
        assert running.call("GET", "/api/v1/applications")[0] == 200
        status, _ = running.call("POST", "/api/webhook", {"zen": 1}, **{"X-GitHub-Event": "ping"})
        assert status == 200
        metrics = running.pool.request("GET", running.url + "/metrics").data.decode()
        assert "argosy_redis_up 0.0" in metrics
    finally:
        running.broker.start()
