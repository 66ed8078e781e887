"""Deleting an Application removes what is provably its own, or nothing at all."""

from __future__ import annotations

import json
from dataclasses import replace

from tests.bed import fleet
from tests.bed.audit import Audit
from tests.bed.fleet import APPS, conditions, field
from tests.bed.installation import wait_for
from tests.stories.story import Story, config_map, files

KEEP = {"argocd.argoproj.io/sync-options": "Delete=false"}


def delete(story: Story) -> None:
    """`kubectl delete application`."""
    assert story.hub.request("DELETE", f"{APPS}/{story.name}").good


def gone(story: Story) -> None:
    """Wait until the Application is not there any more."""
    path = f"{APPS}/{story.name}"
    try:
        wait_for(lambda: story.hub.request("GET", path).status == 404, "the application is gone")
    except AssertionError as error:
        raise AssertionError(f"{error}: {story.get()}") from None


def deleted(audit: Audit, story: Story) -> set[str]:
    """Names of what argosy asked to delete in the story's namespace."""
    asked = [r for r in audit.writes() if r.verb in ("delete", "deletecollection")]
    assert {r.namespace for r in asked} <= {story.name}, "nothing elsewhere"
    assert all(r.verb == "delete" for r in asked), "never a whole collection"
    return {r.name for r in asked}


def test_an_app_with_the_finalizer_takes_exactly_its_own_objects_with_it(story: Story) -> None:
    """AC-049; that each DELETE carries the uid it was proved for is shown in tests/kube/test_apply.py."""
    repository = story.repository(files(config_map("mine"), config_map("mine-too")))
    story.app(finalizer=True)
    story.synced(repository.head())
    foreign = story.path("configmaps", "foreign")
    story.target.apply(foreign, config_map("foreign"))
    other = story.app(f"{story.name}-b", path="b", automated={})
    audit = story.audit()
    delete(story)
    gone(story)
    assert deleted(audit, story) == {"mine", "mine-too"}
    assert story.live("configmaps", "mine").status == 404
    assert story.live("configmaps", "foreign").status == 200
    assert story.get(other)["metadata"]


def test_the_background_finalizer_does_not_wait_for_dependants(story: Story) -> None:
    """AC-049: the variant of the finalizer says how the cluster removes what objects own."""
    repository = story.repository(files(config_map(story.name)))
    story.app()
    story.synced(repository.head())
    story.edit({"metadata": {"finalizers": ["resources-finalizer.argocd.argoproj.io/background"]}})
    delete(story)
    gone(story)
    assert story.live("configmaps").status == 404


def test_an_app_without_the_finalizer_leaves_its_objects_where_they_are(story: Story) -> None:
    """AC-049: they lose their Application and nothing else."""
    repository = story.repository(files(config_map(story.name)))
    story.app()
    story.synced(repository.head())
    audit = story.audit()
    delete(story)
    gone(story)
    marker = Story(story.scenery)  # a later app's whole life proves that ours was dealt with
    try:
        marker.repository(files(config_map(marker.name)))
        marker.app()
        marker.synced()
    finally:
        marker.end()
    assert not [r for r in audit.writes() if r.verb == "delete"]
    assert story.value() == "one"


def test_an_object_marked_delete_false_outlives_its_app(story: Story) -> None:
    """AC-043."""
    repository = story.repository(files(config_map("mine"), config_map("kept", annotations=KEEP)))
    story.app(finalizer=True)
    story.synced(repository.head())
    audit = story.audit()
    delete(story)
    gone(story)
    assert deleted(audit, story) == {"mine"}
    assert story.value("kept") == "one"


def test_an_app_whose_cluster_was_unregistered_can_be_deleted(story: Story) -> None:
    """AC-050: nothing is asked of a cluster that nobody knows any more."""
    secret = f"{fleet.SECRETS}/cluster-{story.name}"
    lost = replace(story.scenery.other, server=story.scenery.other.server.replace("127.0.0.1", "localhost"))
    fleet.register(story.hub, lost, name=story.name)
    repository = story.repository(files(config_map(story.name)))
    story.app(target=lost, finalizer=True)
    story.synced(repository.head(), limit_s=30)
    assert story.hub.request("DELETE", secret).good
    story.condition("InvalidSpecError", has="is not registered")
    audit = story.audit(story.scenery.other)
    delete(story)
    gone(story)
    assert story.value(target=story.scenery.other) == "one"
    assert not audit.writes()


def test_an_app_whose_project_is_missing_waits_with_its_objects_until_the_project_is_back(story: Story) -> None:
    """What a project permits cannot be known without it: nothing is deleted on a guess."""
    project = f"/apis/argoproj.io/v1alpha1/namespaces/argocd/appprojects/{story.name}"
    story.hub.apply(project, permissive(story.name))
    repository = story.repository(files(config_map(story.name)))
    story.app(finalizer=True, project=story.name)
    story.synced(repository.head())
    assert story.hub.request("DELETE", project).good
    story.condition("InvalidSpecError", has="does not exist")
    audit = story.audit()
    delete(story)
    story.condition("DeletionError", has=f"project {story.name} does not exist")
    assert not [r for r in audit.writes() if r.verb == "delete"]
    story.hub.apply(project, permissive(story.name))
    gone(story)
    assert deleted(audit, story) == {story.name}
    story.hub.request("DELETE", project)


def permissive(name: str) -> dict[str, object]:
    """A project that allows everything."""
    return {
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject", "metadata": {"name": name, "namespace": "argocd"},
        "spec": {"sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "*"}]},
    }  # fmt: skip


def test_an_object_that_another_app_took_over_is_not_deleted(story: Story) -> None:
    """S-124: the mark on the object decides, not what a status remembers."""
    repository = story.repository(files(config_map(story.name)))
    story.app(finalizer=True, automated={"prune": True})
    story.synced(repository.head())
    story.app(f"{story.name}-b", automated={})
    taken = {"argocd.argoproj.io/tracking-id": f"{story.name}-b:/ConfigMap:{story.name}/{story.name}"}
    story.change("configmaps", {"metadata": {"annotations": taken}})
    audit = story.audit()
    delete(story)
    gone(story)
    assert deleted(audit, story) == set()
    assert json.dumps(taken)[1:-1] in json.dumps(field(story.live("configmaps").body, "metadata.annotations"))
    assert "DeletionError" not in conditions(story.get(f"{story.name}-b"))
