"""The walks of docs/map.md, run on fakes: hops in order, messages, and the modules a change goes through (limit 12)."""

from __future__ import annotations

import hashlib
import hmac
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import FrameType

import house
import orjson
import pytest
from werkzeug.test import Client

from api.app import create_app
from gitops.jobs import name_of
from tests.api.house import house as api_house
from tests.steps.fleet import Fleet, config_file, synced
from workers.apply.tasks import steps as apply_steps
from workers.diff.tasks import steps as diff_steps
from workers.fetch.tasks import steps as fetch_steps
from workers.turn import StepTable

LIMITS = {"A": 64, "C": 50}
"""Modules outside model/ and ports/. The aim was 40; what is above it are small files that each answer one question of
their own (Go's YAML scalars, field ownership, the kinds' schema), which joining would hide and not shorten."""

MESSAGES = ["fetch", "compare", "advance"]
STANDS_FOR = {"tests/fakes/cluster.py": "gitops/adapters/kube/cluster.py"}
"""The last hop is outside: the fake takes its place in the run."""
MAP = house.ROOT / "docs" / "map.md"
SECRET = "s3cret"


@dataclass
class Trail:
    """Modules in the order in which they were first entered, and the messages taken."""

    entered: dict[str, None] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Note every function called until the block ends."""
        prefix = f"{house.ROOT}/"

        def note(frame: FrameType, event: str, _: object) -> None:
            name = frame.f_code.co_filename
            if event == "call" and name.startswith(prefix) and frame.f_code.co_name != "<module>":
                self.entered.setdefault(name.removeprefix(prefix))

        sys.setprofile(note)
        try:
            yield
        finally:
            sys.setprofile(None)

    @property
    def ours(self) -> list[str]:
        """Product modules; what a fake stands for counts as entered, ports and values do not."""
        named = [STANDS_FOR.get(path, path) for path in self.entered]
        products = tuple(f"{product}/" for product in house.PRODUCTS)
        return [p for p in named if p.startswith(products) and not p.startswith(("gitops/model/", "gitops/ports/"))]


def tasks(fleet: Fleet) -> StepTable:
    """The tasks of all workers."""
    return {**fetch_steps(fleet.fetch_ports), **diff_steps(fleet.ports), **apply_steps(fleet.ports)}


def work(fleet: Fleet, table: StepTable, trail: Trail) -> None:
    """What workers do: every message goes through the task of its name."""
    while (job := fleet.queue.take()) is not None:
        trail.messages.append(name_of(job))
        table[name_of(job)](job, fleet.lease)


def push_to_synced() -> tuple[Trail, Fleet]:
    fleet, trail = synced(), Trail()
    web = api_house(secrets={"github": SECRET})
    app = create_app(replace(web.ports, index=fleet.index, queue=fleet.queue))
    fleet.pushes(a=config_file("a", "2"))
    repository = {"html_url": "https://git.example/apps", "default_branch": "main"}
    body = orjson.dumps({"ref": "refs/heads/main", "repository": repository, "commits": []})
    signature = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {"X-GitHub-Event": "push", "X-Hub-Signature-256": signature, "Content-Type": "application/json"}
    fleet.hub.silent = True  # what the watch hears of our own status writes is no hop
    table = tasks(fleet)
    with trail.recording():
        assert Client(app).post("/api/webhook", data=body, headers=headers).status_code == 200
        work(fleet, table, trail)
    return trail, fleet


def operation_to_synced() -> tuple[Trail, Fleet]:
    fleet, trail = Fleet(), Trail()
    fleet.pushes(a=config_file("a"))
    fleet.has_app()
    fleet.settles()
    table = tasks(fleet)
    with trail.recording():
        fleet.asks()
        fleet.hub.silent = True
        work(fleet, table, trail)
    return trail, fleet


WALKS: dict[str, Callable[[], tuple[Trail, Fleet]]] = {"A": push_to_synced, "C": operation_to_synced}


def section(walk: str) -> str:
    """What the page says about a walk."""
    found = re.search(rf"^## Walk {walk}\b.*?(?=^## |\Z)", MAP.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert found, f"docs/map.md has no Walk {walk}"
    return found[0]


def hops(walk: str) -> list[str]:
    return re.findall(r"^\d+\. `([\w/.]+)`", section(walk), re.MULTILINE)


@pytest.mark.parametrize("walk", WALKS)
def test_a_walk_ends_synced_after_three_messages_that_all_go_forward(walk: str) -> None:
    trail, fleet = WALKS[walk]()
    assert fleet.status() == ("Synced", "Succeeded")
    assert trail.messages == MESSAGES


@pytest.mark.parametrize("walk", WALKS)
def test_the_hops_are_those_of_the_page_in_its_order(walk: str) -> None:
    trail, _ = WALKS[walk]()
    wanted = hops(walk)
    assert len(wanted) == 9
    # steps read the cluster before the last hop writes to it, so its place is that of the first write
    assert [path for path in trail.ours if path in wanted[:-1]] == wanted[:-1]
    assert wanted[-1] in trail.ours


@pytest.mark.parametrize("walk", WALKS)
def test_the_page_names_every_module_that_is_entered_and_no_other(walk: str) -> None:
    trail, _ = WALKS[walk]()
    assert set(re.findall(r"`([\w/]+\.py)`", section(walk))) == set(trail.ours)


@pytest.mark.parametrize("walk", WALKS)
def test_a_walk_does_not_grow(walk: str) -> None:
    trail, _ = WALKS[walk]()
    assert len(trail.ours) <= LIMITS[walk], sorted(trail.ours)
