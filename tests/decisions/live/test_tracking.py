"""Reading marks (argo-cd.md 5.1)."""

from __future__ import annotations

import pytest

from gitops.live.tracking import Mark, owner_of
from gitops.model.config import Settings, Tracking
from gitops.model.objects import AppRef, ObjectKey

CONFIG = ObjectKey("", "ConfigMap", "shop", "settings")
WEB = ObjectKey("apps", "Deployment", "shop", "web")
ROLE = ObjectKey("rbac.authorization.k8s.io", "ClusterRole", "", "system:shop")
SHOP = AppRef("argocd", "shop")


def read(
    value: str, key: ObjectKey, *, tracking: Tracking = Tracking.ANNOTATION, place: str | None = None
) -> Mark | None:
    return owner_of(value, key, Settings(tracking=tracking), control_namespace="argocd", destination_namespace=place)


@pytest.mark.parametrize(
    ("value", "key", "mark"),
    [
        ("shop:/ConfigMap:shop/settings", CONFIG, Mark(SHOP)),
        ("shop:apps/Deployment:shop/web", WEB, Mark(SHOP)),
        ("team-a_shop:apps/Deployment:shop/web", WEB, Mark(AppRef("team-a", "shop"))),
        ("shop:apps/Deployment:shop/other", WEB, Mark(SHOP, copied=True)),
        ("shop:apps/Deployment:elsewhere/web", WEB, Mark(SHOP, copied=True)),
        ("shop:apps/ReplicaSet:shop/web", WEB, Mark(SHOP, copied=True)),
        ("shop:extensions/Deployment:shop/web", WEB, Mark(SHOP, copied=True)),
        ("shop:rbac.authorization.k8s.io/ClusterRole:shop/system:shop", ROLE, Mark(SHOP)),
        ("", WEB, None),
        ("shop", WEB, None),
        ("shop:web", WEB, None),
        (":apps/Deployment:shop/web", WEB, None),
    ],
)
def test_a_mark_names_its_app_and_its_object(value: str, key: ObjectKey, mark: Mark | None) -> None:
    assert read(value, key) == mark


@pytest.mark.parametrize(("place", "copied"), [(None, False), ("shop", False), ("elsewhere", True)])
def test_a_cluster_scoped_object_is_marked_with_the_destination_namespace(place: str | None, copied: bool) -> None:
    mark = read("shop:rbac.authorization.k8s.io/ClusterRole:shop/system:shop", ROLE, place=place)
    assert mark == Mark(SHOP, copied=copied)


def test_the_destination_namespace_does_not_matter_for_namespaced_objects() -> None:
    assert read("shop:apps/Deployment:shop/web", WEB, place="elsewhere") == Mark(SHOP)


@pytest.mark.parametrize(
    ("value", "mark"),
    [("shop", Mark(SHOP)), ("team-a_shop", Mark(AppRef("team-a", "shop"))), ("", None)],
)
def test_a_label_names_the_app_only(value: str, mark: Mark | None) -> None:
    assert read(value, WEB, tracking=Tracking.LABEL) == mark


def test_with_both_marks_the_annotation_identifies() -> None:
    assert read("shop:apps/Deployment:shop/other", WEB, tracking=Tracking.BOTH) == Mark(SHOP, copied=True)
