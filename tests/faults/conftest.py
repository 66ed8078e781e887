"""An installation to hurt, and fleets for it; Applications are removed when the test ends."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest

from cli.bed.cluster import Cluster
from cli.bed.gitserver import GitServer
from cli.bed.rig import Bed
from tests.bed.audit import Audit
from tests.bed.fleet import SECRETS, register, webhook_secret
from tests.bed.installation import Installation
from tests.faults.yard import Fleet, fleet

MakeFleet = Callable[..., Fleet]


@pytest.fixture(scope="package")
def registered(bed: Bed, hub: Cluster) -> Iterator[None]:
    """Both targets are known to the hub, and the webhook's secret; gone again for the other folders."""
    webhook_secret(hub)
    for target in bed.targets:
        register(hub, target)
    yield
    for name in ("argocd-secret", *(f"cluster-{target.name}" for target in bed.targets)):
        hub.request("DELETE", f"{SECRETS}/{name}")


@pytest.fixture(scope="module")
def argosy(registered: None, hub: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """`argosy up` with a folder of its own; the tests of a module share it."""
    # A short name: the path of Valkey's socket must fit in 100 bytes.
    with Installation(hub, tmp_path_factory.mktemp("a")) as running:
        yield running


@pytest.fixture(scope="module")
def make_fleet(bed: Bed, registered: None, git_server: GitServer) -> Iterator[MakeFleet]:
    """Makes a fleet over both targets."""
    with contextlib.ExitStack() as made:

        def make(name: str, count: int, *, targets: list[Cluster] | None = None) -> Fleet:
            planned = fleet(name, bed.hub, targets or bed.targets, git_server, count)
            made.callback(planned.remove)
            return planned

        yield make


@pytest.fixture
def audits(bed: Bed, registered: None) -> list[Audit]:
    """What the API servers of the targets are asked from now on."""
    return [Audit(target.audit_log) for target in bed.targets]
