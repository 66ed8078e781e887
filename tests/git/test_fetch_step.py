"""The step `fetch` on a real Git server and a real Valkey: what one commit costs, and what a failure touches."""

from __future__ import annotations

import secrets
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pygit2
import pytest

from cli.bed.gitserver import GitServer
from gitops.access.repo import repo_key
from gitops.adapters.git.mirror import Mirrors
from gitops.adapters.redis.connect import Server
from gitops.adapters.redis.facts import RedisFacts
from gitops.adapters.redis.index import RedisIndex
from gitops.adapters.redis.store import RedisDesireds
from gitops.adapters.redis.vault import RedisVault
from gitops.desired.ask import source_digest
from gitops.desired.inputs import Limits
from gitops.desired.wanted import Wishes
from gitops.errors import LeaseLostError, RetryableError
from gitops.jobs import Compare, Fetch, Rank
from gitops.model.crds.application import (
    Application,
    ApplicationSpec,
    ApplicationStatus,
    Destination,
    Directory,
    ObjectMeta,
    Operation,
    OperationState,
    Source,
    SyncOperation,
    SyncResult,
)
from gitops.model.credentials import CredentialSet, RepoCredential
from gitops.model.desired import Desired, Rendering
from gitops.model.objects import AppRef, ClusterKey
from gitops.reconcile.fetch import fetch
from gitops.reconcile.rendering import FetchPorts, set_aside
from gitops.trigger.lane import repos_of
from tests.fakes.redis import MemoryQueue
from tests.git.links import link
from tests.queue.broker import Broker

NOW = datetime(2026, 5, 1, tzinfo=UTC)
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {}\ndata:\n  v: '{}'\n"
KEY = bytes(32)


class Still:
    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at


class Held:
    def check(self) -> None:
        pass


class Lost:
    def check(self) -> None:
        raise LeaseLostError("another turn took over")


class CountingDesireds(RedisDesireds):
    """Counts renders as they are stored."""

    def __init__(self, server: Server, key: bytes) -> None:
        super().__init__(server, key)
        self.calls: Counter[str] = Counter()

    def put_desired(self, desired: Desired) -> str:
        self.calls["put_desired"] += 1
        return super().put_desired(desired)

    def put_rendering(self, uid: str, repo, rendering: Rendering) -> None:  # type: ignore[no-untyped-def]  # see port
        self.calls["put_rendering"] += 1
        super().put_rendering(uid, repo, rendering)

    def put_verified(self, repo, ref: str, commit) -> None:  # type: ignore[no-untyped-def]  # see port
        self.calls["put_verified"] += 1
        super().put_verified(repo, ref, commit)


class House:
    """A repository with some apps, and everything the fetch step reaches."""

    def __init__(self, git: GitServer, server: Server, data: Path, *, apps: int = 3) -> None:
        self.git, self.name = git, f"f{secrets.token_hex(4)}"
        self.folders = {f"apps/a{i}/cm.yaml": CONFIG.format(f"c{i}", 0) for i in range(apps)}
        self.repo = git.create(self.name, dict(self.folders))
        self.url = git.url_of(self.name)
        self.queue = MemoryQueue()
        self.store = CountingDesireds(server, KEY)
        self.index = RedisIndex(server, KEY)
        self.clock = Still()
        self.requests: list[str] = []
        self.ports = FetchPorts(
            index=self.index,
            vault=RedisVault(server, KEY),
            desireds=self.store,
            facts=RedisFacts(server),
            sources=Mirrors(data, allow_http=True, observer=lambda repo, kind: self.requests.append(kind)),
            queue=self.queue,
            clock=self.clock,
            wishes=Wishes(Limits(), allow_http=True),
        )
        self.ports.vault.put(CredentialSet())
        self.apps = [self.app(f"a{i}", path=f"apps/a{i}") for i in range(apps)]
        for app in self.apps:
            self.put(app)

    def app(self, name: str, *, project: str = "default", **source: object) -> Application:
        wanted = Source(**({"repo_url": self.url, "path": f"apps/{name}", "target_revision": "main"} | source))  # type: ignore[arg-type]  # a test's table
        return Application(
            metadata=ObjectMeta(name=name, namespace="argocd", uid=f"uid-{name}"),
            spec=ApplicationSpec(source=wanted, destination=Destination(server="https://c1"), project=project),
        )

    def put(self, app: Application) -> None:
        self.index.put(app, repos_of(app))

    def fetch(self) -> timedelta | None:
        """One turn; forgets what was counted before it."""
        self.queue.jobs.clear()
        self.requests.clear()
        self.store.calls.clear()
        return fetch(Fetch(repo_key(self.url)), self.ports, Held(), self.clock.now())

    def nudged(self) -> dict[str, Rank]:
        return {job.app.name: rank for job, rank in self.queue.jobs.values() if isinstance(job, Compare)}

    def rendering(self, name: str) -> Rendering:
        found = self.store.rendering(f"uid-{name}")
        assert found is not None
        return found

    def values(self, name: str) -> list[object]:
        desired = self.store.desired(self.rendering(name).digest)
        assert desired is not None
        return [o.body["data"] for o in desired.objects]


@pytest.fixture(scope="module")
def valkey() -> Iterator[Broker]:
    with tempfile.TemporaryDirectory(prefix="argosy-f") as folder:
        running = Broker(Path(folder)).start()
        yield running
        running.stop()


@pytest.fixture
def server(valkey: Broker) -> Server:
    connected = valkey.server()
    connected.call("FLUSHALL")
    return connected


@pytest.fixture
def house(git_server: GitServer, server: Server, tmp_path: Path) -> House:
    return House(git_server, server, tmp_path)


def test_one_commit_to_one_of_200_apps_costs_one_fetch_one_render_and_one_nudge(
    git_server: GitServer, server: Server, tmp_path: Path
) -> None:
    house = House(git_server, server, tmp_path, apps=200)
    house.fetch()
    assert house.store.calls["put_rendering"] == len(house.nudged()) == 200
    commit = house.repo.commit({"apps/a7/cm.yaml": CONFIG.format("c7", 1)})
    house.fetch()
    assert house.requests == ["ls-remote", "fetch"]
    assert house.store.calls == {"put_desired": 1, "put_rendering": 1, "put_verified": 1}
    assert house.nudged() == {"a7": Rank.WEBHOOK}
    assert (house.rendering("a7").revision, house.values("a7")) == (commit, [{"v": "1"}])


def test_a_commit_that_changes_no_app_is_one_record(house: House) -> None:
    house.fetch()
    house.repo.commit({"readme.md": "x"})
    assert house.fetch() is None
    assert house.store.calls == {"put_verified": 1}
    assert house.nudged() == {}


def test_apps_with_the_same_files_share_one_render(house: House) -> None:
    house.repo.commit({f"apps/twin{i}/cm.yaml": CONFIG.format("same", 0) for i in range(5)})
    for number in range(5):
        house.put(house.app(f"twin{number}"))
    house.fetch()
    assert house.store.calls["put_desired"] == 3 + 1
    assert len({house.rendering(f"twin{i}").digest for i in range(5)}) == 1


def test_a_rendering_says_what_it_was_made_of(house: House) -> None:
    house.fetch()
    found = house.rendering("a0")
    assert found.revision == house.repo.head()
    assert found.source_digest == source_digest(house.apps[0])
    assert (found.failure, found.fetched_for, found.rendered_at) == (None, "", NOW)


def test_the_nudge_goes_to_the_lane_of_the_cluster(house: House) -> None:
    house.fetch()
    assert {(j.lane, j.key) for j in house.queue.jobs} == {("https://c1", f"argocd/a{i}") for i in range(3)}
    assert {job.cluster for job, _ in house.queue.jobs.values() if isinstance(job, Compare)} == {
        ClusterKey("https://c1")
    }


def test_an_operation_is_always_answered_by_a_fresh_render(house: House) -> None:
    house.fetch()
    first = house.repo.head()
    house.repo.commit({"apps/a0/cm.yaml": CONFIG.format("c0", 5)})
    house.fetch()
    operation = Operation(sync=SyncOperation(revision=first))
    house.put(replace(house.apps[0], operation=operation))
    house.clock.at = NOW + timedelta(minutes=1)
    house.fetch()
    found = house.rendering("a0")
    assert (found.revision, found.fetched_for, found.rendered_at) == (first, operation.digest, house.clock.at)
    assert house.values("a0") == [{"v": "0"}]
    assert house.nudged() == {"a0": Rank.HUMAN}


def test_a_running_operation_keeps_its_commit_while_the_branch_moves(house: House) -> None:
    first = house.repo.head()
    state = OperationState(operation=Operation(), phase="Running", sync_result=SyncResult(revision=first))
    house.put(replace(house.apps[0], status=ApplicationStatus(operation_state=state)))
    house.repo.commit({"apps/a0/cm.yaml": CONFIG.format("c0", 9)})
    house.fetch()
    assert (house.rendering("a0").revision, house.values("a0")) == (first, [{"v": "0"}])


@pytest.mark.parametrize(("how", "renders"), [("normal", 0), ("hard", 1)])
def test_a_refresh_asks_for_a_look_and_only_a_hard_one_for_new_bytes(house: House, how: str, renders: int) -> None:
    house.fetch()
    asked = {"argocd.argoproj.io/refresh": how}
    house.put(replace(house.apps[0], metadata=replace(house.apps[0].metadata, annotations=asked)))
    house.fetch()
    assert house.store.calls["put_rendering"] == renders
    assert house.nudged() == {"a0": Rank.HUMAN}


def test_one_bad_app_never_stops_the_others(house: House) -> None:
    house.put(house.app("b1", path="apps/gone"))
    house.put(house.app("b2", target_revision="gone"))
    house.put(house.app("b3", target_revision="--upload-pack=x"))
    house.put(house.app("b4", chart="redis"))
    house.put(house.app("b5", path=".."))
    house.repo.commit({"apps/b6/x.yaml": "apiVersion: v1\nkind: [\nmetadata:\n", "apps/b7/Chart.yaml": "name: x\n"})
    for name in ("b6", "b7"):
        house.put(house.app(name))
    assert house.fetch() is None
    assert house.values("a0") == [{"v": "0"}]
    causes = {f"b{i}": house.rendering(f"b{i}").failure for i in range(1, 8)}
    told = {name: failure.cause for name, failure in causes.items() if failure and failure.next_try is None}
    assert [word in told[name] for name, word in WORDS.items()] == [True] * 7
    assert set(house.nudged()) == {"a0", "a1", "a2", *told}


WORDS = {
    "b1": "no folder apps/gone", "b2": "not found", "b3": "revision", "b4": "Helm", "b5": "inside the repository",
    "b6": "apps/b6/x.yaml: document 1: line", "b7": "Helm",
}  # fmt: skip


def test_a_lasting_failure_is_told_once_and_cleared_by_the_fixing_commit(house: House) -> None:
    house.fetch()
    house.repo.commit({"apps/a0/cm.yaml": "kind: [\napiVersion: v1\nmetadata:\n"})
    for expected in ({"a0": Rank.FAILING}, {}):
        house.fetch()
        assert house.nudged() == expected
    broken = house.rendering("a0")
    assert broken.failure is not None
    assert broken.failure.tries == 2
    assert house.values("a0") == [{"v": "0"}], "the last good objects are kept beside the failure"
    house.repo.commit({"apps/a0/cm.yaml": CONFIG.format("c0", 0)})
    house.fetch()
    assert house.rendering("a0").failure is None
    assert house.nudged() == {"a0": Rank.WEBHOOK}


def test_an_unreachable_server_is_tried_again_and_keeps_the_last_good_render(house: House) -> None:
    house.fetch()
    house.git.failing = 503
    try:
        waits = [house.fetch() for _ in range(4)]
        told = house.nudged()
        failed = house.rendering("a0")
    finally:
        house.git.failing = 0
    assert all(wait is not None for wait in waits)
    assert waits[0] < waits[3]  # type: ignore[operator]  # just proved not to be None
    assert told == {}, "the same words are told once"
    assert failed.failure is not None
    assert failed.digest
    house.fetch()
    assert house.rendering("a0").failure is None
    assert set(house.nudged()) == {"a0", "a1", "a2"}


def test_a_wrong_credential_of_one_project_leaves_the_others_alone(house: House) -> None:
    wrong = RepoCredential(url=house.url, project="team", error="Configuration error")
    house.ports.vault.put(CredentialSet(repositories=(wrong,)))
    house.put(house.app("a0", project="team"))
    house.fetch()
    failure = house.rendering("a0").failure
    assert failure is not None
    assert "Configuration error" in failure.cause
    assert house.rendering("a1").failure is None


def test_without_credentials_in_the_store_the_turn_is_repeated_soon(house: House, server: Server) -> None:
    server.call("DEL", "argosy:vault")
    with pytest.raises(RetryableError, match="credentials") as raised:
        house.fetch()
    assert raised.value.retry_after == timedelta(seconds=1)


def test_after_a_flush_everything_is_rendered_again(house: House, server: Server) -> None:
    house.fetch()
    server.call("FLUSHALL")
    house.ports.vault.put(CredentialSet())
    for app in house.apps:
        house.put(app)
    house.fetch()
    assert set(house.nudged()) == {"a0", "a1", "a2"}
    assert house.values("a1") == [{"v": "0"}]


def test_a_lost_render_is_made_again(house: House) -> None:
    house.fetch()
    house.store.lose("uid-a0", repo_key(house.url))
    house.fetch()
    assert house.nudged() == {"a0": Rank.WEBHOOK}


def test_a_turn_that_lost_its_lease_writes_nothing(house: House) -> None:
    with pytest.raises(LeaseLostError):
        fetch(Fetch(repo_key(house.url)), house.ports, Lost(), NOW)
    assert house.store.rendering("uid-a0") is None
    assert house.nudged() == {}


def test_a_deleted_branch_is_an_error_and_a_forced_push_is_followed(house: House) -> None:
    house.repo.commit({"apps/a0/cm.yaml": CONFIG.format("c0", 1)}, branch="side")
    house.put(house.app("a0", target_revision="side"))
    house.fetch()
    moved = house.repo.commit({"apps/a0/cm.yaml": CONFIG.format("c0", 2)}, branch="other")
    house.repo.move(moved, branch="side")
    house.fetch()
    assert house.values("a0") == [{"v": "2"}]
    pygit2.Repository(str(house.repo.path)).references.delete("refs/heads/side")
    house.fetch()
    failure = house.rendering("a0").failure
    assert failure is not None
    assert "'side' not found" in failure.cause


def test_an_app_at_a_short_id_or_full_id_or_version_range_is_found(house: House) -> None:
    head = house.repo.head()
    house.repo.tag("v1.4.0", head)
    house.repo.commit({"apps/a0/cm.yaml": CONFIG.format("c0", 3)})
    for name, revision in (("a0", head), ("a1", head[:9]), ("a2", "^1.0")):
        house.put(house.app(name, target_revision=revision))
    house.fetch()
    assert [house.rendering(f"a{i}").revision for i in range(3)] == [head] * 3


def test_a_change_outside_the_folder_counts_when_a_link_leads_there(house: House) -> None:
    house.repo.commit({"shared/s.yaml": CONFIG.format("shared", 0)})
    link(house.repo, "apps/a0/s.yaml", "../../shared/s.yaml")
    house.fetch()
    assert house.rendering("a0").outside == ("shared/s.yaml",)
    house.repo.commit({"shared/s.yaml": CONFIG.format("shared", 1)})
    house.fetch()
    assert house.nudged() == {"a0": Rank.WEBHOOK}
    assert {"v": "1"} in house.values("a0")
    house.fetch()
    assert house.nudged() == {}


def test_another_directory_block_renders_the_same_folder_anew(house: House) -> None:
    house.repo.commit({"apps/a0/sub/x.yaml": CONFIG.format("sub", 0)})
    house.fetch()
    house.put(house.app("a0", directory=Directory(recurse=True)))
    house.fetch()
    assert house.values("a0") == [{"v": "0"}, {"v": "0"}]


def test_a_fetch_that_killed_its_worker_is_told_to_every_app(house: House) -> None:
    set_aside(Fetch(repo_key(house.url)), house.ports, Held(), NOW)
    failure = house.rendering("a1").failure
    assert failure is not None
    assert "stopped the worker twice" in failure.cause
    assert len(house.nudged()) == 3


def test_a_repository_nobody_reads_costs_nothing(house: House) -> None:
    assert fetch(Fetch(repo_key("https://h/nobody")), house.ports, Held(), NOW) is None
    assert house.requests == []


def test_an_app_that_is_gone_is_not_rendered(house: House) -> None:
    house.index.drop(AppRef("argocd", "a0"))
    house.fetch()
    assert set(house.nudged()) == {"a1", "a2"}


def test_a_finished_look_is_remembered_for_the_poll_and_a_refused_one_is_not(house: House, server: Server) -> None:
    house.fetch()
    assert house.ports.facts.marks()[f"fetch:{repo_key(house.url)}"] == NOW
    server.call("FLUSHALL")
    for app in house.apps:
        house.put(app)
    with pytest.raises(RetryableError):
        house.fetch()
    assert house.ports.facts.marks() == {}
