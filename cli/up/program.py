"""What the supervisor knows of a program it keeps running."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_SHIM = Path(__file__).with_name("shim.py")


@dataclass(frozen=True)
class Program:
    """`environment` is all the program gets; `grace_s` is the time from SIGTERM to SIGKILL."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    cwd: Path
    grace_s: float

    def argv(self, supervisor: int) -> list[str]:
        """The command behind the shim that ties its life to that of the process `supervisor`."""
        return [sys.executable, "-I", "-S", str(_SHIM), str(supervisor), *self.command]
