"""What an Argo CD hub already holds is read as it is: Applications, projects, Secrets, ConfigMaps, owned objects."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace

import pytest

from cli.bed.gitserver import GitServer
from cli.bed.sshserver import SshServer, find_sshd, ssh_server
from cli.errors import CommandError
from tests.bed import fleet
from tests.bed.fleet import APPS, conditions, field
from tests.bed.installation import wait_for
from tests.stories.story import MERGE, Story, config_map, files, sync_status

CONFIG_MAPS = "/api/v1/namespaces/argocd/configmaps"
DEFAULT_PROJECT = "/apis/argoproj.io/v1alpha1/namespaces/argocd/appprojects/default"
PART_OF = {"app.kubernetes.io/part-of": "argocd"}


def exported(story: Story, revision: str) -> dict[str, object]:
    """An Application as `kubectl get -o yaml` shows it under Argo CD, less what a server sets itself."""
    source = {"repoURL": story.url, "path": "app", "targetRevision": "main"}
    body = fleet.application(
        story.name, repo=story.url, path="app", server=story.target.server, namespace=story.name,
        automated={"selfHeal": True}, info=[{"name": "Docs", "value": "https://example.org"}],
    )  # fmt: skip
    metadata = body["metadata"]
    assert isinstance(metadata, dict)
    metadata["labels"] = {"team": "red"}
    metadata["annotations"] = {"example.org/kept": "yes", "notifications.argoproj.io/subscribe.x.slack": "y"}
    sync = {"revision": revision, "syncStrategy": {"hook": {}}}
    done = {
        "operation": {"initiatedBy": {"username": "admin"}, "retry": {}, "sync": sync},
        "phase": "Succeeded", "message": "successfully synced (all tasks run)",
        "startedAt": "2026-01-02T03:04:05Z", "finishedAt": "2026-01-02T03:04:06Z",
        "syncResult": {"revision": revision, "source": source, "resources": []},
    }  # fmt: skip
    entry = {
        "id": 41, "revision": revision, "source": source, "initiatedBy": {"username": "admin"},
        "deployStartedAt": "2026-01-02T03:04:05Z", "deployedAt": "2026-01-02T03:04:06Z",
    }  # fmt: skip
    managed = {"kind": "ConfigMap", "version": "v1", "namespace": story.name, "name": story.name, "status": "Synced"}
    body["status"] = {
        "controllerNamespace": "argocd", "health": {"status": "Healthy"}, "history": [entry], "operationState": done,
        "reconciledAt": "2026-01-02T03:04:06Z", "resourceHealthSource": "appTree", "resources": [managed],
        "sourceType": "Directory", "summary": {},
        "sync": {
            "status": "Synced", "revision": revision,
            "comparedTo": {
                "source": source, "destination": {"server": story.target.server, "namespace": story.name},
            },
        },
    }  # fmt: skip
    return body


def applied_by_argo_cd(story: Story) -> None:
    """The object as Argo CD's server-side apply left it: its field manager, its tracking annotation."""
    mark = {"argocd.argoproj.io/tracking-id": f"{story.name}:/ConfigMap:{story.name}/{story.name}"}
    path = story.path("configmaps")
    story.target.apply(
        path, config_map(story.name, namespace=story.name, annotations=mark), manager="argocd-controller"
    )


def test_an_application_exported_from_argo_cd_is_taken_over_without_a_write_to_its_objects(story: Story) -> None:
    """AC-001, AC-141: same status, same history, same objects; only what changed is written from then on."""
    repository = story.repository(files(config_map(story.name)))
    story.target.ensure_namespace(story.name)
    applied_by_argo_cd(story)
    audit = story.audit()
    body = exported(story, repository.head())
    story.create(body)
    app = story.settled()
    assert (field(app, "spec"), field(app, "metadata.labels")) == (body["spec"], {"team": "red"})
    assert field(app, "metadata.annotations.example.org/kept") is None
    annotations = field(app, "metadata.annotations")
    assert isinstance(annotations, dict)
    assert annotations["example.org/kept"] == "yes"
    assert sync_status(app) == "Synced"
    assert field(app, "status.history") == field(body, "status.history")
    assert field(app, "status.operationState.startedAt") == "2026-01-02T03:04:05Z", "no operation of ours"
    assert not story.mine(audit.writes())
    app = story.synced(story.push(repository, files(config_map(story.name, "two"))))
    assert field(app, "status.history.1.id") == 42
    managers = field(story.live("configmaps").body, "metadata.managedFields")
    assert isinstance(managers, list)
    assert [entry["manager"] for entry in managers] == ["argocd-controller"], "ownership moved over, one entry"


def test_fields_that_argosy_does_not_know_stay_in_the_spec(story: Story) -> None:
    """AC-001: an object of a newer Argo CD survives our writes."""
    repository = story.repository(files(config_map(story.name)))
    story.app(futureField={"kept": True})
    before = field(story.get(), "spec")
    app = story.synced(repository.head())
    assert field(app, "spec") == before, "what the server's schema let in stays"


def test_a_cluster_secret_that_comes_at_run_time_is_used_at_once(story: Story) -> None:
    """AC-003, AC-085: no restart; the app that waited for it goes on."""
    late = replace(story.scenery.other, server=story.scenery.other.server.replace("127.0.0.1", "localhost"))
    story.scenery.other.ensure_namespace(story.name)
    story.repository(files(config_map(story.name)))
    destination = {"name": story.name, "namespace": story.name}
    story.app(destination=destination)
    story.condition("InvalidSpecError", has=f"there are no clusters with this name: {story.name}")
    fleet.register(story.hub, late, name=story.name)
    story.synced()
    assert story.value(target=story.scenery.other) == "one"
    assert not conditions(story.get())
    story.hub.request("DELETE", f"{fleet.SECRETS}/cluster-{story.name}")


def test_a_changed_tracking_method_in_argocd_cm_is_followed_without_a_restart(story: Story) -> None:
    """AC-003, argo-cd.md 5.1: from then on the label is written too."""
    repository = story.repository(files(config_map(story.name)))
    story.app()
    story.synced(repository.head())
    config = f"{CONFIG_MAPS}/argocd-cm"
    story.hub.apply(
        config,
        {
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "argocd-cm", "namespace": "argocd", "labels": PART_OF},
            "data": {"application.resourceTrackingMethod": "annotation+label"},
        },
    )  # fmt: skip
    try:
        wait_for(lambda: story.name in labels(story).values(), "the label is written", limit_s=20)
    finally:
        story.hub.request("DELETE", config)
    wait_for(lambda: story.name not in labels(story).values(), "the label is taken away again", limit_s=30)


def labels(story: Story) -> dict[str, str]:
    """Labels of the live object."""
    found = field(story.live("configmaps").body, "metadata.labels")
    return found if isinstance(found, dict) else {}


def test_the_default_project_is_made_when_it_is_missing(story: Story) -> None:
    """AC-082: it allows everything."""
    story.repository(files(config_map(story.name)))
    assert story.hub.request("DELETE", DEFAULT_PROJECT).good
    wait_for(lambda: story.hub.request("GET", DEFAULT_PROJECT).good, "the default project is back")
    assert field(story.hub.request("GET", DEFAULT_PROJECT).body, "spec.sourceRepos") == ["*"]
    story.app(project="")
    story.synced()


def test_a_private_repository_is_read_with_its_own_secret(story: Story, private_git: GitServer) -> None:
    """AC-088: user and password."""
    private_git.create(story.name, dict(files(config_map(story.name))))
    url = private_git.url_of(story.name)
    data = {"type": "git", "url": url, "username": "robot", "password": "let-me-in"}
    fleet.secret(story.hub, f"repo-{story.name}", "repository", data)
    story.app(repo=url)
    story.synced()
    story.hub.request("DELETE", f"{fleet.SECRETS}/repo-{story.name}")


def test_the_most_specific_credential_template_counts(story: Story, private_git: GitServer) -> None:
    """AC-091: the shorter prefix has a wrong password, so only the longer one can have been used."""
    private_git.create(f"team/{story.name}", dict(files(config_map(story.name))))
    templates = {"short": (private_git.url, "wrong"), "long": (f"{private_git.url}/team", "let-me-in")}
    for name, (prefix, password) in templates.items():
        data = {"type": "git", "url": prefix, "username": "robot", "password": password}
        fleet.secret(story.hub, f"creds-{name}-{story.name}", "repo-creds", data)
    story.app(repo=private_git.url_of(f"team/{story.name}"))
    story.synced()
    assert {access.user for access in private_git.accesses() if access.user} == {"robot"}
    for name in templates:
        story.hub.request("DELETE", f"{fleet.SECRETS}/creds-{name}-{story.name}")


@pytest.fixture
def ssh(git_server: GitServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    try:
        find_sshd()
    except CommandError:
        pytest.skip("needs sshd; install OpenSSH's server to run it")
    if shutil.which("ssh") is None:
        pytest.skip("needs ssh; install OpenSSH's client to run it")
    with ssh_server(tmp_path_factory.mktemp("sshd"), git_server.root) as server:
        yield server


def test_an_ssh_repository_needs_its_key_and_a_known_host(story: Story, ssh: SshServer) -> None:
    """AC-088, AC-093: an unknown host fails; its line in argocd-ssh-known-hosts-cm is used at once."""
    story.repository(files(config_map(story.name)))
    url = ssh.url_of(story.name)
    key = {"type": "git", "url": url, "sshPrivateKey": ssh.private_key}
    fleet.secret(story.hub, f"repo-{story.name}", "repository", key)
    story.app(repo=url)
    story.condition("ComparisonError", has="host key")
    hosts = f"{CONFIG_MAPS}/argocd-ssh-known-hosts-cm"
    story.hub.apply(
        hosts,
        {
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "argocd-ssh-known-hosts-cm", "namespace": "argocd", "labels": PART_OF},
            "data": {"ssh_known_hosts": ssh.known_hosts},
        },
    )  # fmt: skip
    try:
        story.synced(limit_s=30)
    finally:
        story.hub.request("DELETE", hosts)
        story.hub.request("DELETE", f"{fleet.SECRETS}/repo-{story.name}")


def test_an_application_marked_skip_reconcile_is_left_alone(story: Story) -> None:
    """AC-152."""
    story.repository(files(config_map(story.name)))
    body = fleet.application(story.name, repo=story.url, path="app", server=story.target.server, namespace=story.name)
    metadata = body["metadata"]
    assert isinstance(metadata, dict)
    metadata["annotations"] = {"argocd.argoproj.io/skip-reconcile": "true"}
    story.target.ensure_namespace(story.name)
    story.create(body)
    neighbour = story.app(f"{story.name}-b", path="app", automated={})
    story.until(lambda app: sync_status(app) == "OutOfSync", "another app is looked at", name=neighbour)
    assert "status" not in story.get() or not field(story.get(), "status.sync.status")
    answer = story.hub.request(
        "PATCH", f"{APPS}/{story.name}",
        {"metadata": {"annotations": {"argocd.argoproj.io/skip-reconcile": None}}}, content_type=MERGE,
    )  # fmt: skip
    assert answer.good
    story.synced()
