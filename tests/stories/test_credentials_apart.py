"""Tools and cluster credentials never share a process: seen from outside, on the running installation."""

from __future__ import annotations

import json
from pathlib import Path

from tests.stories.memory import family_of, files_of, remembers, told_at_start
from tests.stories.story import Story, config_map, files


def cluster_secrets(story: Story) -> set[bytes]:
    """Every token Argosy has for hub and targets, as a file or a header would hold it."""
    return {cluster.token("argosy").encode() for cluster in story.scenery.bed.clusters}


def worked(story: Story) -> None:
    """Let every process do its part once, so that what it needs is in its memory."""
    repository = story.repository(files(config_map(story.name)))
    first, second = story.app(), story.app(f"{story.name}-b", target=story.scenery.other)
    for name in (first, second):
        story.synced(repository.head(), name=name)


def test_fetch_workers_hold_no_cluster_credential_in_environment_files_or_memory(story: Story) -> None:
    """S-018, S-139: the process that meets Git's content could not give a cluster away."""
    worked(story)
    secrets = cluster_secrets(story)
    kubeconfig = story.hub.kubeconfig("argosy")
    for pid in family_of(story.argosy.pids()["fetch"]):
        started = told_at_start(pid)
        assert b"KUBECONFIG" not in started.upper()
        assert not {secret for secret in secrets if secret in started}
        opened = files_of(pid)
        assert kubeconfig not in opened
        assert not {path for path in opened if holds(path, secrets)}
        assert not remembers(pid, secrets | {str(kubeconfig).encode()})


def holds(path: Path, secrets: set[bytes]) -> bool:
    """Whether a regular file of moderate size holds one of the secrets."""
    if not path.is_file() or path.stat().st_size > 50_000_000:
        return False
    content = path.read_bytes()
    return any(secret in content for secret in secrets)


def test_the_same_search_finds_the_credentials_where_they_belong(story: Story) -> None:
    """The control of the test above: `watch` and the workers that talk to clusters do hold them."""
    worked(story)
    pids, secrets = story.argosy.pids(), cluster_secrets(story)
    for role in ("watch", "work"):
        assert remembers(pids[role], secrets), role


def test_the_keys_file_of_the_fetch_role_opens_nothing_but_what_it_needs(story: Story) -> None:
    """The key of sealed repository credentials is for watch and fetch only; none of the files is for others to read."""
    folder = story.argosy.data_dir
    keys = {path.stem: path for path in folder.rglob("*.json") if path.parent.name == "keys"}
    own = keys.pop("all")
    assert own.stat().st_mode & 0o077 == 0
    assert {"fetch", "watch", "work"} <= keys.keys()
    assert all(str(own).encode() not in told_at_start(pid) for pid in story.argosy.pids().values())
    for role, path in keys.items():
        assert path.stat().st_mode & 0o077 == 0, role
        known = json.loads(path.read_text())
        assert ("vault" in known) == (role in ("fetch", "watch")), role
        assert not {secret for secret in cluster_secrets(story) if secret in path.read_bytes()}, role


def test_no_identity_but_our_own_asks_the_api_servers(story: Story) -> None:
    """Two users prove it: everything is asked as `argosy`, nothing as the account that fetch workers would have."""
    audits = [story.audit(cluster) for cluster in story.scenery.bed.clusters]
    worked(story)
    for audit in audits:
        assert list(audit.requests("argosy"))
        assert not list(audit.requests("argosy-fetch"))


def test_no_secret_of_a_cluster_is_in_any_log_or_file_of_the_installation(story: Story) -> None:
    """S-137, S-139: logs, mirrors, pid files and the data of the embedded Valkey."""
    worked(story)
    secrets = cluster_secrets(story)
    found = [path for path in story.argosy.data_dir.rglob("*") if path.is_file() and holds(path, secrets)]
    assert not found
