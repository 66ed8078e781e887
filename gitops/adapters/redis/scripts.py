"""The Lua scripts beside this file, by name, with the SHA-1 that Redis knows them by."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files


@cache
def script(*names: str) -> tuple[str, str]:
    """SHA-1 and text of the named files of `lua/`, one after the other as one script."""
    folder = files("gitops.adapters.redis") / "lua"
    text = "\n".join((folder / f"{name}.lua").read_text("utf-8") for name in names)
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(), text
