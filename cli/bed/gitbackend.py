"""Runs `git http-backend` (CGI) for one request, and names what the request asks for."""

from __future__ import annotations

import functools
import gzip
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

_TIMEOUT_S = 120
_SERVICES = ("/info/refs", "/git-upload-pack", "/git-receive-pack")


@dataclass(frozen=True)
class GitRequest:
    """An HTTP request; header names in lower case, body complete."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def repository(self) -> str:
        """The repository's path below the root, such as `team/app.git`."""
        for service in _SERVICES:
            if self.path.endswith(service):
                return self.path.removesuffix(service).strip("/")
        return self.path.strip("/")


@dataclass(frozen=True)
class GitAnswer:
    """What git answered; Content-Length is the caller's to add."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def kind_of(request: GitRequest) -> str:
    """info/refs, ls-refs, fetch, push or other; protocol version 2 says it in the body, older ones only fetch."""
    if request.path.endswith("/info/refs"):
        return "info/refs"
    if request.path.endswith("/git-receive-pack"):
        return "push"
    if not request.path.endswith("/git-upload-pack"):
        return "other"
    packed = request.headers.get("content-encoding") == "gzip"
    body = gzip.decompress(request.body) if packed else request.body
    return "ls-refs" if body[4:].startswith(b"command=ls-refs") else "fetch"


def answer(request: GitRequest, root: Path, user: str) -> GitAnswer:
    """Let git answer; `user` (may be empty) is who logged in, and only a known user may push.

    A program that fails or answers nothing becomes a 500 with its own words.
    """
    done = subprocess.run(
        [_program()],
        input=request.body,
        env=_environment(request, root, user),
        check=False,
        capture_output=True,
        timeout=_TIMEOUT_S,
    )
    head, separator, body = done.stdout.partition(b"\r\n\r\n")
    if done.returncode != 0 or not separator:
        return GitAnswer(HTTPStatus.INTERNAL_SERVER_ERROR, {"Content-Type": "text/plain"}, done.stderr)
    headers = dict(line.split(": ", 1) for line in head.decode("latin-1").split("\r\n"))
    status = int(headers.pop("Status", "200").split()[0])
    return GitAnswer(status, headers, body)


@functools.cache
def _program() -> str:
    """The CGI program itself: starting it through `git` costs one more process per request."""
    where = subprocess.run(["git", "--exec-path"], check=True, capture_output=True, text=True, timeout=_TIMEOUT_S)
    return str(Path(where.stdout.strip()) / "git-http-backend")


def _environment(request: GitRequest, root: Path, user: str) -> dict[str, str]:
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "REQUEST_METHOD": request.method,
        "PATH_INFO": request.path,
        "QUERY_STRING": request.query,
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(request.body)),
        "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
        "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
        "REMOTE_ADDR": "127.0.0.1",
    }
    return environment | {"REMOTE_USER": user} if user else environment
