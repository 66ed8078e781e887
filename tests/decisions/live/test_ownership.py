"""Reading managedFields (design.md 7)."""

from __future__ import annotations

import pytest

from gitops.live.ownership import (
    Entry,
    client_side,
    entries,
    entry_hash,
    item_matching,
    our_entry,
    owned_paths,
    owners_of,
    owns,
    step_of,
    unowned,
)
from gitops.model.objects import JsonMap
from gitops.model.paths import Item, Member, Path, Step, path_text

US = "argocd-controller"
WEB = Item((("name", "web"),))

FIELDS: JsonMap = {
    "f:metadata": {"f:annotations": {"f:a.b/c": {}}, "f:finalizers": {'v:"keep"': {}}},
    "f:spec": {
        "f:replicas": {},
        "f:selector": {},
        "f:template": {
            "f:spec": {
                "f:containers": {
                    'k:{"name":"web"}': {
                        ".": {},
                        "f:args": {},
                        "f:image": {},
                        "f:name": {},
                        "f:ports": {'k:{"containerPort":80,"protocol":"TCP"}': {".": {}, "f:containerPort": {}}},
                    }
                }
            }
        },
    },
}
POD: Path = ("spec", "template", "spec")
HTTP = Item((("containerPort", 80), ("protocol", "TCP")))


def written(manager: str, operation: str = "Apply", fields: JsonMap | None = None, **more: str) -> JsonMap:
    return {
        "manager": manager,
        "operation": operation,
        "apiVersion": "apps/v1",
        "time": "2026-01-01T00:00:00Z",
        "fieldsType": "FieldsV1",
        "fieldsV1": FIELDS if fields is None else fields,
        **more,
    }


OURS = entries([written(US)])[0]


@pytest.mark.parametrize(
    ("key", "step"),
    [
        ("f:image", "image"),
        ("f:a:b", "a:b"),
        ('k:{"name":"web"}', WEB),
        ('k:{"protocol":"TCP","containerPort":80}', HTTP),
        ('v:"keep"', Member("keep")),
        ("v:3", Member(3)),
        ("i:2", 2),
        (".", None),
        ("k:broken", None),
        ("x:what", None),
    ],
)
def test_a_field_set_key_is_a_step(key: str, step: Step | None) -> None:
    assert step_of(key) == step


def test_the_leaves_of_an_entry_are_its_paths() -> None:
    assert [path_text(p) for p in owned_paths(OURS)] == [
        'metadata.annotations["a.b/c"]',
        'metadata.finalizers[="keep"]',
        "spec.replicas",
        "spec.selector",
        "spec.template.spec.containers[name=web].args",
        "spec.template.spec.containers[name=web].image",
        "spec.template.spec.containers[name=web].name",
        "spec.template.spec.containers[name=web].ports[containerPort=80,protocol=TCP].containerPort",
    ]


@pytest.mark.parametrize(
    ("path", "owned"),
    [
        (("spec", "replicas"), True),
        (("spec", "paused"), False),
        (("spec", "selector", "matchLabels", "app"), True),
        (("spec",), True),
        ((*POD, "containers", WEB, "image"), True),
        ((*POD, "containers", WEB, "args", 3), True),
        ((*POD, "containers", WEB, "ports", HTTP, "containerPort"), True),
        ((*POD, "containers", WEB, "ports", Item((("containerPort", 80),)), "containerPort"), True),
        ((*POD, "containers", WEB, "ports", Item((("containerPort", 81),)), "containerPort"), False),
        ((*POD, "containers", Item((("name", "side"),)), "image"), False),
        (("metadata", "finalizers", Member("keep")), True),
        (("metadata", "finalizers", Member("other")), False),
    ],
)
def test_an_entry_owns_its_leaves_and_what_lies_around_them(path: Path, owned: bool) -> None:
    assert owns(OURS, path) is owned


def test_the_latest_owner_comes_first() -> None:
    known = entries(
        [
            written(US, time="2026-01-01T00:00:00Z"),
            written("kubectl-edit", "Update", {"f:spec": {"f:replicas": {}}}, time="2026-01-02T00:00:00Z"),
            written("kubelet", "Update", {"f:status": {}}, subresource="status"),
        ]
    )
    assert [e.manager for e in owners_of(known, ("spec", "replicas"))] == ["kubectl-edit", US]
    assert str(known[1]) == "kubectl-edit (Update, 2026-01-02T00:00:00Z)"
    assert str(known[2]) == "kubelet (Update of status, 2026-01-01T00:00:00Z)"


def test_the_hash_does_not_depend_on_the_order_of_keys() -> None:
    turned: JsonMap = dict(reversed(FIELDS.items()))
    assert entry_hash([written(US)], US) == entry_hash([written(US, fields=turned)], US)
    assert len(entry_hash([written(US)], US)) == 32


@pytest.mark.parametrize(
    "other",
    [written(US, fields={"f:spec": {"f:replicas": {}}}), written(US, time="2026-01-01T00:00:01Z")],
    ids=["fields", "time"],
)
def test_the_hash_changes_with_fields_and_time(other: JsonMap) -> None:
    assert entry_hash([other], US) != entry_hash([written(US)], US)


@pytest.mark.parametrize(
    "managed",
    [
        [],
        [written("kubectl-edit", "Update")],
        [written(US, "Update")],
        [written(US, subresource="scale")],
        [written(US), written(US, "Update")],
    ],
    ids=["nothing", "another manager", "our Update", "our subresource", "two entries name us"],
)
def test_without_one_clear_entry_there_is_no_hash(managed: list[JsonMap]) -> None:
    assert entry_hash(managed, US) == ""


def test_others_do_not_change_our_hash() -> None:
    assert entry_hash([written(US), written("kubelet", "Update")], US) == entry_hash([written(US)], US)


def test_our_entry_is_the_one_we_applied() -> None:
    known = entries([written(US, "Update"), written(US, subresource="status"), written(US)])
    assert our_entry(known, US) == known[2]
    assert our_entry(known[:2], US) is None


def test_client_side_entries_are_those_that_a_first_sync_takes_over() -> None:
    known = entries(
        [
            written("kubectl-client-side-apply", "Update"),
            written(US, "Update"),
            written("kubectl-client-side-apply", "Update", subresource="status"),
            written("kubectl-edit", "Update"),
            written(US),
        ]
    )
    assert client_side(known, US) == known[:2]


def test_a_list_item_is_found_by_its_keys_and_defaults() -> None:
    items: list[str | dict[str, object]] = [{"containerPort": 443}, {"containerPort": 80}]
    assert item_matching(items, HTTP) == (1, {"containerPort": 80})  # type: ignore[arg-type]  # plain JSON, invariant list
    assert item_matching([{"name": "x"}], HTTP) is None


DESIRED: JsonMap = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "annotations": {"a.b/c": "1"}},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "spec": {
                "containers": [{"name": "web", "image": "web:1", "args": ["-v"], "ports": [{"containerPort": 80}]}]
            }
        },
    },
}


def test_what_we_applied_is_owned() -> None:
    assert unowned(OURS, DESIRED) == ()


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"spec": {"paused": True}}, "spec.paused"),
        ({"spec": {"replicas": 2, "minReadySeconds": 3}}, "spec.minReadySeconds"),
        ({"data": {"a": "b"}}, "data"),
        ({"metadata": {"labels": {"x": "y"}}}, "metadata.labels"),
        ({"metadata": {"annotations": {"x": "y"}}}, "metadata.annotations.x"),
        ({"spec": {"template": {"spec": {"containers": [{"name": "side"}]}}}}, "spec.template.spec.containers[0]"),
    ],
)
def test_what_was_taken_from_us_is_named(change: JsonMap, path: str) -> None:
    assert [path_text(p) for p in unowned(OURS, change)] == [path]


@pytest.mark.parametrize(
    "change",
    [
        {"spec": {"paused": False, "strategy": {}, "x": None, "y": ""}},
        {"status": {"replicas": 1}},
        {"stringData": {"a": "b"}},
        {"metadata": {"name": "x", "uid": "1", "creationTimestamp": None}},
    ],
)
def test_empty_values_and_the_servers_own_fields_are_no_claims(change: JsonMap) -> None:
    assert unowned(OURS, change) == ()


def test_an_empty_entry_owns_nothing() -> None:
    assert not owns(Entry(US, "Apply", "", "v1", "", {}), ("spec",))
