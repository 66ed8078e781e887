"""`argosy run <role>`: becomes one server process. With cli/offline.py the only file that may load server code.

A role loads its own modules and no others, when it starts: a fetch worker never loads the Kubernetes client, an apply
worker never the git adapter (contracts 5 and 6 of pyproject.toml say the same of the modules).
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace

from gitops.errors import ArgosyError
from gitops.settings import RoleSettings

STARTS = {
    "api": "api.serve",
    "watch": "workers.watch.main",
    "fetch": "workers.fetch.main",
    "diff": "workers.diff.main",
    "apply": "workers.apply.main",
    "work": "workers.work.main",
    "beat": "workers.beat.main",
    "flower": "workers.flower",
    "prepare": "workers.prepare",
}
"""Role -> module with `run(settings: RoleSettings)`, which returns when the role is told to stop."""

WRITERS = ("api", "watch", "diff", "apply", "work")
"""Roles that may write to the hub or to clusters: they look before they write."""


def run_role(role: str, environ: Mapping[str, str]) -> None:
    """Run a role until it is told to stop.

    Raises:
        ArgosyError: the environment is wrong, or Redis or the hub does not answer; the supervisor starts it again.
    """
    settings = RoleSettings.parse(role, environ)
    if role in WRITERS and not (settings.read_only or settings.take_over):
        settings = replace(settings, read_only=_another_writes(settings))
    importlib.import_module(STARTS[role]).run(settings)


def main(argv: Sequence[str]) -> int:
    """`python -m cli.run ROLE`: exit code 0 after a stop, 2 with one line on stderr for an expected failure."""
    try:
        run_role(argv[0] if argv else "", os.environ)
    except ArgosyError as error:
        print(f"argosy run: {error}", file=sys.stderr)
        return 2
    return 0


def _another_writes(settings: RoleSettings) -> bool:
    # Loaded here: only roles that may hold a cluster credential know the Kubernetes client.
    from gitops.adapters.kube.client import Client
    from gitops.adapters.kube.hub import KubeHub
    from gitops.adapters.kube.kubeconfig import load

    other = KubeHub(Client(load(settings.kubeconfig)), settings.namespace, read_only=True).competitor()
    if other:
        print(f"argosy run: {other}: this role looks and writes nothing (--take-over changes that)", flush=True)
    return bool(other)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
