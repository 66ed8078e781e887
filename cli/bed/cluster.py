"""One cluster of a running bed: where it answers, as whom, and a small client for tests and set-up."""

from __future__ import annotations

import base64
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import urllib3
import yaml

from cli.bed.files import write_private
from cli.errors import CommandError, Exit

_TIMEOUT = urllib3.Timeout(connect=2.0, read=30.0)  # seconds


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; `body` is empty unless the server sent a JSON object."""

    status: int
    body: dict[str, object] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        """A 2xx answer."""
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Cluster:
    """A cluster by its address; `namespaces` is empty, or what its `argosy` user is limited to (a slice).

    `audit_log` is the server's, one JSON event per line; slices of one server share it.
    """

    name: str
    server: str
    authority: Path
    audit_log: Path
    folder: Path
    tokens: Mapping[str, str] = field(repr=False)
    namespaces: tuple[str, ...] = ()

    @property
    def ca_pem(self) -> str:
        """The authority's certificate."""
        return self.authority.read_text()

    def token(self, user: str = "argosy") -> str:
        """The bearer token of a user.

        Raises:
            CommandError: no such user; the message lists them.
        """
        if user not in self.tokens:
            raise CommandError(f"has no user {user!r}", about=self.name, hint=f"there are {', '.join(self.tokens)}")
        return self.tokens[user]

    def kubeconfig(self, user: str = "admin") -> Path:
        """A kubeconfig file (0600) for a user; written when asked for the first time."""
        path = self.folder / f"{user}.kubeconfig"
        text = self._kubeconfig(user)
        if not path.exists() or path.read_text() != text:
            write_private(path, text)
        return path

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        user: str = "admin",
        content_type: str = "application/json",
    ) -> Answer:
        """One request to the API server, `body` sent as JSON.

        Raises:
            CommandError: the server does not answer.
        """
        headers = {"Authorization": f"Bearer {self.token(user)}", "Accept": "application/json"}
        content = None
        if body is not None:
            headers["Content-Type"] = content_type
            content = msgspec.json.encode(body)
        try:
            answer = _pool(str(self.authority)).request(method, self.server + path, body=content, headers=headers)
        except urllib3.exceptions.HTTPError as error:
            raise CommandError(f"{method} {path}: {error}", code=Exit.UNREACHABLE, about=self.name) from error
        return Answer(answer.status, _object(answer.data))

    def text(self, path: str, *, user: str = "observer") -> str:
        """The body of a GET that is no JSON, such as `/metrics`."""
        headers = {"Authorization": f"Bearer {self.token(user)}"}
        return _pool(str(self.authority)).request("GET", self.server + path, headers=headers).data.decode()

    def apply(self, path: str, manifest: object, *, manager: str = "bed") -> Answer:
        """Server-side apply of one object at its path; force, so that the bed always wins.

        Raises:
            CommandError: the server refused, with its reason.
        """
        separator = "&" if "?" in path else "?"
        target = f"{path}{separator}fieldManager={manager}&force=true"
        answer = self.request("PATCH", target, manifest, content_type="application/apply-patch+yaml")
        if not answer.good:
            raise CommandError(f"apply {path}: {answer.status} {answer.body.get('message', '')}", about=self.name)
        return answer

    def ensure_namespace(self, name: str) -> None:
        """Create a namespace unless it is there. It can be deleted for good only where controllers run."""
        self.apply(f"/api/v1/namespaces/{name}", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    def ready(self) -> bool:
        """Does the server say that it is ready?"""
        try:
            return self.request("GET", "/readyz").status == 200
        except CommandError:
            return False  # not listening yet: the same answer for whoever polls

    def _kubeconfig(self, user: str) -> str:
        authority = base64.b64encode(self.authority.read_bytes()).decode()
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": self.name,
            "clusters": [
                {"name": self.name, "cluster": {"server": self.server, "certificate-authority-data": authority}}
            ],
            "users": [{"name": user, "user": {"token": self.token(user)}}],
            "contexts": [{"name": self.name, "context": {"cluster": self.name, "user": user}}],
        }
        return yaml.safe_dump(config, sort_keys=False)


@functools.cache
def _pool(authority: str) -> urllib3.PoolManager:
    return urllib3.PoolManager(ca_certs=authority, timeout=_TIMEOUT, retries=False, maxsize=4)


def _object(data: bytes) -> dict[str, object]:
    try:
        return msgspec.json.decode(data, type=dict[str, object])
    except msgspec.DecodeError:
        return {}  # "ok" of a health endpoint, a list, or nothing
