"""What a role of Argosy says in its log from some moment on, one JSON object per line."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.bed.installation import Installation


def entries(argosy: Installation, role: str) -> Callable[[], list[dict[str, object]]]:
    """A function that reads the lines which `role` wrote since this call."""
    path = argosy.data_dir / "logs" / f"{role}.log"
    start = path.stat().st_size if path.exists() else 0

    def read() -> list[dict[str, object]]:
        with path.open() as lines:
            lines.seek(start)
            return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}\n")]

    return read
