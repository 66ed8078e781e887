"""What a role process is told at its start: ARGOSY_* variables and one file of keys, parsed once.

`VARIABLES` is the reference page (docs/reference/settings.md is printed from it). Settings of the installation that
users change while Argosy runs live in the hub (argocd-cm and friends, gitops/model/config.py), never here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeAlias

from gitops.errors import InvalidError

ROLES = ("api", "watch", "fetch", "diff", "apply", "work", "beat", "flower", "prepare")
"""Every role of `argosy run`; `work` is diff and apply in one worker, `prepare` is done when it returns."""


class Variable(NamedTuple):
    """One environment variable, as the reference page shows it; an empty default means: not set."""

    name: str
    default: str
    meaning: str


VARIABLES = (
    Variable(
        "ARGOSY_REDIS_URL",
        "",
        "Required. Redis: `redis://host:port/0`, `rediss://…` or `redis+socket:///path`, no password.",
    ),
    Variable("ARGOSY_KEYS_FILE", "", "Required. JSON file with the keys of this role, not readable by others."),
    Variable("ARGOSY_NAMESPACE", "argocd", "Namespace of the hub that holds Applications and settings."),
    Variable(
        "ARGOSY_KUBECONFIG", "", "Kubeconfig of the hub; without it the Pod's account. Never for fetch, beat, flower."
    ),
    Variable("ARGOSY_DATA_DIR", "", "Required. Folder for mirrors, exports and ready files."),
    Variable("ARGOSY_HOST", "127.0.0.1", "Address that api and flower listen on."),
    Variable("ARGOSY_PORT", "8080", "Port that api or flower listens on."),
    Variable("ARGOSY_READ_ONLY", "0", "1: look at everything, write nothing to the hub and to clusters."),
    Variable("ARGOSY_TAKE_OVER", "0", "1: write although an argocd-application-controller runs on the hub."),
    Variable("ARGOSY_LOG_LEVEL", "info", "debug, info, warning or error."),
    Variable("ARGOSY_REPO_ALLOW_HTTP", "0", "1: repositories may be fetched over plain http."),
    Variable("ARGOSY_REDIS_OPEN", "0", "1: accept a Redis that demands no password. For tests only."),
    Variable("ARGOSY_FLOWER", "0", "1: workers send task events for Flower."),
    Variable("ARGOSY_SLOTS", "0", "Threads of a worker; 0 means the role's default."),
)

_WRITERS = "let `argosy up` or the chart write it"
_LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True)
class Keys:
    """The keys one role may have; an empty value means that this role is not given it (design.md section 10).

    `message`: signing keys, the first signs, all verify. `cache`: seals index, desired objects and fingerprints.
    `vault`: opens repository credentials, for watch and fetch. `flower_password`: login of Flower's pages.
    """

    redis_user: str = ""
    redis_password: str = ""
    message: tuple[bytes, ...] = ()
    cache: bytes = b""
    vault: bytes = b""
    flower_user: str = ""
    flower_password: str = ""

    def __repr__(self) -> str:
        return "Keys(…)"

    @classmethod
    def parse(cls, text: str, about: str) -> Keys:
        """Read the JSON text of a keys file; unknown names are ignored, so that a newer file serves an older role.

        Raises:
            InvalidError: no JSON object, or a value is no text or no hex digits.
        """
        try:
            found = json.loads(text)
        except ValueError as error:
            raise InvalidError("is no JSON", about=about, hint=_WRITERS) from error
        if not isinstance(found, dict):
            raise InvalidError("is no JSON object", about=about, hint=_WRITERS)
        message = found.get("message", [])
        if not isinstance(message, list):
            raise InvalidError("`message` is no list", about=about, hint="write a list of hex texts")
        return cls(
            redis_user=_text(found, "redis_user", about),
            redis_password=_text(found, "redis_password", about),
            message=tuple(_hex(key, "message", about) for key in message),
            cache=_hex(found.get("cache", ""), "cache", about),
            vault=_hex(found.get("vault", ""), "vault", about),
            flower_user=_text(found, "flower_user", about),
            flower_password=_text(found, "flower_password", about),
        )


@dataclass(frozen=True)
class RoleSettings:
    """Everything a role process is told; no module reads the environment after this."""

    role: str
    redis_url: str
    keys: Keys
    data_dir: Path
    namespace: str = "argocd"
    kubeconfig: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8080
    read_only: bool = False
    take_over: bool = False
    log_level: str = "info"
    repo_allow_http: bool = False
    redis_open: bool = False
    flower: bool = False
    slots: int = 0

    @classmethod
    def parse(cls, role: str, environ: Mapping[str, str]) -> RoleSettings:
        """Read the environment and the keys file of a role.

        Raises:
            InvalidError: names the variable, its value and what would do.
        """
        if role not in ROLES:
            raise InvalidError(f"unknown role {role!r}", about="argosy run", hint=f"use one of {', '.join(ROLES)}")
        values = {v.name: environ.get(v.name) or v.default for v in VARIABLES}
        kubeconfig = values["ARGOSY_KUBECONFIG"]
        return cls(
            role=role,
            redis_url=_needed(values, "ARGOSY_REDIS_URL"),
            keys=_keys(Path(_needed(values, "ARGOSY_KEYS_FILE"))),
            data_dir=Path(_needed(values, "ARGOSY_DATA_DIR")),
            namespace=values["ARGOSY_NAMESPACE"],
            kubeconfig=Path(kubeconfig) if kubeconfig else None,
            host=values["ARGOSY_HOST"],
            port=_number(values, "ARGOSY_PORT", 65535),
            read_only=_flag(values, "ARGOSY_READ_ONLY"),
            take_over=_flag(values, "ARGOSY_TAKE_OVER"),
            log_level=_level(values),
            repo_allow_http=_flag(values, "ARGOSY_REPO_ALLOW_HTTP"),
            redis_open=_flag(values, "ARGOSY_REDIS_OPEN"),
            flower=_flag(values, "ARGOSY_FLOWER"),
            slots=_number(values, "ARGOSY_SLOTS", 256),
        )


Process: TypeAlias = RoleSettings
"""What `argosy run` hands to a role, by the short name used in signatures."""


def table() -> str:
    """The reference page as Markdown."""
    rows = [f"| `{v.name}` | {f'`{v.default}`' if v.default else ''} | {v.meaning} |" for v in VARIABLES]
    head = (
        "# Settings of a role process\n\nPrinted from `gitops/settings.py` by `make docs`; do not edit.\n\n"
        "Roles of `argosy run`: " + ", ".join(f"`{role}`" for role in ROLES) + ".\n\n"
        "| variable | default | meaning |\n|---|---|---|\n"
    )
    return head + "\n".join(rows) + "\n"


def _keys(path: Path) -> Keys:
    about = f"ARGOSY_KEYS_FILE={path}"
    try:
        if path.stat().st_mode & 0o007:
            raise InvalidError("other users may read it", about=about, hint="chmod o= the file")
        return Keys.parse(path.read_text(encoding="utf-8"), about)
    except OSError as error:
        raise InvalidError(f"cannot be read ({error.strerror})", about=about, hint=_WRITERS) from error


def _needed(values: Mapping[str, str], name: str) -> str:
    if not values[name]:
        raise InvalidError("is not set", about=name, hint="`argosy up` sets it for its roles")
    return values[name]


def _flag(values: Mapping[str, str], name: str) -> bool:
    if values[name] not in ("0", "1"):
        raise InvalidError(f"{values[name]!r} is no flag", about=name, hint="use 0 or 1")
    return values[name] == "1"


def _number(values: Mapping[str, str], name: str, limit: int) -> int:
    text = values[name]
    if not (text.isascii() and text.isdigit() and int(text) <= limit):
        raise InvalidError(f"{text!r} is no number from 0 to {limit}", about=name, hint="give a plain number")
    return int(text)


def _level(values: Mapping[str, str]) -> str:
    level = values["ARGOSY_LOG_LEVEL"].lower()
    if level not in _LEVELS:
        raise InvalidError(f"{level!r} is no log level", about="ARGOSY_LOG_LEVEL", hint="use " + ", ".join(_LEVELS))
    return level


def _text(found: Mapping[str, object], name: str, about: str) -> str:
    value = found.get(name, "")
    if not isinstance(value, str):
        raise InvalidError(f"`{name}` is no text", about=about, hint="write a JSON string")
    return value


def _hex(value: object, name: str, about: str) -> bytes:
    try:
        return bytes.fromhex(value if isinstance(value, str) else "?")
    except ValueError as error:
        # The value itself is a key: it is not part of the message.
        raise InvalidError(f"`{name}` is no hex text", about=about, hint="write pairs of hex digits") from error
