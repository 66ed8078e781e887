"""Who may import whom (pyproject.toml), and that importing is free of work (docs/map.md, limits 4 to 6)."""

from __future__ import annotations

import subprocess
import sys
import sysconfig

import house

ISOLATED = """
import importlib, pkgutil, sys
sys.path[:0] = sys.argv[1:2]
sys.path.append(sys.argv[2])
import gitops
names = [m.name for f in sys.argv[3:] for m in pkgutil.walk_packages([f"{sys.argv[1]}/gitops/{f}"], f"gitops.{f}.")]
for name in names:
    importlib.import_module(name)
foreign = {n.partition(".")[0] for n in sys.modules} - set(sys.stdlib_module_names) - {"gitops", "__main__"}
# The one exception, and what its C part brings along: a parser decides nothing, bytes in, values out (gitops/desired).
foreign -= {"yaml", "_yaml", "cython_runtime"} | {name for name in foreign if name.startswith("_cython_")}
print(len(names), sorted(foreign))
"""


def test_the_import_contracts_are_kept() -> None:
    # The command reads pyproject.toml; through the interpreter it needs no PATH.
    code = "import sys; from importlinter.cli import lint_imports_command as run; sys.exit(run(['--no-cache']))"
    found = subprocess.run([sys.executable, "-c", code], cwd=house.ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr


def test_what_we_know_needs_no_library() -> None:
    # -S: what site-packages load at start by themselves would hide who asked.
    command = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        ISOLATED,
        str(house.ROOT),
        sysconfig.get_path("platlib"),
        *house.DECISIONS,
    ]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    assert found.stdout.endswith("[]\n"), f"loaded besides the standard library: {found.stdout}"
