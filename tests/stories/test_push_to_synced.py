"""A push becomes live: at once, once fetched for all, and only where something changed."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from cli.bed.repository import Repository
from tests.bed.audit import WRITES, Audit
from tests.bed.fleet import field, wait_synced
from tests.bed.installation import wait_for
from tests.stories.log import entries
from tests.stories.story import Scenery, Story, config_map, files, refreshing, sync_status

APPS = 20


def test_a_push_with_the_right_signature_makes_the_apps_of_both_targets_synced_by_one_fetch(story: Story) -> None:
    """S4 of the bench as a promise; AC-098: one repository, two clusters, one fetch."""
    repository = story.repository(files(config_map(story.name)))
    first, second = story.app(), story.app(f"{story.name}-b", target=story.scenery.other)
    wait_synced(story.hub, [first, second], repository.head())
    story.settled(first)
    story.git.forget()
    commit = story.push(repository, files(config_map(story.name, "two")))
    wait_synced(story.hub, [first, second], commit)
    assert story.value() == story.value(target=story.scenery.other) == "two"
    assert story.git.counts(story.name)["fetch"] == 1, "one fetch serves both apps"


def test_a_push_with_a_wrong_signature_fetches_nothing(story: Story) -> None:
    """S-080, S-083: the payload of a stranger causes no look."""
    repository = story.repository(files(config_map(story.name)))
    story.app()
    story.synced(repository.head())
    story.settled()
    commit = repository.commit(files(config_map(story.name, "two")))
    story.git.forget()
    assert 400 <= story.argosy.push_event(story.url, commit, secret="a guess") < 500
    marker = Story(story.scenery)  # another repository's push, sent later, is done: ours would have been long ago
    try:
        other = marker.repository(files(config_map(marker.name)))
        marker.app()
        marker.synced(other.head())
        marker.synced(marker.push(other, files(config_map(marker.name, "two"))))
    finally:
        marker.end()
    assert not story.git.counts(story.name), "nothing was asked of the repository"
    assert story.value() == "one"


@pytest.fixture(scope="module")
def monorepo(scenery: Scenery) -> Iterator[tuple[Story, Repository]]:
    """Twenty apps in one repository, all Synced."""
    story = Story(scenery)
    names = [f"{story.name}-{number:02d}" for number in range(APPS)]
    repository = story.repository({f"apps/{name}/{name}.yaml": json.dumps(config_map(name)) for name in names})
    for name in names:
        story.app(name, path=f"apps/{name}")
    wait_synced(story.hub, names, repository.head())
    yield story, repository
    story.end()


def test_a_commit_in_a_monorepo_costs_what_it_changes_and_not_the_number_of_apps(
    monorepo: tuple[Story, Repository],
) -> None:
    """Budget of issue 3: one git fetch, one render, at most three hub writes; every other app is left alone."""
    story, repository = monorepo
    touched = story.made[7]
    hub, target, log = story.hub_audit(), story.audit(), entries(story.argosy, "fetch")
    story.git.forget()
    commit = story.push(repository, files(config_map(touched, "two"), path=f"apps/{touched}"))
    story.synced(commit, name=touched)
    assert story.git.counts(story.name)["fetch"] == 1
    assert [line["changed"] for line in log() if line.get("event") == "fetched"] == [1], "one render"
    about = [r for r in hub.writes() if r.resource in ("applications", "events")]
    assert 0 < len(about) <= 3, about
    assert {r.name for r in about if r.resource == "applications"} == {touched}
    assert [(r.verb, r.name) for r in story.mine(target.writes())] == [("patch", touched)]


def test_a_commit_that_changes_no_folder_of_any_app_costs_no_hub_write(monorepo: tuple[Story, Repository]) -> None:
    """An app whose tree key did not change is not touched (design.md 5)."""
    story, repository = monorepo
    hub, log = story.hub_audit(), entries(story.argosy, "fetch")
    story.push(repository, {"README.md": "Nobody renders this."})
    wait_for(lambda: any(line.get("event") == "fetched" for line in log()), "the push was looked at")
    assert [line["changed"] for line in log() if line.get("event") == "fetched"] == [0]
    assert not story.mine(hub.writes())


@pytest.mark.parametrize("form", ["branch", "tag", "SHA", "HEAD", "full ref"])
def test_every_form_of_a_revision_means_the_commit_that_git_means(story: Story, form: str) -> None:
    """AC-005."""
    repository = story.repository(files(config_map(story.name)))
    old = repository.head()
    repository.commit(files(config_map(story.name, "side")), branch="side")
    repository.tag("v1", old)
    repository.commit(files(config_map(story.name, "two")))
    wanted = {
        "branch": ("side", repository.head(branch="side"), "side"),
        "tag": ("v1", old, "one"),
        "SHA": (old, old, "one"),
        "HEAD": ("HEAD", repository.head(), "two"),
        "full ref": ("refs/heads/side", repository.head(branch="side"), "side"),
    }
    revision, commit, value = wanted[form]
    story.app(source={"targetRevision": revision})
    app = story.synced(commit)
    assert field(app, "status.sync.revision") == commit
    assert story.value() == value


def test_a_moved_branch_is_followed_also_when_history_was_rewritten(story: Story) -> None:
    """A forced push is a push like any other (R-069)."""
    repository = story.repository(files(config_map(story.name)))
    old = repository.head()
    story.app()
    story.synced(story.push(repository, files(config_map(story.name, "two"))))
    repository.move(old)
    assert story.argosy.push_event(story.url, old) == 200
    story.synced(old)
    assert story.value() == "one"


def test_a_refresh_is_honoured_at_once_and_taken_off_the_application(story: Story) -> None:
    """argo-cd.md 18.3: without a webhook nobody waits for the poll of 120 s who asks by the annotation."""
    repository = story.repository(files(config_map(story.name)))
    story.app(automated={})
    story.until(lambda app: sync_status(app) == "OutOfSync", "seen once")
    commit = repository.commit(files(config_map(story.name, "two")))
    story.annotate(refresh="normal")
    app = story.until(lambda app: field(app, "status.sync.revision") == commit, "the new commit is seen", limit_s=10)
    assert not refreshing(story.until(lambda app: not refreshing(app), "the request is taken off")), app


def test_a_hard_refresh_renders_again(story: Story) -> None:
    """argo-cd.md 18.3: the bytes are made anew although the tree is the same."""
    repository = story.repository(files(config_map(story.name)))
    story.app()
    story.synced(repository.head())
    story.settled()
    log = entries(story.argosy, "fetch")
    story.annotate(refresh="hard")
    story.until(lambda app: not refreshing(app), "the refresh is answered")
    assert sum(int(str(line["changed"])) for line in log() if line.get("event") == "fetched") == 1


def test_nothing_is_written_while_nothing_changes(story: Story) -> None:
    """Idle costs no hub write: another app's whole life leaves ours untouched."""
    repository = story.repository(files(config_map(story.name)))
    story.app()
    story.synced(repository.head())
    story.settled()
    hub, target = story.hub_audit(), story.audit()
    neighbour = Story(story.scenery)
    try:
        theirs = neighbour.repository(files(config_map(neighbour.name)))
        neighbour.app()
        neighbour.synced(theirs.head())
    finally:
        neighbour.end()
    assert not _writes(story, hub)
    assert not _writes(story, target)


def _writes(story: Story, audit: Audit) -> list[str]:
    return [f"{r.verb} {r.uri}" for r in story.mine(audit.requests()) if r.verb in WRITES]


def test_many_apps_created_at_once_all_become_synced(story: Story) -> None:
    """S9 in small: ten Applications of one repository, created together."""
    names = [f"{story.name}-{number}" for number in range(10)]
    repository = story.repository({f"{name}/config.yaml": json.dumps(config_map(name)) for name in names})
    for name in names:
        story.app(name, path=name)
    wait_synced(story.hub, names, repository.head(), limit_s=30)
    assert {story.value(name) for name in names} == {"one"}
