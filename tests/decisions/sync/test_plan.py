"""What an operation will do, in which order, and what it will never delete."""

from __future__ import annotations

import pytest

from gitops.model.crds.application import SyncResource
from gitops.model.objects import JsonMap, Manifest, ObjectKey
from gitops.model.observed import LiveObject
from gitops.sync.cascade import cascade_of, deletable
from gitops.sync.order import wave_of
from gitops.sync.plan import Act, plan
from gitops.sync.prune import NO_PRUNE, NOT_ASKED, Proof, Removal, removals, unproved
from tests.decisions.sync.samples import REVISION, manifest

GOOD = Proof(revision=REVISION, complete=True, discovery_whole=True)


def live(name: str, *, deleting: bool = False, **annotations: str) -> LiveObject:
    found = manifest("ConfigMap", name, **annotations)
    metadata: JsonMap = {**found.metadata, "uid": f"uid-{name}"}
    if deleting:
        metadata["deletionTimestamp"] = "2026-11-23T12:00:00Z"
    return LiveObject(Manifest({**found.body, "metadata": metadata}))


def remove(
    one: LiveObject,
    *,
    proof: Proof = GOOD,
    prune: bool = True,
    options: tuple[str, ...] = (),
    ours: bool = True,
    permitted: bool = True,
) -> tuple[Removal, ...]:
    return removals(
        [one], proof=proof, prune=prune, app_options=frozenset(options),
        ours=lambda _: ours, permitted=lambda _: permitted,
    )  # fmt: skip


def names(objects: list[Manifest], selected: tuple[SyncResource, ...] = ()) -> list[str]:
    work = plan(objects, (), selected=selected, clean=frozenset(), refuses=lambda _: "")
    return [f"{t.key.kind}/{t.key.name}" for t in work.tasks]


def test_objects_are_applied_by_wave_then_kind_then_name() -> None:
    objects = [
        manifest("Deployment", "web", group_version="apps/v1"),
        manifest("Widget", "w", group_version="example.org/v1"),
        manifest("Service", "b"),
        manifest("Service", "a"),
        manifest("Namespace", "web"),
        manifest("ConfigMap", "early", sync_wave="-1"),
        manifest("ConfigMap", "odd", sync_wave="soon"),
    ]
    assert names(objects) == [
        "ConfigMap/early", "Namespace/web", "ConfigMap/odd", "Service/a", "Service/b", "Deployment/web", "Widget/w",
    ]  # fmt: skip


def test_a_wave_that_is_no_number_counts_as_zero() -> None:
    assert wave_of(manifest("ConfigMap", "c", sync_wave="x")) == 0


def test_a_selection_without_namespace_matches_every_namespace() -> None:
    picked = (SyncResource(kind="Service", name="a"),)
    assert names([manifest("Service", "a"), manifest("Service", "b")], picked) == ["Service/a"]


def test_a_hook_makes_the_plan_invalid_instead_of_running_out_of_order() -> None:
    work = plan([manifest("Job", "migrate", hook="PreSync")], (), selected=(), clean=frozenset(), refuses=lambda _: "")
    assert not work.tasks
    assert "PreSync is not supported yet" in work.invalid[0]


def test_a_clean_object_is_reported_and_not_written() -> None:
    one = manifest("Service", "a")
    work = plan([one], (), selected=(), clean=frozenset({one.key}), refuses=lambda _: "")
    assert [t.act for t in work.tasks] == [Act.UNCHANGED]


def test_equal_plans_have_equal_hashes_and_other_plans_have_others() -> None:
    def hashed(*removed: Removal) -> str:
        return plan([manifest("Service", "a")], removed, selected=(), clean=frozenset(), refuses=lambda _: "").hash

    gone = Removal(ObjectKey("", "ConfigMap", "web", "c"), "uid", "v1", "because")
    assert hashed(gone) == hashed(gone)
    assert hashed() != hashed(gone)


def test_a_proved_removal_is_a_prune_with_the_objects_uid() -> None:
    work = plan([], remove(live("old")), selected=(), clean=frozenset(), refuses=lambda _: "")
    assert [(t.act, t.uid) for t in work.tasks] == [(Act.PRUNE, "uid-old")]


@pytest.mark.parametrize(
    ("kept", "found"),
    [
        (NOT_ASKED, remove(live("c"), prune=False)),
        (NO_PRUNE, remove(live("c", sync_options="Prune=false"))),
        (NO_PRUNE, remove(live("c"), options=("Prune=false",))),
        (NO_PRUNE, remove(live("c", sync_options="Prune=confirm"))),
        ("ignored (the render is not complete)", remove(live("c"), proof=Proof(REVISION, False, True))),
        ("ignored (the cluster's API discovery is incomplete)", remove(live("c"), proof=Proof(REVISION, True, False))),
        ("ignored (not permitted in project)", remove(live("c"), permitted=False)),
    ],
)
def test_nothing_is_removed_without_proof(kept: str, found: tuple[Removal, ...]) -> None:
    assert [r.kept for r in found] == [kept]
    work = plan([], found, selected=(), clean=frozenset(), refuses=lambda _: "")
    assert [t.act for t in work.tasks] == [Act.KEEP]


def test_the_objects_own_word_beats_the_apps() -> None:
    assert remove(live("c", sync_options="Prune=true"), options=("Prune=false",))[0].kept == ""


def test_what_is_not_ours_or_already_going_is_not_even_listed() -> None:
    assert remove(live("c"), ours=False) == ()
    assert remove(live("c", deleting=True)) == ()


def test_cascade_follows_the_finalizer_and_spares_what_is_marked() -> None:
    finalizer = "resources-finalizer.argocd.argoproj.io"
    assert cascade_of([finalizer]) == "Foreground"
    assert cascade_of([f"{finalizer}/background"]) == "Background"
    assert cascade_of(["example.org/other"]) is None
    assert not deletable(manifest("CustomResourceDefinition", "x", group_version="apiextensions.k8s.io/v1"))
    assert not deletable(manifest("Service", "s", sync_options="Delete=false"))
    assert deletable(manifest("Service", "s"))


def test_only_what_was_kept_for_lack_of_proof_is_worth_another_try() -> None:
    incomplete = [Proof(REVISION, False, True), Proof(REVISION, True, False)]
    lacking = [remove(live("c"), proof=proof)[0] for proof in incomplete]
    decided = [*remove(live("c"), prune=False), *remove(live("c"), permitted=False), *remove(live("c"))]
    assert [unproved(r.kept) for r in lacking] == [True, True]
    assert [unproved(r.kept) for r in decided] == [False, False, False]
