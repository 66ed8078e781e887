"""`argosy up --flower`: the workers are shown to who has the login, and Flower can do nothing (celery.md section 9)."""

from __future__ import annotations

import base64
import itertools
import json
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from cli.bed.cluster import Cluster
from cli.bed.gitserver import GitServer
from cli.bed.repository import Repository
from tests.bed import fleet
from tests.bed.installation import Installation, wait_for

NAME = "shown-in-flower"


class Shown:
    """An Argosy with Flower, one app in it, and Flower's pages as a browser sees them."""

    def __init__(self, argosy: Installation, repository: Repository, url: str) -> None:
        self.argosy = argosy
        self._repository = repository
        self._url = url
        said = (argosy.data_dir / "up.out").read_text()
        found = re.search(r"^flower (http://\S+) \(login: (\S+)\)$", said, re.MULTILINE)
        assert found, said
        self.url = found[1]
        keys = json.loads(Path(found[2]).read_text())
        self.login = f"{keys['flower_user']}:{keys['flower_password']}"
        self._http = urllib3.PoolManager(retries=False)

    def ask(self, path: str, *, login: bool = True, method: str = "GET") -> tuple[int, bytes]:
        headers = {"Authorization": "Basic " + base64.b64encode(self.login.encode()).decode()} if login else {}
        answer = self._http.request(method, self.url + path, headers=headers, timeout=5)
        return answer.status, answer.data

    def push(self, value: str) -> int:
        """A commit that changes the app, told by a signed webhook; its answer."""
        commit = self._repository.commit(fleet.manifests(NAME, value=value))
        return self.argosy.push_event(self._url, commit)

    def tasks(self) -> dict[str, tuple[str, str]]:
        """Id -> name and arguments of every task of our app that Flower knows."""
        found = json.loads(self.ask("/api/tasks")[1])
        return {one: (str(task["name"]), str(task["args"])) for one, task in found.items() if NAME in str(task["args"])}


@pytest.fixture(scope="module")
def shown(hub: Cluster, git_server: GitServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    fleet.webhook_secret(hub)
    hub.ensure_namespace(NAME)
    repository = git_server.create(NAME, dict(fleet.manifests(NAME)))
    url = git_server.url_of(NAME)
    with Installation(hub, tmp_path_factory.mktemp("flower"), "--flower") as argosy:
        fleet.create(
            hub,
            [fleet.application(NAME, repo=url, path=".", server="https://kubernetes.default.svc", namespace=NAME)],
        )
        fleet.wait_synced(hub, [NAME])
        yield Shown(argosy, repository, url)
        hub.request("DELETE", f"{fleet.APPS}/{NAME}")


@pytest.mark.parametrize("path", ["/", "/workers", "/tasks", "/broker", "/api/tasks", "/api/workers"])
def test_no_page_is_shown_without_the_login(shown: Shown, path: str) -> None:
    assert shown.ask(path, login=False)[0] == 401


def test_a_push_is_shown_as_tasks_with_their_names_and_arguments(shown: Shown) -> None:
    wait_for(lambda: b"work@" in shown.ask("/workers")[1], "Flower hears the workers")
    assert shown.push("two") == 200
    about = {"argosy.fetch": f"/{NAME}", "argosy.compare": f"argocd/{NAME}", "argosy.advance": f"argocd/{NAME}"}

    def seen() -> bool:
        told = shown.tasks().values()
        return all(any(name == task and what in args for task, args in told) for name, what in about.items())

    wait_for(seen, "fetch, compare and advance are shown with what they are about")


@pytest.mark.parametrize("path", ["/metrics", "/healthcheck"])
@pytest.mark.parametrize("login", [True, False])
def test_pages_that_flower_leaves_open_are_closed(shown: Shown, path: str, *, login: bool) -> None:
    assert shown.ask(path, login=login)[0] == 404


@pytest.mark.parametrize(
    "path", ["/api/task/send-task/argosy.compare", "/api/worker/shutdown/work@x", "/api/task/revoke/t-1"]
)
def test_flower_only_looks(shown: Shown, path: str) -> None:
    assert shown.ask(path, method="POST")[0] in (403, 404)


def test_a_valkey_that_comes_back_still_lets_flower_in(shown: Shown) -> None:
    before = shown.argosy.pids()["valkey"]
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: shown.argosy.pids().get("valkey", before) != before, "Valkey starts again")
    known = set(shown.tasks())
    commits = itertools.count()

    def told_again() -> bool:
        # Events are not kept: only those after Flower listens again are seen, so there is a new push each time.
        shown.push(f"again {next(commits)}")
        return bool(set(shown.tasks()) - known)

    wait_for(told_again, "tasks are shown again", every_s=0.5)
