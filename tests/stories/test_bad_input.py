"""What is wrong is said on the Application in Argo CD's words; other apps go on, and nothing is ever deleted for it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pygit2
import pytest

from cli.bed.gitserver import GitServer
from tests.bed import fleet
from tests.bed.audit import Audit
from tests.bed.fleet import application, conditions, field
from tests.stories.kinds import install_kind, remove_kind
from tests.stories.story import Scenery, Story, config_map, files, phase, sync_status, wait_quiet

PROJECTS = "/apis/argoproj.io/v1alpha1/namespaces/argocd/appprojects"


@pytest.fixture(scope="module", autouse=True)
def no_delete(scenery: Scenery) -> Iterator[None]:
    """No story of this file makes Argosy delete anything on any target."""
    for target in scenery.bed.targets:
        wait_quiet(target.audit_log)
    audits = [Audit(target.audit_log) for target in scenery.bed.targets]
    yield
    assert not [r for audit in audits for r in audit.writes() if r.verb in ("delete", "deletecollection")]


@pytest.fixture
def neighbour(scenery: Scenery) -> Iterator[Story]:
    """Another app on the same targets: whatever happens to the first, `goes_on` must hold of it."""
    told = Story(scenery)
    told.repository(files(config_map(told.name)))
    told.app()
    told.synced()
    yield told
    told.end()


def goes_on(neighbour: Story, value: str = "two") -> None:
    """A push to the neighbour becomes live as ever."""
    commit = neighbour.git.create(neighbour.name).commit(dict(files(config_map(neighbour.name, value))))
    assert neighbour.argosy.push_event(neighbour.url, commit) == 200
    neighbour.synced(commit)
    assert neighbour.value() == value


def test_a_manifest_that_cannot_be_parsed_is_a_comparison_error_naming_file_and_line(
    story: Story, neighbour: Story
) -> None:
    """The last good state stays and nothing is synced or pruned; the next good commit heals it."""
    repository = story.repository(files(config_map(story.name), config_map("second")))
    story.app()
    story.synced(repository.head())
    story.push(repository, {"app/second.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: [second\n"})
    text = story.condition("ComparisonError", has="second.yaml")
    assert story.url in text
    assert re.search(r"line \d", text), text
    app = story.get()
    assert sync_status(app) == "Unknown"
    assert phase(app) == "Succeeded", "the failure starts no operation"
    assert story.value("second") == "one"
    goes_on(neighbour)
    story.synced(story.push(repository, files(config_map("second", "two"))))
    assert "ComparisonError" not in conditions(story.get())


def test_an_object_that_appears_twice_is_a_warning_and_the_last_one_counts(story: Story) -> None:
    """RepeatedResourceWarning, as in Argo CD."""
    story.repository({"app/a.yaml": files(config_map(story.name))[f"app/{story.name}.yaml"],
                      "app/b.yaml": files(config_map(story.name, "last"))[f"app/{story.name}.yaml"]})  # fmt: skip
    story.app()
    story.synced()
    text = story.condition("RepeatedResourceWarning", has=story.name)
    assert "ConfigMap" in text
    assert story.value() == "last"


def test_a_kind_the_cluster_does_not_know_fails_the_sync_and_recovers_when_its_definition_comes(
    story: Story, neighbour: Story
) -> None:
    """R-055: nothing of the app is applied out of a plan that is not valid."""
    gadget: dict[str, object] = {
        "apiVersion": "stories.example/v1", "kind": "Gadget", "metadata": {"name": "gadget"},
    }  # fmt: skip
    repository = story.repository(files(config_map(story.name), gadget))
    story.app(syncPolicy={"automated": {}, "retry": {"limit": 1, "backoff": {"duration": "1s"}}})
    text = story.condition("SyncError", has=f"Failed last sync attempt to {repository.head()}")
    assert "one or more synchronization tasks are not valid" in text
    assert "Gadget" in text
    assert "(retried 1 times)" in text
    assert story.value() is None
    goes_on(neighbour)
    install_kind(story.target, "gadgets", "Gadget")
    try:
        story.edit({"operation": {"sync": {}, "retry": {"limit": 5, "backoff": {"duration": "2s", "factor": 1}}}})
        story.synced(repository.head(), limit_s=30)
    finally:
        story.edit({"spec": {"syncPolicy": None}})
        remove_kind(story.target, "gadgets")


def project(story: Story, **spec: object) -> str:
    """A project of the story's name; its name."""
    body = {
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject",
        "metadata": {"name": story.name, "namespace": "argocd"},
        "spec": {"sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": story.name}], **spec},
    }  # fmt: skip
    story.hub.apply(f"{PROJECTS}/{story.name}", body)
    return story.name


def test_a_namespace_that_the_project_does_not_permit_is_an_invalid_spec_until_it_is_permitted(story: Story) -> None:
    """AC-084: hot, no restart."""
    repository = story.repository(files(config_map(story.name)))
    name = project(story, destinations=[{"server": "*", "namespace": "elsewhere"}])
    story.app(project=name)
    text = story.condition("InvalidSpecError", has=f"namespace '{story.name}' do not match any of the allowed")
    assert f"project '{name}'" in text
    assert story.value() is None
    project(story)
    story.synced(repository.head())
    assert not conditions(story.get())
    story.hub.request("DELETE", f"{PROJECTS}/{name}")


def test_an_object_that_the_project_does_not_permit_fails_the_sync_by_name(story: Story) -> None:
    """S-120: the objects that are permitted are not applied either; the plan is not valid."""
    foreign = config_map("astray", namespace="kube-system")
    repository = story.repository(files(config_map(story.name), foreign))
    name = project(story)
    story.app(project=name, automated={})
    story.until(lambda app: sync_status(app) == "OutOfSync", "the app is compared")
    story.sync(revision=repository.head())
    app = story.until(lambda body: phase(body) == "Failed", "the sync fails")
    message = str(field(app, "status.operationState.message"))
    assert "astray" in message
    assert "not permitted" in message or "do not match" in message
    assert story.value() is None
    story.hub.request("DELETE", f"{PROJECTS}/{name}")


def test_a_missing_project_is_an_invalid_spec_until_it_exists(story: Story) -> None:
    """The words are Argo CD's."""
    repository = story.repository(files(config_map(story.name)))
    story.app(project=story.name)
    text = story.condition("InvalidSpecError")
    assert text == f"Application referencing project {story.name} which does not exist"
    project(story)
    story.synced(repository.head())
    story.hub.request("DELETE", f"{PROJECTS}/{story.name}")


def test_a_destination_with_name_and_server_is_an_invalid_spec(story: Story, neighbour: Story) -> None:
    """argo-cd.md 1.1: an operation asked for ends with the same words."""
    story.repository(files(config_map(story.name)))
    both = {"name": story.target.name, "server": story.target.server, "namespace": story.name}
    story.app(destination=both, automated={})
    text = story.condition("InvalidSpecError", has="can't have both name and server defined")
    assert story.target.name in text
    story.sync()
    app = story.until(lambda body: phase(body) == "Error", "the operation ends")
    assert text in str(field(app, "status.operationState.message"))
    assert field(app, "operation") is None
    goes_on(neighbour)


def test_a_revision_that_does_not_exist_is_a_comparison_error_until_it_is_pushed(story: Story) -> None:
    """R-070: named in the text; the push that creates the branch heals it."""
    repository = story.repository(files(config_map(story.name)))
    story.app(source={"targetRevision": "feature/later"})
    text = story.condition("ComparisonError", has="feature/later")
    assert story.url in text
    story.synced(story.push(repository, files(config_map(story.name)), branch="feature/later"))
    assert not conditions(story.get())


def test_a_branch_that_vanishes_deletes_nothing(story: Story) -> None:
    """R-070."""
    repository = story.repository(files(config_map(story.name)))
    repository.commit(files(config_map(story.name)), branch="feature")
    story.app(source={"targetRevision": "feature"})
    story.synced()
    pygit2.Repository(str(repository.path)).references.delete("refs/heads/feature")
    story.annotate(refresh="normal")
    story.condition("ComparisonError", has="feature")
    assert story.value() == "one"


def test_a_folder_that_does_not_exist_is_a_comparison_error(story: Story) -> None:
    """R-071: an empty answer is never taken for an empty app."""
    story.repository(files(config_map(story.name)))
    story.app(path="nowhere")
    assert "nowhere" in story.condition("ComparisonError", has="nowhere")


@pytest.fixture
def shaky_git(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitServer]:
    """A server of its own, to be switched off without harm to the others' repositories."""
    with GitServer(tmp_path_factory.mktemp("shaky-git")) as server:
        yield server


def test_an_unreachable_repository_is_a_comparison_error_with_tries_and_time_that_goes_away_with_its_cause(
    story: Story, neighbour: Story, shaky_git: GitServer
) -> None:
    """R-067: also when the tree is the same as before."""
    shaky_git.create(story.name, dict(files(config_map(story.name))))
    url = shaky_git.url_of(story.name)
    story.app(repo=url)
    story.synced()
    shaky_git.failing = 503
    story.annotate(refresh="normal")
    text = story.condition("ComparisonError", has="503")
    assert url in text
    assert re.search(r"try \d+,", text), text
    assert re.search(r"next try 20\d\d-", text), text
    assert sync_status(story.get()) == "Unknown"
    goes_on(neighbour)
    shaky_git.failing = 0
    app = story.until(lambda body: "ComparisonError" not in conditions(body), "it recovers by itself", limit_s=30)
    assert sync_status(app) == "Synced"


def test_an_app_of_a_repository_that_was_never_reached_is_synced_when_it_answers(
    story: Story, shaky_git: GitServer
) -> None:
    """R-067 at first sight: a connection that is refused."""
    shaky_git.create(story.name, dict(files(config_map(story.name))))
    url = shaky_git.url_of(story.name)
    shaky_git.stop()
    story.app(repo=url)
    story.condition("ComparisonError", has=url)
    shaky_git.start()
    story.synced(limit_s=30)


def test_a_wrong_repository_credential_is_a_comparison_error_without_the_credential_until_it_is_corrected(
    story: Story, private_git: GitServer
) -> None:
    """S-137: the Secret's change alone makes Argosy try again."""
    private_git.create(story.name, dict(files(config_map(story.name))))
    url = private_git.url_of(story.name)
    secret = f"repo-{story.name}"
    data = {"type": "git", "url": url, "username": "robot", "password": "a-wrong-secret"}
    fleet.secret(story.hub, secret, "repository", data)
    story.app(repo=url)
    text = story.condition("ComparisonError", has=url)
    assert "credential" in text or "authenticat" in text.lower(), text
    assert "a-wrong-secret" not in text
    fleet.secret(story.hub, secret, "repository", data | {"password": "let-me-in"})
    story.synced(limit_s=30)
    story.hub.request("DELETE", f"{fleet.SECRETS}/{secret}")


def test_a_cluster_credential_that_is_refused_is_a_comparison_error_until_it_is_corrected(
    story: Story, neighbour: Story
) -> None:
    """R-054: 401 is no reason to think that objects are gone."""
    other = story.scenery.other
    repository = story.repository(files(config_map(story.name)))
    story.app(target=other)
    story.synced(repository.head())
    fleet.register(story.hub, other, token="not-the-token")
    try:
        text = story.condition("ComparisonError", has=other.server)
        assert "not-the-token" not in text
        goes_on(neighbour)
    finally:
        fleet.register(story.hub, other)
    story.until(lambda app: not conditions(app) and sync_status(app) == "Synced", "it recovers", limit_s=30)
    assert story.value(target=other) == "one"


def test_a_cluster_that_is_down_is_a_comparison_error_of_its_own_apps_only(story: Story, neighbour: Story) -> None:
    """R-051: no sync, no prune, and work goes on when it answers again."""
    other, bed = story.scenery.other, story.scenery.bed
    repository = story.repository(files(config_map(story.name)))
    story.app(target=other)
    story.synced(repository.head())
    bed.stop_server(other.name)
    try:
        commit = story.push(repository, files(config_map(story.name, "two")))
        text = story.condition("ComparisonError", has=other.server, limit_s=30)
        assert "cluster" in text
        goes_on(neighbour)
    finally:
        bed.start_server(other.name)
    story.synced(commit, limit_s=60)
    assert not conditions(story.get())
    assert story.value(target=other) == "two"


def test_a_cluster_that_hangs_does_not_hold_up_the_others(story: Story, neighbour: Story) -> None:
    """R-060 in small: connections are accepted and nothing answers."""
    other, bed = story.scenery.other, story.scenery.bed
    repository = story.repository(files(config_map(story.name)))
    story.app(target=other)
    story.synced(repository.head())
    bed.pause_server(other.name)
    try:
        commit = story.push(repository, files(config_map(story.name, "two")))
        goes_on(neighbour)
        goes_on(neighbour, "three")
    finally:
        bed.resume_server(other.name)
    story.synced(commit, limit_s=90)
    assert story.value(target=other) == "two"


def test_an_application_that_is_broken_in_every_way_at_once_disturbs_nobody(story: Story, neighbour: Story) -> None:
    """An app without source, project and destination is a condition and no crash."""
    body = application(story.name, repo="", path="", server="", namespace="", project="nobody")
    story.create(body)
    story.condition("InvalidSpecError")
    goes_on(neighbour)
