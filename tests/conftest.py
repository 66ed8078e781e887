"""The parts that tests share: a real test-bed for the whole run, and a real Git server.

A test that asks for the bed, directly or not, gets the marker `bed`. Clusters are shared, so a test works in a
namespace of its own (`namespace`) and leaves everything else as it was.

The bed is a hub and two targets without controllers: three API servers are ready in about 8 s, controllers cost another
230 MB and 3 s. `live_target` brings the first target to life when the first test asks for it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.bed.cluster import Cluster
from cli.bed.crds import install_crds
from cli.bed.gitserver import GitServer
from cli.bed.rig import Bed

CRDS = Path(__file__).parent.parent / "charts" / "argosy" / "crds"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if isinstance(item, pytest.Function) and "bed" in item.fixturenames:
            item.add_marker(pytest.mark.bed)


@pytest.fixture(scope="session")
def bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    """A hub and two targets; data is not synced to disk."""
    with Bed(tmp_path_factory.mktemp("bed"), clusters=3, fsync=False) as started:
        yield started


@pytest.fixture(scope="session")
def hub(bed: Bed) -> Cluster:
    """The hub with Argo CD's definitions and the namespace argocd."""
    install_crds(bed.hub, CRDS)
    return bed.hub


@pytest.fixture(scope="session")
def live_target(bed: Bed) -> Cluster:
    """The first target, with controllers: Deployments roll out, owner references delete, namespaces go away."""
    bed.bring_to_life("target-1")
    return bed.targets[0]


@pytest.fixture
def namespace() -> str:
    """A name that no other test uses; create it with `cluster.ensure_namespace`."""
    return f"test-{secrets.token_hex(4)}"


@pytest.fixture(scope="session")
def git_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitServer]:
    """Repositories over HTTP; create one per test with `git_server.create(name, files)`."""
    with GitServer(tmp_path_factory.mktemp("git")) as server:
        yield server
