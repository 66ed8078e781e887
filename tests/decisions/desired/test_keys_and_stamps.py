"""Tree keys, what an app asks for, tracking marks, and when a failure is tried again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gitops.desired.ask import ask_of, source_digest
from gitops.desired.failing import failure_of, is_news
from gitops.desired.inputs import Limits, outside_of, parameters_digest, root_of, tree_key
from gitops.desired.stamp import Identity, repeated_in, stamp
from gitops.errors import InvalidError, RetryableError
from gitops.model.config import Settings, Tracking
from gitops.model.crds.application import (
    Application,
    ApplicationSpec,
    ApplicationStatus,
    Directory,
    ObjectMeta,
    Operation,
    OperationState,
    Source,
    SyncOperation,
    SyncResult,
)
from gitops.model.desired import Desired
from gitops.model.objects import Manifest
from gitops.model.revision import TreeKey

SOURCE = Source(repo_url="https://h/r", path="apps/a", target_revision="main")
APP = Application(metadata=ObjectMeta(name="web", namespace="argocd", uid="u1"), spec=ApplicationSpec(source=SOURCE))
NOW = datetime(2026, 5, 1, tzinfo=UTC)
PINNED = "c" * 40


def running(app: Application, **operation: object) -> Application:
    state = OperationState(
        operation=Operation(sync=SyncOperation(**operation)),  # type: ignore[arg-type]  # a test's table
        phase="Running",
        sync_result=SyncResult(revision=PINNED),
    )
    return replace(app, status=ApplicationStatus(operation_state=state))


def key_of(source: Source, folder: str, outside: dict[str, str], limits: Limits | None = None) -> TreeKey:
    return tree_key(parameters_digest(source, limits or Limits()), folder, outside)


def test_a_key_holds_for_every_app_that_renders_the_same() -> None:
    other = replace(SOURCE, repo_url="https://h/other", path="apps/b", target_revision="v1", name="x")
    assert key_of(SOURCE, "id", {}) == key_of(other, "id", {})


@pytest.mark.parametrize(
    ("source", "folder", "outside", "limits"),
    [
        (SOURCE, "id2", {}, Limits()), (replace(SOURCE, directory=Directory(recurse=True)), "id", {}, Limits()),
        (SOURCE, "id", {"base/x.yaml": "1"}, Limits()), (SOURCE, "id", {}, Limits(total_bytes=1)),
    ],
)  # fmt: skip
def test_a_key_changes_with_everything_a_render_reads(
    source: Source, folder: str, outside: dict[str, str], limits: Limits
) -> None:
    assert key_of(source, folder, outside, limits) != key_of(SOURCE, "id", {})


def test_a_key_tells_which_outside_paths_to_ask_for_next_time() -> None:
    paths = {"base/odd |name.yaml": "1", "ä/x": ""}
    assert set(outside_of(key_of(SOURCE, "id", paths))) == set(paths)
    assert outside_of(key_of(SOURCE, "id", {})) == ()


@pytest.mark.parametrize(("path", "root"), [("", "."), (".", "."), ("./a//b/", "a/b"), ("a", "a")])
def test_a_folder_has_one_name_however_it_is_written(path: str, root: str) -> None:
    assert root_of(replace(SOURCE, path=path)) == root


def test_an_app_asks_for_what_its_spec_says() -> None:
    ask = ask_of(APP)
    assert (ask.revision, ask.fetched_for, ask.fresh, ask.look) == ("main", "", False, False)


def test_a_waiting_operation_asks_for_a_fresh_render_at_its_revision() -> None:
    operation = Operation(sync=SyncOperation(revision="v7"))
    ask = ask_of(replace(APP, operation=operation))
    assert (ask.revision, ask.fetched_for, ask.fresh, ask.look) == ("v7", operation.digest, True, True)


def test_a_running_operation_keeps_its_pinned_revision() -> None:
    asked_again = replace(running(APP), operation=Operation(sync=SyncOperation(revision="v7")))
    assert ask_of(running(APP)).revision == PINNED
    assert ask_of(asked_again).revision == PINNED


def test_a_rollback_renders_the_source_it_names_and_its_digest_says_so() -> None:
    old = replace(SOURCE, path="apps/old")
    waiting = replace(APP, operation=Operation(sync=SyncOperation(source=old)))
    assert ask_of(waiting).source == old
    assert ask_of(running(APP, source=old)).source == old
    assert source_digest(waiting) == source_digest(running(APP, source=old)) != source_digest(APP)


def test_only_a_hard_refresh_asks_for_new_bytes() -> None:
    def refreshed(how: str) -> Application:
        return replace(APP, metadata=replace(APP.metadata, annotations={"argocd.argoproj.io/refresh": how}))

    assert [(a.fresh, a.look) for a in map(ask_of, (refreshed("hard"), refreshed("normal")))] == [
        (True, True),
        (False, True),
    ]


def test_several_or_no_sources_are_told_apart() -> None:
    with pytest.raises(InvalidError, match="several sources"):
        ask_of(replace(APP, spec=ApplicationSpec(sources=(SOURCE, SOURCE))))
    with pytest.raises(InvalidError, match="no source"):
        ask_of(replace(APP, spec=ApplicationSpec()))


def obj(kind: str, name: str, group: str = "", namespace: str = "", **metadata: str) -> Manifest:
    place = {"namespace": namespace} if namespace else {}
    version = f"{group}/v1" if group else "v1"
    return Manifest({"apiVersion": version, "kind": kind, "metadata": {"name": name, **place, **metadata}})


def scope(group: str, kind: str) -> bool | None:
    return {"Namespace": False, "ClusterRole": False, "ConfigMap": True, "Deployment": True}.get(kind)


HERE = Identity("web", "argocd", "argocd")


def stamped(*objects: Manifest, who: Identity = HERE, settings: Settings | None = None) -> tuple[Manifest, ...]:
    return stamp(Desired(objects), who, "prod", scope, settings or Settings())


def test_a_namespaced_object_without_namespace_gets_the_destinations() -> None:
    found = stamped(obj("ConfigMap", "a"), obj("ConfigMap", "b", namespace="own"), obj("Unknown", "c", group="x.io"))
    assert [m.namespace for m in found] == ["prod", "own", "prod"]


def test_a_cluster_scoped_object_loses_its_namespace() -> None:
    (found,) = stamped(obj("ClusterRole", "a", "rbac.authorization.k8s.io", namespace="odd"))
    assert "namespace" not in found.metadata


@pytest.mark.parametrize(
    ("manifest", "who", "mark"),
    [
        (obj("Deployment", "a", "apps"), HERE, "web:apps/Deployment:prod/a"),
        (obj("ConfigMap", "a", namespace="own"), HERE, "web:/ConfigMap:own/a"),
        (obj("Namespace", "a"), HERE, "web:/Namespace:prod/a"),
        (obj("ConfigMap", "a"), Identity("web", "team", "argocd"), "team_web:/ConfigMap:prod/a"),
    ],
)
def test_the_tracking_annotation_names_app_kind_and_place(manifest: Manifest, who: Identity, mark: str) -> None:
    (found,) = stamped(manifest, who=who)
    assert found.annotations["argocd.argoproj.io/tracking-id"] == mark


def test_a_custom_resource_definition_is_not_marked() -> None:
    (found,) = stamped(obj("CustomResourceDefinition", "a", "apiextensions.k8s.io"))
    assert not found.annotations


def test_marks_follow_the_tracking_method() -> None:
    long = Identity("x" * 62 + "-yz", "argocd", "argocd")
    (both,) = stamped(obj("ConfigMap", "a"), who=long, settings=Settings(tracking=Tracking.BOTH))
    (label,) = stamped(obj("ConfigMap", "a"), settings=Settings(tracking=Tracking.LABEL, instance_label_key="my/app"))
    assert both.labels["app.kubernetes.io/instance"] == "x" * 62
    assert "argocd.argoproj.io/tracking-id" in both.annotations
    assert (label.labels, label.annotations) == ({"my/app": "web"}, {})


def test_an_installation_id_is_written_beside_the_mark() -> None:
    (found,) = stamped(obj("ConfigMap", "a"), settings=Settings(installation_id="blue"))
    assert found.annotations["argocd.argoproj.io/installation-id"] == "blue"


def test_stamping_changes_no_object_in_place() -> None:
    before = obj("ConfigMap", "a", annotations={"own": "1"})  # type: ignore[arg-type]  # nested
    digest = Manifest(before.body).digest
    (after,) = stamped(before)
    assert after.annotations["own"] == "1"
    assert Manifest(before.body).digest == digest


def test_objects_that_become_the_same_by_the_default_namespace_are_one() -> None:
    twice = (obj("ConfigMap", "a", v="first"), obj("ConfigMap", "a", namespace="prod", v="second"))
    (found,) = stamped(*twice)
    assert found.metadata["v"] == "second"
    assert repeated_in(Desired(twice), "prod", scope) == ("/ConfigMap:prod/a",)


def test_only_what_may_pass_by_itself_is_tried_again_ever_more_slowly() -> None:
    assert failure_of(InvalidError("bad"), None, NOW, "u").next_try is None
    failure, waits = None, []
    for _ in range(12):
        failure = failure_of(RetryableError("down"), failure, NOW, "u")
        assert failure.next_try is not None
        waits.append(failure.next_try - NOW)
    assert timedelta(seconds=1) < waits[0] < timedelta(seconds=3)
    assert waits == sorted(waits[:6]) + waits[6:]
    assert max(waits) < timedelta(minutes=6, seconds=15)
    assert failure is not None
    assert (failure.tries, failure.since) == (12, NOW)


def test_the_same_words_with_other_numbers_are_no_news() -> None:
    first = failure_of(RetryableError("down for 3 s at 0123abcd"), None, NOW, "u")
    assert is_news(None, first)
    assert not is_news(first, failure_of(RetryableError("down for 99 s at 4567cdef"), first, NOW, "u"))
    assert is_news(first, failure_of(RetryableError("refused"), first, NOW, "u"))
