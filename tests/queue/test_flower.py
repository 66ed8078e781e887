"""A real Flower beside a real worker, with a Redis user of its own."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import redis
import urllib3
from broker import until
from test_worker import ROOT, Fleet, app

from gitops.adapters.celery.queue import CeleryQueue
from gitops.jobs import Rank
from workers.flower_rules import ACL

USER_PASSWORD = "flowers-own-password"


class Shown:
    """Flower's pages as a browser sees them."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        fleet.server.call("ACL", "SETUSER", "flower", "reset", "on", f">{USER_PASSWORD}", *ACL.split())
        keys = fleet.folder / "flower.json"
        keys.write_text(
            json.dumps(
                {
                    "redis_user": "flower",
                    "redis_password": USER_PASSWORD,
                    "flower_user": "me",
                    "flower_password": "let-me-in",
                }
            )
        )
        keys.chmod(0o600)
        environ = {
            "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "ARGOSY_REDIS_URL": fleet.broker.url,
            "ARGOSY_KEYS_FILE": str(keys), "ARGOSY_DATA_DIR": str(fleet.folder), "ARGOSY_PORT": str(self.port),
            "HOME": str(fleet.folder),
        }  # fmt: skip
        with (fleet.folder / "flower.log").open("ab") as log:
            code = "import os; from gitops.settings import Process; from workers.flower import run; "
            code += "run(Process.parse('flower', os.environ))"
            self.process = subprocess.Popen([sys.executable, "-c", code], env=environ, stdout=log, stderr=log)
        self.http = urllib3.PoolManager(retries=False)
        until(self.listens, 20)

    def listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def get(self, path: str, *, login: bool = True, method: str = "GET"):
        headers = {"Authorization": "Basic " + base64.b64encode(b"me:let-me-in").decode()} if login else {}
        return self.http.request(method, f"http://127.0.0.1:{self.port}{path}", headers=headers)

    def log(self) -> str:
        return (self.fleet.folder / "flower.log").read_text()


@pytest.fixture(scope="module")
def shown():
    with tempfile.TemporaryDirectory(prefix="argosy-f") as folder:
        fleet = Fleet(Path(folder), ARGOSY_FLOWER="1")
        fleet.queue = CeleryQueue(fleet.app, fleet.lanes, readable=True)
        fleet.start()
        made = Shown(fleet)
        yield made
        made.process.terminate()
        try:
            assert made.process.wait(10) == 0
        finally:
            made.process.kill()
            fleet.stop()


def test_tasks_are_shown_with_their_names_and_apps(shown):
    def seen() -> bool:
        # Events are not kept: only those after Flower listens are seen.
        shown.fleet.queue.nudge(app("plain-shown"), Rank.HUMAN)
        found = json.loads(shown.get("/api/tasks").data)
        return any(t["name"] == "argosy.compare" and "argocd/plain-shown" in t["args"] for t in found.values())

    until(seen, 15)


@pytest.mark.parametrize("path", ["/", "/workers", "/tasks", "/broker", "/api/tasks", "/api/workers"])
def test_no_page_is_shown_without_the_login(shown, path):
    assert shown.get(path, login=False).status == 401


@pytest.mark.parametrize("path", ["/metrics", "/healthcheck"])
@pytest.mark.parametrize("login", [True, False])
def test_pages_that_flower_leaves_open_are_closed(shown, path, login):
    assert shown.get(path, login=login).status == 404


@pytest.mark.parametrize("path", ["/", "/workers", "/tasks", "/broker"])
def test_pages_work_with_the_login(shown, path):
    assert shown.get(path).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/api/task/send-task/argosy.compare", "/api/task/async-apply/celery.map", "/api/worker/shutdown/work@x",
        "/api/worker/pool/grow/work@x", "/api/task/revoke/t-1",
    ],
)  # fmt: skip
def test_flower_can_do_nothing(shown, path):
    assert shown.get(path, method="POST").status in (403, 404)


@pytest.mark.parametrize(
    "command",
    [
        ("LPUSH", "argosy:diff", "x"), ("GET", "argosy:vault"), ("HGETALL", "argosy:i:app"), ("FLUSHALL",),
        ("PUBLISH", "argosy:/0.celeryev/worker.heartbeat", "x"), ("EVAL", "return 1", 0), ("CONFIG", "GET", "*"),
        ("KEYS", "*"), ("ACL", "LIST"), ("SUBSCRIBE", "argosy:news"),
    ],
    ids=lambda command: command[0],
)  # fmt: skip
def test_flowers_redis_user_may_not(shown, command):
    client = redis.Redis(
        connection_pool=redis.ConnectionPool(
            connection_class=redis.UnixDomainSocketConnection,
            path=str(shown.fleet.broker.socket),
            username="flower",
            password=USER_PASSWORD,
        )
    )
    with pytest.raises(redis.exceptions.NoPermissionError):
        client.execute_command(*command)


def test_flower_runs_into_no_rule_of_its_redis_user(shown):
    assert "no permissions" not in shown.log().lower()
    assert "Failed to capture events" not in shown.log()
