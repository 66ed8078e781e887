"""Ties a program's life to its supervisor's, then becomes that program.

Run as a file by `Program.argv`, with the standard library alone: a `preexec_fn` after threads have started may
deadlock. On Linux the kernel kills the program when its parent dies, even by SIGKILL; elsewhere only a clean stop
ends it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(argv: list[str]) -> None:
    """`argv`: the supervisor's process id, then the command; does not return."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        # The supervisor may have died before the line above.
        if os.getppid() != int(argv[0]):
            raise SystemExit("the supervisor is gone")
    os.execv(argv[1], argv[1:])  # noqa: S606 -- no shell is what we want


if __name__ == "__main__":
    main(sys.argv[1:])
