"""Drift is seen, repaired where that is wished, and what is not ours to decide is left alone."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import datetime

import pytest

from tests.bed.fleet import field, manifests
from tests.bed.installation import wait_for
from tests.stories.story import Story, config_map, files, phase, sync_status

HEAL = {"prune": True, "selfHeal": True}
NO_HEAL = {"prune": True}
WIDGET = "stories.example/v1/widgets"


def whole_app(story: Story, *, replicas: int = 0) -> dict[str, str]:
    """ServiceAccount, ConfigMap, Service and Deployment."""
    return {f"app/{name}": text for name, text in manifests(story.name, replicas=replicas, padding=10).items()}


def edit_the_config_map(story: Story) -> None:
    story.change("configmaps", {"data": {"value": "edited"}})


def delete_the_service(story: Story) -> None:
    assert story.target.request("DELETE", story.path("services")).good


def scale_the_deployment(story: Story) -> None:
    """As `kubectl scale` does it: through the subresource."""
    body = {"spec": {"replicas": 3}}
    answer = story.target.request(
        "PATCH", story.path("apps/v1/deployments") + "/scale", body, content_type="application/merge-patch+json"
    )
    assert answer.good, answer.body


DRIFTS = pytest.mark.parametrize("drift", [edit_the_config_map, delete_the_service, scale_the_deployment])


def as_in_git(story: Story) -> bool:
    """Whether all three objects are as the repository says."""
    return (
        story.value() == "one"
        and story.live("services").status == 200
        and field(story.live("apps/v1/deployments").body, "spec.replicas") == 0
    )


@DRIFTS
def test_drift_is_seen_and_only_shown_where_self_heal_is_off(story: Story, drift: Callable[[Story], None]) -> None:
    """The watch sees it without anybody asking; nothing is written to the cluster."""
    repository = story.repository(whole_app(story))
    story.app(automated=NO_HEAL)
    before = story.synced(repository.head())
    audit = story.audit()
    drift(story)
    app = story.until(lambda body: sync_status(body) == "OutOfSync", "the drift is seen", limit_s=10)
    assert field(app, "status.operationState.startedAt") == field(before, "status.operationState.startedAt")
    assert not as_in_git(story)
    assert not [r for r in story.mine(audit.writes()) if "dryRun" not in r.uri]


@DRIFTS
def test_drift_is_repaired_where_self_heal_is_on(story: Story, drift: Callable[[Story], None]) -> None:
    """AC-028, AC-030: a selective sync of what drifted, without a history entry."""
    repository = story.repository(whole_app(story))
    story.app(automated=HEAL)
    before = story.synced(repository.head())
    drift(story)
    wait_for(lambda: as_in_git(story), "the drift is repaired", limit_s=10)
    app = healed(story, 1)
    resources = field(app, "status.operationState.operation.sync.resources")
    assert isinstance(resources, list)
    assert [entry["name"] for entry in resources] == [story.name], "only what drifted"
    assert field(app, "status.operationState.operation.initiatedBy") == {"automated": True}
    assert field(app, "status.history") == field(before, "status.history")
    story.until(lambda body: sync_status(body) == "Synced", "Synced again")


def test_a_drift_that_comes_back_is_repaired_with_a_growing_pause(story: Story) -> None:
    """AC-030: 2 s, then 6 s after the last operation ended."""
    repository = story.repository(files(config_map(story.name)))
    story.app(automated=HEAL)
    ended = [finished(story.synced(repository.head()))]
    for number in (1, 2):
        edit_the_config_map(story)
        ended.append(finished(healed(story, number)))
        assert story.value() == "one"
    first, second = (int((b - a).total_seconds()) for a, b in itertools.pairwise(ended))
    assert 1 <= first <= 5, "status times are whole seconds"
    assert 5 <= second <= 10


def test_a_new_commit_forgets_the_pauses_of_self_heal(story: Story) -> None:
    """argo-cd.md 2.8: the count starts again with a sync that is no self-heal."""
    repository = story.repository(files(config_map(story.name)))
    story.app(automated=HEAL)
    story.synced(repository.head())
    edit_the_config_map(story)
    healed(story, 1)
    app = story.synced(story.push(repository, files(config_map(story.name, "two"))))
    assert attempts(app) == 0


def test_a_field_of_somebody_else_that_git_does_not_name_is_left_alone_and_costs_no_request(story: Story) -> None:
    """Design 7.2: the API server's own record says that none of our fields moved."""
    repository = story.repository(whole_app(story))
    story.app(automated=HEAL)
    before = story.synced(repository.head())
    audit = story.audit()
    story.change("configmaps", {"data": {"theirs": "kept"}, "metadata": {"labels": {"team": "red"}}})
    marker_drift(story)
    assert field(story.live("configmaps").body, "data.theirs") == "kept"
    assert {r.resource for r in story.mine(audit.requests())} == {"services"}, "only the marker's object was asked for"
    assert field(story.get(), "status.history") == field(before, "status.history")


def test_status_changes_of_a_kind_without_health_rule_cost_no_request(story: Story) -> None:
    """Shows of issue 3: nothing is read, nothing is written."""
    widget: dict[str, object] = {
        "apiVersion": "stories.example/v1", "kind": "Widget", "metadata": {"name": story.name}, "spec": {"size": 1},
    }  # fmt: skip
    repository = story.repository(whole_app(story) | {"app/widget.yaml": files(widget)[f"app/{story.name}.yaml"]})
    story.app(automated=HEAL)
    story.synced(repository.head())
    audit = story.audit()
    for number in range(5):
        answer = story.target.request(
            "PATCH", story.path(WIDGET) + "/status", {"status": {"seen": number}},
            content_type="application/merge-patch+json",
        )  # fmt: skip
        assert answer.good, answer.body
    marker_drift(story)
    assert {r.resource for r in story.mine(audit.requests())} == {"services"}


def test_an_edited_spec_of_a_kind_without_health_rule_is_healed_all_the_same(story: Story) -> None:
    """The other side of the test above: it would fail if the kind were not watched at all."""
    widget: dict[str, object] = {
        "apiVersion": "stories.example/v1", "kind": "Widget", "metadata": {"name": story.name}, "spec": {"size": 1},
    }  # fmt: skip
    repository = story.repository(files(widget))
    story.app(automated=HEAL)
    story.synced(repository.head())
    story.change(WIDGET, {"spec": {"size": 2}})
    wait_for(lambda: field(story.live(WIDGET).body, "spec.size") == 1, "it is healed", limit_s=10)


def test_an_app_is_progressing_while_its_deployment_rolls_out_and_healthy_afterwards(story: Story) -> None:
    """AC-058: health follows the live objects, with its time of change."""
    repository = story.repository(whole_app(story, replicas=1))
    story.app(automated=HEAL)
    story.synced(repository.head())
    story.until(lambda body: health(body) == "Healthy", "the pod runs", limit_s=30)
    place_it_on(story, "nowhere")
    app = story.until(lambda body: health(body) == "Progressing", "a pod cannot be placed", limit_s=15)
    assert field(app, "status.health.lastTransitionTime")
    assert sync_status(app) == "Synced", "Git does not say where the pods go"
    place_it_on(story, None)
    story.until(lambda body: health(body) == "Healthy", "the pod runs again", limit_s=30)


def place_it_on(story: Story, node: str | None) -> None:
    """Set or remove a node selector of the Deployment's pods."""
    story.change("apps/v1/deployments", {"spec": {"template": {"spec": {"nodeSelector": {"on": node}}}}})


def test_an_object_deleted_by_hand_makes_the_app_missing_when_it_was_the_only_one(story: Story) -> None:
    """argo-cd.md 4.3."""
    repository = story.repository(files(config_map(story.name)))
    story.app(automated=NO_HEAL)
    story.synced(repository.head())
    assert story.target.request("DELETE", story.path("configmaps")).good
    story.until(lambda body: health(body) == "Missing" and sync_status(body) == "OutOfSync", "it is seen", limit_s=10)


def marker_drift(story: Story) -> None:
    """Drift another object of the same app and wait for its repair: by then an earlier change was decided about."""
    delete_the_service(story)
    wait_for(lambda: story.live("services").status == 200, "the marker is repaired", limit_s=10)
    healed(story, 1)


def healed(story: Story, times: int) -> dict[str, object]:
    """The app when its self-heal number `times` in a row succeeded."""
    return story.until(
        lambda app: attempts(app) == times and phase(app) == "Succeeded", f"self-heal {times}", limit_s=15
    )


def attempts(app: dict[str, object]) -> int:
    """How many self-heals there were in a row."""
    count = field(app, "status.operationState.operation.sync.autoHealAttemptsCount")
    return count if isinstance(count, int) else 0


def finished(app: dict[str, object]) -> datetime:
    """When the last operation ended."""
    return datetime.fromisoformat(str(field(app, "status.operationState.finishedAt")))


def health(app: dict[str, object]) -> object:
    """Health of the app."""
    return field(app, "status.health.status")
