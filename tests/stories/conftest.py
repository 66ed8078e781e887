"""One Argosy for all stories: the hub, both targets registered, a webhook secret, a Git server.

The first target has controllers, so that what is deleted in the foreground goes away.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.bed.cluster import Cluster
from cli.bed.gitserver import GitServer, Login
from cli.bed.rig import Bed
from tests.bed.fleet import SECRETS, register, webhook_secret
from tests.bed.installation import Installation
from tests.stories.kinds import install_kind
from tests.stories.story import Scenery, Story


@pytest.fixture(scope="package")
def scenery(
    bed: Bed, hub: Cluster, live_target: Cluster, git_server: GitServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scenery]:
    webhook_secret(hub)
    for target in bed.targets:
        register(hub, target)
        install_kind(target, "widgets", "Widget")
    data_dir: Path = tmp_path_factory.mktemp("argosy")
    with Installation(hub, data_dir) as argosy:
        yield Scenery(bed, git_server, argosy)
    for target in bed.targets:
        hub.request("DELETE", f"{SECRETS}/cluster-{target.name}")


@pytest.fixture
def story(bed: Bed, scenery: Scenery) -> Iterator[Story]:
    told = Story(scenery)
    yield told
    told.end()


@pytest.fixture
def private_git(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitServer]:
    """A server that lets in `robot` with `let-me-in` only."""
    login = Login(user="robot", password="let-me-in")
    with GitServer(tmp_path_factory.mktemp("private-git"), login=login) as server:
        yield server
