"""The keys of an installation whose roles are started by others: files for containers."""

from __future__ import annotations

from pathlib import Path

from cli.up.folder import PRIVATE
from cli.up.keys import hand_out, load_or_make, write_private
from cli.up.roles import ROLES

_REDIS = """\
requirepass {password}
user flower on >{flower} {rule}
dir /data
maxmemory 512mb
maxmemory-policy noeviction
save ""
appendonly yes
appendfsync everysec
"""


def write_all(folder: Path, flower_rule: str) -> list[Path]:
    """Write a keys file per role and redis.conf; the paths. Keys that are there are kept."""
    folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    keys = load_or_make(folder)
    written = [hand_out(folder, role.name, keys, role.keys) for role in ROLES.values()]
    settings = folder / "redis.conf"
    passwords = {"password": keys["redis_password"], "flower": keys["flower_redis_password"]}
    write_private(settings, _REDIS.format(**passwords, rule=flower_rule))
    return [*written, settings]
