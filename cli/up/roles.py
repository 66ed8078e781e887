"""The roles on one machine: which keys and which hub access each may have, and its environment, built from nothing."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from cli.up.folder import PRIVATE, Folder
from cli.up.keys import Keys, hand_out
from cli.up.program import Program


class Role(NamedTuple):
    """`hub`: is given the kubeconfig. `stop_rank`: lower stops first. `grace_s`: from SIGTERM to SIGKILL."""

    name: str
    keys: tuple[str, ...]
    hub: bool
    stop_rank: int
    grace_s: float


_REDIS = "redis_password"
_WORKER = (_REDIS, "message", "cache")
_FLOWER = ("redis_user=flower_redis_user", "redis_password=flower_redis_password", "flower_user", "flower_password")

PREPARE = Role("prepare", (_REDIS,), hub=False, stop_rank=0, grace_s=2)
"""Runs to its end before the others start."""

ROLES = {
    role.name: role
    for role in (
        Role("flower", _FLOWER, hub=False, stop_rank=0, grace_s=3),
        Role("beat", (_REDIS, "message"), hub=False, stop_rank=0, grace_s=3),
        Role("watch", (*_WORKER, "vault"), hub=True, stop_rank=1, grace_s=5),
        Role("fetch", (*_WORKER, "vault"), hub=False, stop_rank=2, grace_s=20),
        Role("work", _WORKER, hub=True, stop_rank=2, grace_s=20),
        Role("diff", _WORKER, hub=True, stop_rank=2, grace_s=20),
        Role("apply", _WORKER, hub=True, stop_rank=2, grace_s=20),
        Role("api", _WORKER, hub=True, stop_rank=3, grace_s=5),
    )
}

# A proxy's address may hold a credential and is of use to git alone.
_FETCH_ONLY = ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy")
_TRUST = ("SSL_CERT_FILE", "SSL_CERT_DIR")


@dataclass(frozen=True)
class Setup:
    """What all roles of one start share."""

    folder: Folder
    keys: Keys
    redis_url: str
    kubeconfig: Path | None
    namespace: str = "argocd"
    port: int = 8080
    flower_port: int = 0
    take_over: bool = False
    allow_http: bool = False
    log_level: str = "info"


def chosen(*, flower: bool, isolate: bool) -> list[Role]:
    """The roles to run: diff and apply share one worker unless isolated; Flower only if asked for."""
    workers = ("diff", "apply") if isolate else ("work",)
    return [ROLES[name] for name in ("api", "watch", "fetch", *workers, "beat", *(("flower",) if flower else ()))]


def program(role: Role, setup: Setup) -> Program:
    """How to start a role; writes its keys file and makes its home."""
    home = setup.folder.home(role.name)
    home.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    keys_file = hand_out(setup.folder.keys, role.name, setup.keys, role.keys)
    return Program(
        name=role.name,
        # -P: the working folder is no place to import from.
        command=(sys.executable, "-P", "-m", "cli.run", role.name),
        environment=environment(role, setup, keys_file),
        cwd=home,
        grace_s=role.grace_s,
    )


def environment(role: Role, setup: Setup, keys_file: Path) -> dict[str, str]:
    """The whole environment of a role: nothing of ours is inherited but what is named here."""
    own = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(setup.folder.home(role.name)),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "ARGOSY_REDIS_URL": setup.redis_url,
        "ARGOSY_KEYS_FILE": str(keys_file),
        "ARGOSY_DATA_DIR": str(setup.folder.root),
        "ARGOSY_NAMESPACE": setup.namespace,
        "ARGOSY_PORT": str(setup.flower_port if role.name == "flower" else setup.port),
        "ARGOSY_TAKE_OVER": _flag(setup.take_over),
        "ARGOSY_REPO_ALLOW_HTTP": _flag(setup.allow_http),
        "ARGOSY_FLOWER": _flag(setup.flower_port > 0),
        "ARGOSY_LOG_LEVEL": setup.log_level,
    }
    if role.hub and setup.kubeconfig is not None:
        own["ARGOSY_KUBECONFIG"] = str(setup.kubeconfig)
    kept = _TRUST + (_FETCH_ONLY if role.name == "fetch" else ())
    return own | {name: os.environ[name] for name in kept if name in os.environ}


def _flag(value: bool) -> str:
    return "1" if value else "0"
