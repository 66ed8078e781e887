"""Ends the programs of a bed when the process that started it is gone, however it ended.

Run as `python -m cli.bed.guard RUN LOGS` with the read end of a pipe as standard input: the parent keeps the write end
and never writes, so end of file means that the parent closed it or died.
"""

from __future__ import annotations

import sys
from pathlib import Path

from cli.bed.programs import Programs


def main(run: Path, logs: Path) -> None:
    """Block until the parent is gone, then stop whatever still runs."""
    sys.stdin.buffer.read()
    Programs(run=run, logs=logs).stop_all()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
