"""`argosy run <role>`: becomes one server process. With cli/offline.py the only file that may load server code.

Each role loads its own modules and no others when it starts: a fetch worker never loads the Kubernetes client, an apply
worker never the git adapter (contracts 5 and 6 of pyproject.toml say the same of the modules).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from gitops.errors import ArgosyError
from gitops.settings import ROLES, Process

WRITERS = ("api", "watch", "diff", "apply", "work")
"""Roles that may write to the hub or to clusters: they look before they write."""


def run_role(role: str, environ: Mapping[str, str]) -> None:
    """Run a role until it is told to stop.

    Raises:
        ArgosyError: the environment is wrong, or Redis or the hub does not answer; the supervisor starts it again.
    """
    process = Process.parse(role, environ)
    if role in WRITERS and not (process.read_only or process.take_over):
        process = replace(process, read_only=_looks_only(process))
    _STARTS[role](process)


def main(argv: Sequence[str]) -> int:
    """`python -m cli.run ROLE`: exit code 0 after a stop, 2 with one line on stderr for an expected failure."""
    try:
        run_role(argv[0] if argv else "", os.environ)
    except ArgosyError as error:
        print(f"argosy run: {error}", file=sys.stderr)
        return 2
    return 0


def _looks_only(process: Process) -> bool:
    from gitops.adapters.kube.competing import writes_elsewhere

    other = writes_elsewhere(process)
    if other:
        print(f"argosy run: {other} runs on the hub: this role writes nothing (--take-over changes that)", flush=True)
    return bool(other)


def _api(process: Process) -> None:
    from api.serve import run

    run(process)


def _watch(process: Process) -> None:
    from workers.watch.main import run

    run(process)


def _fetch(process: Process) -> None:
    from workers.fetch.main import run

    run(process)


def _diff(process: Process) -> None:
    from workers.diff.main import run

    run(process)


def _apply(process: Process) -> None:
    from workers.apply.main import run

    run(process)


def _work(process: Process) -> None:
    from workers.work.main import run

    run(process)


def _beat(process: Process) -> None:
    from workers.beat.main import run

    run(process)


def _flower(process: Process) -> None:
    from workers.flower import run

    run(process)


def _prepare(process: Process) -> None:
    from workers.prepare import run

    run(process)


_STARTS: dict[str, Callable[[Process], None]] = {
    "api": _api,
    "watch": _watch,
    "fetch": _fetch,
    "diff": _diff,
    "apply": _apply,
    "work": _work,
    "beat": _beat,
    "flower": _flower,
    "prepare": _prepare,
}
# A role that settings know and nobody starts would be found only in production.
if set(_STARTS) != set(ROLES):
    raise AssertionError("cli/run.py and gitops/settings.py disagree about the roles")

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
