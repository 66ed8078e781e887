"""What every store promises, whoever keeps it (gitops/ports/store.py, metrics.py, editing.py)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gitops.model.crds.application import Application, ApplicationSpec, Destination, ObjectMeta, Source
from gitops.model.credentials import CredentialSet, RepoCredential
from gitops.model.desired import Desired, Failure, Rendering
from gitops.model.fingerprint import GONE, Fingerprint, Verdict
from gitops.model.health import Health
from gitops.model.objects import AppRef, Manifest, ObjectKey
from gitops.model.revision import CommitId, RepoKey, TreeKey
from tests.contracts.conftest import Stores

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ONE, TWO = RepoKey("git.example/one"), RepoKey("git.example/two")
COMMIT = CommitId("c" * 40)
RENDERING = Rendering(COMMIT, TreeKey("t"), "d", "s", NOW, ("../base",))
FAILED = replace(RENDERING, tree_key=TreeKey(""), failure=Failure("source", "away", 2, NOW, NOW + timedelta(seconds=9)))
PRINT = Fingerprint("u", "e", 3, "77", "d", Verdict.CLEAN, Health.HEALTHY, version="v1", contested=True)
A, B = ObjectKey("apps", "Deployment", "default", "a"), ObjectKey("", "Namespace", "", "b")
OBJECT = Manifest({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"k": "1"}})


def app(name: str, *urls: str) -> Application:
    sources = tuple(Source(repo_url=url, path="p") for url in urls or ("https://git.example/one.git",))
    spec = ApplicationSpec(sources=sources, destination=Destination(server="https://c"), project="default")
    return Application(metadata=ObjectMeta(name=name, namespace="argocd", uid=f"uid-{name}"), spec=spec)


def test_a_render_is_found_by_its_digest_and_by_no_other(stores: Stores) -> None:
    desired = Desired((OBJECT,), ("x",))
    digest = stores.desireds.put_desired(desired)
    assert digest == desired.digest
    assert stores.desireds.desired(digest) == desired
    assert stores.desireds.put_desired(desired) == digest
    assert stores.desireds.desired("0" * 32) is None


def test_the_last_rendering_of_an_app_counts(stores: Stores) -> None:
    assert stores.desireds.rendering("u") is None
    stores.desireds.put_rendering("u", ONE, RENDERING)
    stores.desireds.put_rendering("u", ONE, replace(RENDERING, digest="e"))
    assert stores.desireds.rendering("u") == replace(RENDERING, digest="e")


def test_a_failure_is_kept_beside_the_tree_key_of_the_last_good_rendering(stores: Stores) -> None:
    stores.desireds.put_rendering("u", ONE, RENDERING)
    stores.desireds.put_rendering("u", ONE, FAILED)
    assert stores.desireds.rendering("u") == FAILED
    assert stores.desireds.tree_keys(ONE) == {"u": (TreeKey("t"), COMMIT)}


def test_tree_keys_are_those_of_one_repository(stores: Stores) -> None:
    stores.desireds.put_rendering("u", ONE, RENDERING)
    stores.desireds.put_rendering("v", TWO, RENDERING)
    assert set(stores.desireds.tree_keys(ONE)) == {"u"}


def test_a_lost_rendering_is_lost_with_its_key(stores: Stores) -> None:
    stores.desireds.put_rendering("u", ONE, RENDERING)
    stores.desireds.lose("u", ONE)
    stores.desireds.lose("never", ONE)
    assert (stores.desireds.rendering("u"), stores.desireds.tree_keys(ONE)) == (None, {})


def test_fingerprints_come_back_as_they_were_put(stores: Stores) -> None:
    stores.fingerprints.put("u", {A: PRINT, B: PRINT})
    stores.fingerprints.put("u", {A: replace(PRINT, verdict=Verdict.DRIFTED)}, [B])
    assert stores.fingerprints.fingerprints("u") == {A: replace(PRINT, verdict=Verdict.DRIFTED)}
    assert stores.fingerprints.fingerprints("v") == {}


def test_a_suspect_is_cleared_only_as_it_was_seen(stores: Stores) -> None:
    stores.fingerprints.suspect("u", {A: "1", B: GONE})
    seen = stores.fingerprints.suspects("u")
    stores.fingerprints.suspect("u", {A: "2"})
    stores.fingerprints.cleared("u", seen)
    assert stores.fingerprints.suspects("u") == {A: "2"}


def test_nothing_of_a_forgotten_app_stays(stores: Stores) -> None:
    stores.fingerprints.put("u", {A: PRINT})
    stores.fingerprints.suspect("u", {A: "1"})
    stores.desireds.put_rendering("u", ONE, RENDERING)
    stores.fingerprints.forget("u")
    assert (stores.fingerprints.fingerprints("u"), stores.fingerprints.suspects("u")) == ({}, {})
    assert (stores.desireds.rendering("u"), stores.desireds.tree_keys(ONE)) == (None, {})


def test_apps_are_found_by_each_repository_they_read(stores: Stores) -> None:
    both = app("both", "https://git.example/one.git", "https://git.example/two.git")
    stores.index.put(app("one"), [ONE])
    stores.index.put(both, [ONE, TWO])
    assert [a.ref.name for a in sorted(stores.index.of_repo(ONE), key=lambda a: a.ref)] == ["both", "one"]
    assert [a.spec.sources for a in stores.index.of_repo(TWO)] == [both.spec.sources]


def test_an_app_that_reads_another_repository_leaves_the_first(stores: Stores) -> None:
    stores.index.put(app("a"), [ONE])
    stores.index.put(app("a", "https://git.example/two.git"), [TWO])
    assert list(stores.index.of_repo(ONE)) == []
    assert stores.index.repos() == {TWO: ("https://git.example/two.git",)}


def test_a_dropped_app_is_in_no_answer(stores: Stores) -> None:
    stores.index.put(app("a"), [ONE])
    stores.index.drop(AppRef("argocd", "a"))
    stores.index.drop(AppRef("argocd", "never"))
    assert (list(stores.index.of_repo(ONE)), stores.index.repos()) == ([], {})


def test_credentials_are_none_until_they_are_put_and_replaced_whole(stores: Stores) -> None:
    assert stores.vault.credentials() is None
    stores.vault.put(CredentialSet(repositories=(RepoCredential(url="https://x", password="p"),)))
    stores.vault.put(CredentialSet())
    assert stores.vault.credentials() == CredentialSet()


def test_each_change_of_the_settings_is_a_new_version(stores: Stores) -> None:
    versions = [stores.facts.version()]
    for _ in range(3):
        stores.facts.bump()
        versions.append(stores.facts.version())
    assert versions[0] == ""
    assert len(set(versions)) == 4


def test_marks_remember_the_last_time_of_each_thing(stores: Stores) -> None:
    stores.facts.mark("scan:c", NOW)
    stores.facts.mark("scan:c", NOW + timedelta(seconds=1))
    stores.facts.mark("sweep", NOW)
    assert stores.facts.marks() == {"scan:c": NOW + timedelta(seconds=1), "sweep": NOW}
    assert not stores.facts.busy(AppRef("argocd", "a"))


def test_a_look_for_a_refresh_counts_until_it_is_dropped(stores: Stores) -> None:
    stores.facts.put_look("u1")
    assert (stores.facts.has_look("u1"), stores.facts.has_look("u2")) == (True, False)
    stores.facts.drop_look("u1")
    stores.facts.drop_look("u1")
    assert not stores.facts.has_look("u1")


def test_counters_add_up_per_set_of_labels(stores: Stores) -> None:
    stores.counters.add("syncs", {"phase": "Failed", "name": "a"})
    stores.counters.add("syncs", {"name": "a", "phase": "Failed"}, 2)
    stores.counters.add("syncs", {"name": "b", "phase": "Failed"})
    found = {sample.labels["name"]: sample.value for sample in stores.counters.read()["syncs"]}
    assert found == {"a": 3.0, "b": 1.0}


def test_a_revoked_token_is_revoked_and_no_other(stores: Stores) -> None:
    stores.revocations.revoke("t1", datetime(2100, 1, 1, tzinfo=UTC))
    assert stores.revocations.revoked("t1")
    assert not stores.revocations.revoked("t2")
