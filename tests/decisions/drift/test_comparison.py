"""Sync status of an app from its objects (argo-cd.md 2.8, 3.7)."""

from __future__ import annotations

import pytest

from gitops.model.comparison import Comparison, ObjectResult
from gitops.model.fingerprint import Verdict
from gitops.model.objects import ObjectKey
from gitops.model.paths import Item, Member, path_text


def result(verdict: Verdict | None, *, prune: bool = False, ignore: bool = False, hook: bool = False) -> ObjectResult:
    return ObjectResult(
        ObjectKey("", "ConfigMap", "shop", "settings"),
        "v1",
        verdict,
        requires_pruning=prune,
        ignore_extraneous=ignore,
        hook=hook,
    )


EXTRA = result(Verdict.EXTRA, prune=True)


@pytest.mark.parametrize(
    ("results", "status"),
    [
        ((), "Synced"),
        ((result(Verdict.CLEAN),), "Synced"),
        ((result(Verdict.CLEAN), result(Verdict.DRIFTED)), "OutOfSync"),
        ((result(Verdict.MISSING),), "OutOfSync"),
        ((EXTRA,), "OutOfSync"),
        ((result(Verdict.EXTRA, prune=True, ignore=True),), "Synced"),
        ((result(Verdict.DRIFTED, ignore=True),), "OutOfSync"),
        ((result(Verdict.DRIFTED), result(Verdict.UNKNOWN)), "Unknown"),
        ((result(None, hook=True), result(Verdict.CLEAN)), "Synced"),
        ((result(None, prune=True, hook=True),), "Synced"),
    ],
)
def test_the_app_is_as_its_objects(results: tuple[ObjectResult, ...], status: str) -> None:
    assert Comparison(results).status == status


def test_what_could_not_be_compared_at_all_is_unknown() -> None:
    assert Comparison((result(Verdict.CLEAN),), unknown="no render").status == "Unknown"


def test_changed_namespace_metadata_is_out_of_sync() -> None:
    comparison = Comparison((result(Verdict.CLEAN),), namespace_metadata_changed=True)
    assert comparison.status == "OutOfSync"
    assert not comparison.only_needs_pruning


def test_an_object_without_verdict_has_an_empty_status() -> None:
    assert result(None).status == ""
    assert EXTRA.status == "OutOfSync"


@pytest.mark.parametrize(
    ("results", "only", "everything"),
    [
        ((), False, False),
        ((result(Verdict.CLEAN), EXTRA), True, False),
        ((result(Verdict.DRIFTED), EXTRA), False, False),
        ((EXTRA, EXTRA), True, True),
        ((EXTRA, result(None, hook=True)), True, True),
        ((result(None, hook=True),), False, False),
        ((result(Verdict.EXTRA, prune=True, ignore=True),), False, True),
    ],
)
def test_pruning_alone_is_recognised(results: tuple[ObjectResult, ...], only: bool, everything: bool) -> None:
    comparison = Comparison(results)
    assert comparison.only_needs_pruning is only
    assert comparison.everything_needs_pruning is everything


def test_the_reason_names_the_first_object_and_counts_the_others() -> None:
    comparison = Comparison((result(Verdict.CLEAN), result(Verdict.DRIFTED), EXTRA))
    assert comparison.why == "/ConfigMap:shop/settings: OutOfSync (and 1 more)"
    assert Comparison((result(Verdict.CLEAN),)).why == "nothing differs"


def test_paths_read_like_people_write_them() -> None:
    assert path_text(()) == "(the whole object)"
    assert path_text(("spec", "containers", Item((("name", "web"),)), "args", 2)) == "spec.containers[name=web].args[2]"
    assert path_text(("metadata", "annotations", "a.b/c")) == 'metadata.annotations["a.b/c"]'
    assert path_text(("metadata", "finalizers", Member("x"))) == 'metadata.finalizers[="x"]'
    assert path_text(("ports", Item((("port", 80), ("protocol", "TCP"))))) == "ports[port=80,protocol=TCP]"
