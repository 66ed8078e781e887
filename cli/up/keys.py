"""Keys of one installation: made once, and handed to each role as a file with only what it may have."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

Keys = dict[str, str | list[str]]
"""Name -> value, as in the keys files that gitops/settings.py reads."""


def load_or_make(folder: Path) -> Keys:
    """The installation's keys; made at the first call and the same from then on."""
    path = folder / "all.json"
    known: Keys = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    keys = _fresh() | known
    if keys != known:
        write_private(path, json.dumps(keys, indent=1))
    return keys


def hand_out(folder: Path, role: str, keys: Keys, names: Iterable[str]) -> Path:
    """Write the keys file of a role with the named keys only; `a=b` hands out key `b` under the name `a`."""
    pairs = ((into, source or into) for into, _, source in (name.partition("=") for name in names))
    path = folder / f"{role}.json"
    write_private(path, json.dumps({into: keys[source] for into, source in pairs}))
    return path


def write_private(path: Path, text: str) -> None:
    """Write a file that was never readable by others, all or nothing."""
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def _fresh() -> Keys:
    return {
        "redis_password": secrets.token_urlsafe(32),
        "message": [secrets.token_hex(32)],
        "cache": secrets.token_hex(32),
        "vault": secrets.token_hex(32),
        "flower_redis_user": "flower",
        "flower_redis_password": secrets.token_urlsafe(32),
        "flower_user": "argosy",
        "flower_password": secrets.token_urlsafe(18),
    }
