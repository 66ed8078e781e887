"""A real worker on a real Valkey: what it runs, refuses, survives and hands back."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import pytest
from broker import PASSWORD, Broker, until

from gitops.adapters.celery.carrier import broker_url, celery_app
from gitops.adapters.celery.queue import CeleryQueue
from gitops.adapters.celery.signing import Signer
from gitops.adapters.redis.lanes import RedisLanes
from gitops.jobs import Advance, Compare, Fetch, Queue, Rank
from gitops.model.objects import AppRef, ClusterKey
from gitops.model.revision import RepoKey

KEY, OLD_KEY = b"k" * 32, b"o" * 32
HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CLUSTER = ClusterKey("https://one:6443")


class Fleet:
    """One Valkey, and workers that can be killed."""

    def __init__(self, folder: Path, **environ: str) -> None:
        self.folder = folder
        self.environ = environ
        self.broker = Broker(folder).start()
        self.server = self.broker.server()
        self.lanes = {queue: RedisLanes(self.server, queue) for queue in Queue}
        self.app = celery_app(broker_url(self.broker.url, PASSWORD), [KEY])
        self.queue = CeleryQueue(self.app, self.lanes)
        self.workers: list[subprocess.Popen[bytes]] = []

    def start(self, *queues: str) -> subprocess.Popen[bytes]:
        keys = self.folder / "keys.json"
        keys.write_text(json.dumps({"redis_password": PASSWORD, "message": [KEY.hex(), OLD_KEY.hex()]}))
        keys.chmod(0o600)
        environ = {
            "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "ARGOSY_REDIS_URL": self.broker.url,
            "ARGOSY_KEYS_FILE": str(keys), "ARGOSY_DATA_DIR": str(self.folder),
        }  # fmt: skip
        with (self.folder / "log").open("ab") as log:
            worker = subprocess.Popen(
                [sys.executable, str(HERE / "a_worker.py"), *(queues or ("diff", "apply"))],
                env=environ | self.environ,
                stdout=log,
                stderr=log,
            )
        self.workers.append(worker)
        before = int(self.server.call("ZCARD", "argosy:l:diff:workers"))
        until(lambda: int(self.server.call("ZCARD", "argosy:l:diff:workers")) > before, 20)
        return worker

    def stop(self) -> None:
        for worker in self.workers:
            worker.kill()
            worker.wait(10)
        self.broker.stop()

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def seen(self, name: str) -> list[str]:
        return [line.decode() for line in self.server.call("LRANGE", f"seen:{name}", 0, -1)]

    def refused(self, reason: str) -> int:
        return int(self.server.call("HGET", "argosy:refused", reason) or 0)


@pytest.fixture(scope="module")
def fleet():
    with tempfile.TemporaryDirectory(prefix="argosy-w") as folder:
        made = Fleet(Path(folder))
        made.start()
        yield made
        made.stop()


def app(name: str) -> Compare:
    return Compare(AppRef("argocd", name), CLUSTER)


def fresh(kind: str = "plain") -> str:
    return f"{kind}-{uuid.uuid4().hex[:8]}"


def signed(task: str, *, key: bytes = KEY, name: str = "victim", token: str = "t-1") -> str:  # noqa: S107 -- no password
    kwargs = {"v": 1, "t": task, "l": CLUSTER, "k": [[f"argocd/{name}", token]]}
    embed = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}
    return Signer([key]).dumps([[], kwargs, embed])


def push(fleet: Fleet, body: str, *, task: str = "argosy.compare", content: str = "application/x-argosy", **headers):
    """What an attacker with the password of Redis can do: put any message into a queue."""
    full = {"lang": "py", "task": task, "id": "t-1", "eta": None, "expires": None, "retries": 0,
            "timelimit": [None, None], "root_id": "t-1", "parent_id": None, "group": None} | headers  # fmt: skip
    message = {
        "body": base64.b64encode(body.encode()).decode(),
        "content-encoding": "utf-8",
        "content-type": content,
        "headers": full,
        "properties": {
            "correlation_id": "t-1", "reply_to": "", "delivery_mode": 2, "priority": 0, "body_encoding": "base64",
            "delivery_tag": uuid.uuid4().hex, "delivery_info": {"exchange": "argosy", "routing_key": "diff"},
        },
    }  # fmt: skip
    fleet.server.call("LPUSH", "argosy:diff", json.dumps(message))


def works(fleet: Fleet) -> bool:
    name = fresh()
    fleet.queue.nudge(app(name), Rank.HUMAN)
    until(lambda: fleet.seen(name), 10)
    return True


def test_a_nudge_is_run(fleet):
    assert works(fleet)


def test_jobs_of_both_queues_are_run(fleet):
    name = fresh()
    fleet.queue.nudge(Advance(AppRef("argocd", name), CLUSTER), Rank.HUMAN)
    until(lambda: fleet.seen(name))
    assert fleet.seen(name)[0].startswith("Advance")


def test_a_step_that_asks_for_it_is_run_again(fleet):
    name = fresh("again")
    fleet.queue.nudge(app(name), Rank.HUMAN)
    until(lambda: len(fleet.seen(name)) >= 5)


def test_a_bug_in_a_step_is_logged_and_the_worker_goes_on(fleet):
    name = fresh("bug")
    fleet.queue.nudge(app(name), Rank.HUMAN)
    until(lambda: name in fleet.log())
    line = next(json.loads(row) for row in fleet.log().splitlines() if name in row and row.startswith("{"))
    assert (line["event"], line["class"], line["ending"]) == ("compare", "internal", "failed")
    assert "ZeroDivisionError" in line["traceback"]
    assert works(fleet)


def test_an_outside_that_names_a_time_is_left_alone_until_then(fleet):
    name = fresh("away")
    fleet.queue.nudge(app(name), Rank.HUMAN)
    until(lambda: name in fleet.log())
    line = next(json.loads(row) for row in fleet.log().splitlines() if name in row and row.startswith("{"))
    assert line["wake_s"] == 3600


ATTACKS = {
    "another task in the header": ("name", {"body": signed("argosy.compare"), "task": "argosy.advance"}),
    "a task of Celery's own": ("name", {"body": signed("argosy.compare"), "task": "celery.map"}),
    "a task of Celery with its own name": ("shape", {"body": Signer([KEY]).dumps({"a": 1}), "task": "celery.map"}),
    "an altered body": ("signature", {"body": signed("argosy.compare").replace("victim", "vict1m")}),
    "a key of another installation": ("signature", {"body": signed("argosy.compare", key=b"x" * 32)}),
    "plain JSON": ("content", {"body": "[[], {}, {}]", "content": "application/json"}),
    "pickle": ("content", {"body": "cos\nsystem\n", "content": "application/x-python-serialize"}),
    "JSON called signed": ("signature", {"body": '[[], {"v": 1}, {}]'}),
    "junk": ("signature", {"body": "\x00\xff junk"}),
    "no body": ("shape", {"body": ""}),
    "a later time": ("eta", {"body": signed("argosy.compare"), "eta": "2099-01-01T00:00:00+00:00"}),
    "another id": ("id", {"body": signed("argosy.compare"), "id": "t-2"}),
    "an unknown task": ("task", {"body": signed("argosy.delete"), "task": "argosy.delete"}),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_forged_message_is_counted_and_dropped_and_the_worker_lives(fleet, attack):
    reason, message = ATTACKS[attack]
    before = fleet.refused(reason)
    push(fleet, **message)
    until(lambda: fleet.refused(reason) == before + 1)
    assert works(fleet)
    assert fleet.seen("victim") == []
    assert "victim" not in fleet.log()
    until(lambda: int(fleet.server.call("HLEN", "argosy:unacked")) == 0)


def test_a_message_without_a_header_is_dropped_and_the_worker_lives(fleet):
    fleet.server.call("LPUSH", "argosy:diff", json.dumps({"body": "e30=", "properties": {"delivery_tag": "x"}}))
    assert works(fleet)


@pytest.mark.parametrize("garbage", ["no JSON", "{", "[]", "{}", "null", '"text"', "\x00\xff"])
def test_garbage_in_the_queue_leaves_the_worker_alive(fleet, garbage):
    fleet.server.call("LPUSH", "argosy:diff", garbage)
    assert works(fleet)
    assert fleet.workers[0].poll() is None


def test_a_replayed_message_runs_nothing(fleet):
    push(fleet, signed("argosy.compare", name="replayed"))
    push(fleet, signed("argosy.compare", name="replayed"))
    assert works(fleet)
    assert fleet.seen("replayed") == []


def test_a_message_signed_with_the_old_key_is_accepted(fleet):
    name = fresh()
    turn = fleet.lanes[Queue.DIFF].nudge(app(name), Rank.HUMAN)[0].turns[0]
    push(fleet, signed("argosy.compare", key=OLD_KEY, name=name, token=turn.token), id=turn.token)
    until(lambda: fleet.seen(name))


def test_arguments_are_in_no_header(fleet):
    # No worker of this queue runs, so that the message can be read.
    fleet.lanes[Queue.FETCH].tick("nobody", 1)
    fleet.queue.nudge(Fetch(RepoKey("git.example/secret-name")), Rank.HUMAN)
    [raw] = fleet.server.call("LRANGE", "argosy:fetch", 0, -1)
    message = json.loads(raw)
    assert "secret-name" not in json.dumps(message["headers"])
    assert "secret-name" in base64.b64decode(message["body"]).decode()


def test_a_job_that_kills_its_worker_twice_is_put_aside():
    with tempfile.TemporaryDirectory(prefix="argosy-w") as folder:
        fleet = Fleet(Path(folder))
        try:
            fleet.start()
            fleet.queue.nudge(app("die-1"), Rank.HUMAN)
            for _ in range(2):
                until(lambda: fleet.workers[-1].poll() == 9, 20)
                fleet.server.call("ZADD", "argosy:l:diff:sent", 0, "16:https://one:6443compare|argocd/die-1")
                fleet.start()
            until(lambda: fleet.seen("aside") == ["argocd/die-1"], 15)
            assert len(fleet.seen("die-1")) == 2
            until(lambda: fleet.lanes[Queue.DIFF].depths().leased == 0)
        finally:
            fleet.stop()


def test_a_worker_told_to_stop_finishes_its_step_and_leaves_the_rest_to_others():
    with tempfile.TemporaryDirectory(prefix="argosy-w") as folder:
        fleet = Fleet(Path(folder))
        try:
            first = fleet.start()
            fleet.lanes[Queue.DIFF].limit(CLUSTER, cap=9)
            for n in range(6):
                fleet.queue.nudge(app(f"sleep-{n + 2}"), Rank.HUMAN)
            until(lambda: fleet.seen("sleep-3"))
            first.send_signal(signal.SIGTERM)
            fleet.start()
            assert first.wait(45) == 0
            until(lambda: all(fleet.seen(f"sleep-{n + 2}")[-1:] == ["ended"] for n in range(6)), 60)
        finally:
            fleet.stop()


def test_a_broker_that_restarts_empty_is_found_again():
    with tempfile.TemporaryDirectory(prefix="argosy-w") as folder:
        fleet = Fleet(Path(folder))
        try:
            fleet.start()
            fleet.broker.stop()
            time.sleep(1.0)  # the fault itself: the broker is away
            fleet.broker.start()
            until(lambda: int(fleet.server.call("ZCARD", "argosy:l:diff:workers")) == 1, 20)
            fleet.queue.nudge(app("plain-1"), Rank.HUMAN)
            until(lambda: fleet.seen("plain-1"), 20)
        finally:
            fleet.stop()
