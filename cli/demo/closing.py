"""The end of the demo: where everything is, and what to try."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

from cli.bed.cluster import Cluster
from cli.bed.files import write_private
from cli.bed.repository import Repository
from cli.demo.argosy import Argosy
from cli.demo.example import NAME
from cli.demo.screen import Screen

_FIRST_PASSWORD = "/api/v1/namespaces/argocd/secrets/argocd-initial-admin-secret"  # noqa: S105 -- a path


def tell_where(screen: Screen, folder: Path, argosy: Argosy, hub: Cluster, repository: Repository) -> None:
    """Print the addresses, the files with the logins, and two things to do."""
    program = _short(Path(sys.executable).with_name("argosy"))
    screen.head("It is yours", "until Ctrl-C; the next start goes on from here")
    password = _admin_password(hub, folder)
    login = f'{program} login {argosy.url} --username admin --password "$(cat {password})"'
    screen.row("API", argosy.url, login, f"{program} app get {NAME}")
    address, keys = argosy.flower()
    if address:
        user, secret_file = _flower_login(keys, folder)
        screen.row("Flower", address, f"user {user}, password in {secret_file}")
    screen.row("Cluster", f"export KUBECONFIG={_short(hub.kubeconfig('admin'))}", f"kubectl -n {NAME} edit cm {NAME}")
    screen.row("Git", _short(repository.path), "clone it, push to it: Argosy looks every two minutes without a webhook")
    screen.row("Logs", f"{_short(argosy.output)}, {_short(argosy.folder / 'logs')}")


def _admin_password(hub: Cluster, folder: Path) -> str:
    data = hub.request("GET", _FIRST_PASSWORD).body.get("data")
    text = str(data.get("password", "")) if isinstance(data, dict) else ""
    return _kept(folder / "admin-password", base64.b64decode(text))


def _flower_login(keys: Path, folder: Path) -> tuple[str, str]:
    login: dict[str, str] = json.loads(keys.read_text(encoding="utf-8"))
    return login["flower_user"], _kept(folder / "flower-password", login["flower_password"].encode())


def _kept(path: Path, password: bytes) -> str:
    write_private(path, password)
    return _short(path)


def _short(path: Path) -> str:
    """Relative to the working folder where it is below it, as a person would type it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
