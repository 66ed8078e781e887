"""The stage of all scenarios: a hub, a target, a git server, Argosy, and N plain apps (performance.md 7.3)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.measure import Usage, usage
from bench.observer import Observer, applications, config_maps
from cli.bed.cluster import Cluster
from cli.bed.crds import install_crds
from cli.bed.gitserver import GitServer
from cli.bed.repository import Repository
from cli.bed.rig import Bed
from tests.bed.audit import Audit
from tests.bed.fleet import application, manifests, register, webhook_secret
from tests.bed.installation import Installation

SINGLES = 5
CRDS = Path(__file__).parent.parent / "charts" / "argosy" / "crds"


@dataclass
class Stage:
    """Everything a scenario needs."""

    bed: Bed
    git: GitServer
    argosy: Installation
    mono: Repository
    singles: list[Repository]
    count: int
    hub_audit: Audit
    target_audit: Audit

    @property
    def hub(self) -> Cluster:
        """Where the Applications are."""
        return self.bed.hub

    @property
    def target(self) -> Cluster:
        """Where their objects are."""
        return self.bed.targets[0]

    def usage(self) -> Usage:
        """Of all roles of Argosy, Valkey included."""
        return usage(self.argosy.pids().values())

    def watch(self) -> tuple[Observer, Observer]:
        """Observers of Applications and of ConfigMaps."""
        return applications(self.hub), config_maps(self.target)

    def apps(self) -> list[dict[str, object]]:
        """All Applications: N in the monorepo, ten a namespace, and five with a repository of their own."""
        mono = [
            application(
                name, repo=self.git.url_of("mono"), path=f"apps/{name}", server=self.target.server, namespace=place
            )
            for name, place in ((mono_name(n), namespace_of(n)) for n in range(self.count))
        ]
        single = [
            application(
                f"single-{n}", repo=self.git.url_of(f"single-{n}"), path="app", server=self.target.server,
                namespace="singles",
            )
            for n in range(SINGLES)
        ]  # fmt: skip
        return mono + single


def mono_name(n: int) -> str:
    """The n-th app of the monorepo."""
    return f"app-{n:04d}"


def namespace_of(n: int) -> str:
    """Ten apps share a namespace."""
    return f"team-{n // 10:03d}"


@contextlib.contextmanager
def stage(folder: Path, count: int) -> Iterator[Stage]:
    """Build the stage; Argosy is up, no app exists yet."""
    with Bed(folder / "bed", clusters=2, controllers=["target-1"]) as bed, GitServer(folder / "git") as git:
        install_crds(bed.hub, CRDS)
        webhook_secret(bed.hub)
        target = bed.targets[0]
        register(bed.hub, target)
        for place in [*{namespace_of(n) for n in range(count)}, "singles"]:
            target.ensure_namespace(place)
        files = {
            f"apps/{mono_name(n)}/{name}": text for n in range(count) for name, text in manifests(mono_name(n)).items()
        }
        mono = git.create("mono", files)
        singles = [
            git.create(f"single-{n}", {f"app/{k}": v for k, v in manifests(f"single-{n}").items()})
            for n in range(SINGLES)
        ]
        with Installation(bed.hub, folder / "argosy") as argosy:
            yield Stage(bed, git, argosy, mono, singles, count, Audit(bed.hub.audit_log), Audit(target.audit_log))
