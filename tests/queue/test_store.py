"""What the stores keep, and that nobody without the key can make them say anything (S-064)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gitops.adapters.redis.facts import RedisFacts
from gitops.adapters.redis.fingerprints import RedisFingerprints
from gitops.adapters.redis.index import RedisIndex
from gitops.adapters.redis.lanes import RedisLanes
from gitops.adapters.redis.seal import Seal
from gitops.adapters.redis.store import RedisDesireds
from gitops.adapters.redis.vault import RedisVault
from gitops.errors import InvalidError
from gitops.jobs import Advance, Queue, Rank
from gitops.model.crds.application import Application
from gitops.model.credentials import CredentialSet, RepoCredential
from gitops.model.desired import Desired, Failure, Rendering
from gitops.model.fingerprint import Fingerprint, Verdict
from gitops.model.health import Health
from gitops.model.objects import IN_CLUSTER, AppRef, Manifest, ObjectKey
from gitops.model.revision import CommitId, RepoKey, TreeKey

KEY, OTHER_KEY = b"c" * 32, b"x" * 32
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
REPO, OTHER_REPO = RepoKey("git.example/one"), RepoKey("git.example/two")


def config_map(name: str, value: object) -> Manifest:
    return Manifest({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"k": value}})


def rendering(digest: str = "d", **changed: object) -> Rendering:
    return replace(Rendering(CommitId("c" * 40), TreeKey("t"), digest, "s", NOW, ("../base",)), **changed)


def fingerprint(uid: str = "u") -> Fingerprint:
    return Fingerprint(uid, "e", 3, "77", "d", Verdict.CLEAN, Health.HEALTHY, version="v1")


def key(name: str) -> ObjectKey:
    return ObjectKey("apps", "Deployment", "default", name)


def application(name: str, url: str = "https://git.example/one.git", image: str = "v1") -> Application:
    return Application.parse(
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {
                "name": name,
                "namespace": "argocd",
                "uid": f"uid-{name}",
                "managedFields": [{"manager": "kubectl"}],
                "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "keep": "yes"},
            },
            "spec": {
                "project": "default",
                "source": {"repoURL": url, "path": "app", "kustomize": {"images": [image]}},
                "destination": {"server": IN_CLUSTER, "namespace": "default"},
            },
            "status": {"sync": {"status": "Synced", "revision": "r1"}, "resources": [{"kind": "Pod", "name": "p"}]},
        }
    )


@pytest.fixture
def desireds(server) -> RedisDesireds:
    return RedisDesireds(server, KEY)


@pytest.fixture
def index(server) -> RedisIndex:
    return RedisIndex(server, KEY)


VALUES = ["plain", 12345678901234567890123, "\ud800 lone", "x" * 5000, 1.5, None, {"a": [1, {"b": "ü"}]}]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_render_is_read_as_it_was_put(server, desireds, value):
    desired = Desired((config_map("a", value), config_map("b", "2")), repeated=("v1/ConfigMap:/a",))
    digest = desireds.put_desired(desired)
    assert RedisDesireds(server, KEY).desired(digest) == desired


def test_an_unknown_render_is_absent(desireds):
    assert desireds.desired("0" * 32) is None


def test_a_render_under_another_digest_is_absent_and_can_be_put_again(server, desireds):
    first, second = Desired((config_map("a", "1"),)), Desired((config_map("a", "2"),))
    desireds.put_desired(first)
    desireds.put_desired(second)
    server.call("COPY", f"argosy:d:{first.digest}", f"argosy:d:{second.digest}", "REPLACE")
    reader = RedisDesireds(server, KEY)
    assert reader.desired(second.digest) is None
    desireds.put_desired(second)
    assert reader.desired(second.digest) == second


@pytest.mark.parametrize("forged", [b"", b"x", b"x" * 100])
def test_a_forged_render_is_absent(server, desireds, forged):
    digest = desireds.put_desired(Desired((config_map("a", "1"),)))
    server.call("SET", f"argosy:d:{digest}", forged)
    assert desireds.desired(digest) is None


def test_a_render_with_one_changed_byte_is_absent(server, desireds):
    digest = desireds.put_desired(Desired((config_map("a", "1"),)))
    sealed = bytearray(server.call("GET", f"argosy:d:{digest}"))
    sealed[-1] ^= 1
    server.call("SET", f"argosy:d:{digest}", bytes(sealed))
    assert desireds.desired(digest) is None


def test_no_secret_is_readable_in_redis(server, desireds):
    desireds.put_desired(Desired((config_map("a", "canary-value"),)))
    assert all(b"canary" not in bytes(server.call("GET", name)) for name in server.call("KEYS", "argosy:d:*"))


def test_entries_made_with_another_key_are_absent(server, desireds):
    desireds.put_rendering("uid", REPO, rendering())
    assert RedisDesireds(server, OTHER_KEY).rendering("uid") is None
    assert RedisDesireds(server, OTHER_KEY).tree_keys(REPO) == {}


def test_a_rendering_is_read_as_it_was_put(desireds):
    failure = Failure("render", "boom", 2, NOW, NOW + timedelta(minutes=1))
    desireds.put_rendering("uid", REPO, rendering(failure=failure, fetched_for="op"))
    assert desireds.rendering("uid") == rendering(failure=failure, fetched_for="op")


def test_a_rendering_of_another_app_is_absent(server, desireds):
    desireds.put_rendering("one", REPO, rendering())
    server.call("COPY", "argosy:r:one", "argosy:r:two")
    assert desireds.rendering("two") is None


def test_tree_keys_are_of_the_last_good_rendering(desireds):
    desireds.put_rendering("a", REPO, rendering())
    desireds.put_rendering("b", REPO, rendering(tree_key=TreeKey("t2")))
    desireds.put_rendering("b", REPO, rendering(tree_key=TreeKey("t3"), failure=Failure("render", "x", 1, NOW, None)))
    desireds.put_rendering("c", OTHER_REPO, rendering())
    assert desireds.tree_keys(REPO) == {"a": ("t", "c" * 40), "b": ("t2", "c" * 40)}


def test_tree_keys_moved_to_another_app_or_repository_are_absent(server, desireds):
    desireds.put_rendering("a", REPO, rendering())
    assert desireds.tree_keys(REPO)
    [name] = server.call("KEYS", "argosy:t:*")
    sealed = server.call("HGET", name, "a")
    server.call("HSET", name, "b", sealed)
    assert set(desireds.tree_keys(REPO)) == {"a"}


def test_a_lost_rendering_is_rendered_again(desireds):
    desireds.put_rendering("a", REPO, rendering())
    desireds.lose("a", REPO)
    assert (desireds.rendering("a"), desireds.tree_keys(REPO)) == (None, {})


def test_entries_have_an_end(server, desireds):
    desireds.put_desired(Desired(()))
    desireds.put_rendering("uid", REPO, rendering())
    desireds.put_verified(REPO, "refs/heads/main", CommitId("c" * 40))
    assert all(0 < int(server.call("TTL", name)) <= 7 * 24 * 3600 for name in server.call("KEYS", "*"))


def test_fingerprints_are_read_as_they_were_put(server):
    prints = RedisFingerprints(server, KEY)
    prints.put("app", {key("a"): fingerprint("1"), key("b"): fingerprint("2")})
    prints.put("app", {key("c"): replace(fingerprint("3"), health=None)}, gone=[key("a")])
    assert prints.fingerprints("app") == {
        key("b"): fingerprint("2"), key("c"): replace(fingerprint("3"), health=None),
    }  # fmt: skip


def test_a_fingerprint_of_another_object_or_app_is_absent(server):
    prints = RedisFingerprints(server, KEY)
    prints.put("app", {key("a"): fingerprint()})
    server.call("HSET", "argosy:f:app", str(key("b")), server.call("HGET", "argosy:f:app", str(key("a"))))
    server.call("COPY", "argosy:f:app", "argosy:f:other")
    assert set(prints.fingerprints("app")) == {key("a")}
    assert prints.fingerprints("other") == {}


def test_a_suspect_that_changed_since_it_was_read_stays(server):
    prints = RedisFingerprints(server, KEY)
    prints.suspect("app", {key("a"): "1", key("b"): "1"})
    seen = prints.suspects("app")
    prints.suspect("app", {key("b"): "2"})
    prints.cleared("app", seen)
    assert prints.suspects("app") == {key("b"): "2"}


def test_nothing_of_a_deleted_app_stays(server, desireds):
    prints = RedisFingerprints(server, KEY)
    prints.put("app", {key("a"): fingerprint()})
    prints.suspect("app", {key("a"): "1"})
    desireds.put_rendering("app", REPO, rendering())
    desireds.put_rendering("app", OTHER_REPO, rendering())
    prints.forget("app")
    assert server.call("KEYS", "*") == []


def test_an_app_is_found_by_its_repository_without_its_bulk(server, index):
    index.put(application("a"), [REPO])
    [found] = RedisIndex(server, KEY).of_repo(REPO)
    assert found.ref == AppRef("argocd", "a")
    assert found.spec == application("a").spec
    assert found.status.sync.revision == "r1"
    assert "resources" not in found.dump()["status"]
    assert "managedFields" not in found.dump()["metadata"]
    assert found.metadata.annotations == {"keep": "yes"}


def test_an_app_that_moves_leaves_its_old_repository(index):
    index.put(application("a"), [REPO])
    index.put(application("a", "https://git.example/two"), [OTHER_REPO])
    assert index.of_repo(REPO) == ()
    assert index.repos() == {OTHER_REPO: ("https://git.example/two",)}


def test_readers_see_changes_and_deletions(server, index):
    reader = RedisIndex(server, KEY)
    index.put(application("a"), [REPO])
    index.put(application("b"), [REPO])
    assert [app.ref.name for app in reader.of_repo(REPO)] == ["a", "b"]
    assert reader.of_repo(REPO) is reader.of_repo(REPO)
    index.put(application("a", image="v2"), [REPO])
    assert reader.of_repo(REPO)[0].spec == application("a", image="v2").spec
    index.drop(AppRef("argocd", "a"))
    assert [app.ref.name for app in reader.of_repo(REPO)] == ["b"]


def test_an_app_put_again_as_it_is_wakes_no_reader(server, index):
    index.put(application("a"), [REPO])
    before = server.call("GET", "argosy:i:version")
    index.put(application("a"), [REPO])
    assert server.call("GET", "argosy:i:version") == before


def test_after_a_flush_the_index_is_empty_and_fills_again(server, index):
    index.put(application("a"), [REPO])
    assert index.of_repo(REPO)
    server.call("FLUSHALL")
    assert index.of_repo(REPO) == ()
    assert index.repos() == {}
    index.put(application("a", image="v2"), [REPO])
    assert index.of_repo(REPO)[0].spec == application("a", image="v2").spec


def test_a_stranger_can_neither_move_nor_make_an_entry(server, index):
    index.put(application("a"), [REPO])
    index.put(application("b", "https://git.example/two"), [OTHER_REPO])
    [list_of_one] = [
        n for n in server.call("KEYS", "argosy:i:r:*") if server.call("ZSCORE", n, "argocd/a") is not None
    ]  # fmt: skip
    server.call("ZADD", list_of_one, 9, "argocd/b")  # another repository's app filed here
    server.call("HSET", "argosy:i:app", "argocd/c", server.call("HGET", "argosy:i:app", "argocd/a"))
    server.call("ZADD", list_of_one, 9, "argocd/c")  # an entry under another name
    assert [app.ref.name for app in RedisIndex(server, KEY).of_repo(REPO)] == ["a"]


def test_credentials_are_for_the_vaults_key_only(server):
    credentials = CredentialSet((RepoCredential("https://git.example/one", password="canary"),), known_hosts="h")
    RedisVault(server, KEY).put(credentials)
    assert RedisVault(server, KEY).credentials() == credentials
    assert RedisVault(server, OTHER_KEY).credentials() is None
    assert b"canary" not in server.call("GET", "argosy:vault")


def test_an_empty_vault_says_so(server):
    assert RedisVault(server, KEY).credentials() is None


def test_a_version_never_comes_again(server):
    facts = RedisFacts(server)
    assert facts.version() == ""
    facts.bump()
    before = facts.version()
    server.call("FLUSHALL")
    facts.bump()
    assert facts.version() not in ("", before)


def test_marks_are_kept(server):
    facts = RedisFacts(server)
    facts.mark("scan:https://one:6443", NOW)
    assert facts.marks() == {"scan:https://one:6443": NOW}


def test_an_app_is_busy_from_claim_to_end_of_its_advance(server):
    facts, lanes, app = RedisFacts(server), RedisLanes(server, Queue.APPLY), AppRef("argocd", "a")
    lanes.tick("w", 2)
    [handout] = lanes.nudge(Advance(app, IN_CLUSTER), Rank.HUMAN)
    assert not facts.busy(app)
    lanes.claim(handout.turns[0])
    assert facts.busy(app)
    lanes.done(handout.turns[0])
    assert not facts.busy(app)


def test_a_role_without_a_key_is_told_so_at_its_start():
    with pytest.raises(InvalidError, match="key of the store"):
        Seal(b"")
