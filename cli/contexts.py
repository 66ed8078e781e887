"""The file of known servers, in argocd's format (argo-cd.md 12.1); argocd's own file is read while ours is absent."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.errors import CommandError
from cli.wire import Json, Object, at, parts, text

OTHERS = 0o077


@dataclass(frozen=True)
class Target:
    """A server and how to talk to it; `server` has no scheme, `token` may be empty."""

    server: str
    token: str = ""
    plaintext: bool = False
    insecure: bool = False


def path_of(environ: Mapping[str, str], given: str = "") -> Path:
    """Our file: the one given, the one in ARGOSY_CONFIG_DIR, or ~/.config/argosy/config."""
    if given:
        return Path(given)
    folder = environ.get("ARGOSY_CONFIG_DIR", "")
    return (Path(folder) if folder else Path(environ.get("HOME", "~")).expanduser() / ".config/argosy") / "config"


def _argocds(environ: Mapping[str, str]) -> Path:
    folder = environ.get("ARGOCD_CONFIG_DIR", "")
    return (Path(folder) if folder else Path(environ.get("HOME", "~")).expanduser() / ".config/argocd") / "config"


def load(path: Path, environ: Mapping[str, str]) -> Object:
    """What the file says, else argocd's, else nothing.

    Raises:
        CommandError: others may read it, or it is no YAML object.
    """
    for place in (path, _argocds(environ)):
        if place.exists():
            return _read(place)
    return {}


def _read(path: Path) -> Object:
    import yaml  # 20 ms that only commands with a file pay

    if path.stat().st_mode & OTHERS:
        raise CommandError("others may read it, and it holds tokens", about=str(path), hint=f"chmod 600 {path}")
    try:
        found: Json = yaml.safe_load(path.read_text("utf-8"))
    except yaml.YAMLError as error:
        raise CommandError("is no YAML", about=str(path), hint="log in again or repair it") from error
    return found if isinstance(found, dict) else {}


def target_of(config: Object, name: str = "") -> Target | None:
    """The server of a context, the current one unless named; None when there is no current one.

    Raises:
        CommandError: no context has this name.
    """
    wanted = name or text(config, "current-context")
    context = next((one for one in parts(config, "contexts") if text(one, "name") == wanted), None)
    if context is None:
        if name:
            raise CommandError("no such context", about=name, hint="log in with --name, or pick another")
        return None
    server = _named(config, "servers", "server", text(context, "server"))
    user = _named(config, "users", "name", text(context, "user"))
    return Target(
        server=text(context, "server"),
        token=text(user, "auth-token"),
        plaintext=at(server, "plain-text") is True,
        insecure=at(server, "insecure") is True,
    )


def remembered(config: Object, name: str, target: Target) -> Object:
    """The file's content with this login as the current context."""
    server: Object = {"server": target.server, "plain-text": target.plaintext, "insecure": target.insecure}
    entries: dict[str, tuple[str, Object]] = {
        "contexts": ("name", {"name": name, "server": target.server, "user": name}),
        "servers": ("server", server),
        "users": ("name", {"name": name, "auth-token": target.token}),
    }
    after: Object = {**config, "current-context": name}
    for section, (key, entry) in entries.items():
        kept: list[Json] = [one for one in parts(config, section) if text(one, key) != text(entry, key)]
        after[section] = [*kept, entry]
    return after


def save(path: Path, config: Object) -> None:
    """Replace the file at once, readable by its owner only."""
    import yaml

    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    number, name = tempfile.mkstemp(dir=path.parent)  # made with mode 0600
    with os.fdopen(number, "w", encoding="utf-8") as file:
        yaml.safe_dump(config, file, sort_keys=False)
    Path(name).replace(path)


def _named(config: Object, section: str, key: str, value: str) -> Object:
    return next((one for one in parts(config, section) if text(one, key) == value), {})
