"""The Go module trees that the programs of the test-bed come from: versions, packages, upstream release addresses.

A tree is one folder below `cli/bed/go` with a go.mod, go.sum and tools.go; to change a version, edit go.mod and the
table here, then run `go mod tidy` in the folder.
"""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_GO = Path(__file__).with_name("go")
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True)
class Release:
    """Where upstream publishes a program and its sha256; fields: version, os, arch, program.

    `member` names the file inside a .tar.gz; empty when the address is the program itself. The checksum file holds
    either one digest or lines of `digest  file name`.
    """

    address: str
    checksum: str
    member: str = ""


@dataclass(frozen=True)
class Tree:
    """One Go module tree: what it builds (program -> Go package) and how."""

    name: str
    version: str
    packages: Mapping[str, str]
    variables: Mapping[str, str] = field(default_factory=dict)
    release: Release | None = None

    @property
    def folder(self) -> Path:
        """Where go.mod and go.sum lie."""
        return _GO / self.name

    @property
    def ldflags(self) -> str:
        """Linker flags: no symbols, and the version, without which the server calls itself v0.0.0-master."""
        return " ".join(["-s -w", *(f"-X {name}={value}" for name, value in self.variables.items())])

    @property
    def key(self) -> str:
        """Name of this tree's folder in the cache: another version, platform or dependency is another folder."""
        digest = hashlib.sha256((self.folder / "go.sum").read_bytes()).hexdigest()
        return f"{self.name}-{self.version}-{operating_system()}-{architecture()}-{digest[:12]}"


def operating_system() -> str:
    """Go's name of this operating system."""
    return "darwin" if sys.platform == "darwin" else "linux"


def architecture() -> str:
    """Go's name of this processor; an unknown one is passed on as it is."""
    machine = platform.machine().lower()
    return _MACHINES.get(machine, machine)


_VERSION = "k8s.io/component-base/version"
_KUBERNETES_PROGRAMS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")

ETCD = Tree(
    name="etcd",
    version="v3.7.3",
    packages={"etcd": "go.etcd.io/etcd/server/v3"},
    release=Release(
        address="https://github.com/etcd-io/etcd/releases/download/{version}/etcd-{version}-{os}-{arch}.tar.gz",
        checksum="https://github.com/etcd-io/etcd/releases/download/{version}/SHA256SUMS",
        member="etcd-{version}-{os}-{arch}/{program}",
    ),
)
KUBERNETES = Tree(
    name="kubernetes",
    version="v1.36.1",
    packages={program: f"k8s.io/kubernetes/cmd/{program}" for program in _KUBERNETES_PROGRAMS},
    variables={f"{_VERSION}.gitVersion": "v1.36.1", f"{_VERSION}.gitMajor": "1", f"{_VERSION}.gitMinor": "36"},
    release=Release(
        address="https://dl.k8s.io/{version}/bin/{os}/{arch}/{program}",
        checksum="https://dl.k8s.io/{version}/bin/{os}/{arch}/{program}.sha256",
    ),
)
# kwok's release has no checksum file to hold a download against, so it is always built.
KWOK = Tree(name="kwok", version="v0.8.0", packages={"kwok": "sigs.k8s.io/kwok/cmd/kwok"})

TREES = (ETCD, KUBERNETES, KWOK)
SERVER_PROGRAMS = ("etcd", "kube-apiserver")
CONTROLLER_PROGRAMS = ("kube-controller-manager", "kube-scheduler", "kwok")


def tree_of(program: str) -> Tree:
    """The tree that builds a program; KeyError for a name that is in no tree."""
    return {name: tree for tree in TREES for name in tree.packages}[program]
