"""The git program, the only place that runs it: complete argument lists through GitPython's runner, nothing inherited.

None of GitPython's convenience calls is used (design.md section 10), only `Git.execute`. GitPython would pass our own
environment on, so the program is started by `env -i` with exactly the variables written here.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gitops.errors import InvalidError, RetryableError
from gitops.model.credentials import RepoAccess

WALL_S = 300.0
_BLOCKS_2_GIB = "4194304"
"""Largest file git may write, in blocks of 512 bytes: the cap on a pack (security-reliability.md 11)."""
_ASKPASS = """#!/bin/sh
case "$1" in
  Username*) exec cat "${0%/*}/username" ;;
  *) exec cat "${0%/*}/password" ;;
esac
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended; `stderr` may name files of ours but never holds a credential."""

    code: int
    stdout: bytes
    stderr: str


class GitProgram:
    """Runs git below one folder of ours, which also is its home; safe for use by several threads."""

    def __init__(self, home: Path, *, allow_http: bool) -> None:
        self._home = home
        self._protocols = "https:ssh:http" if allow_http else "https:ssh"

    def run(
        self,
        arguments: Sequence[str],
        folder: Path,
        access: RepoAccess | None = None,
        *,
        stdin: BinaryIO | None = None,
        wall_s: float = WALL_S,
    ) -> Outcome:
        """Run `git <arguments>` in a bare repository; past `wall_s` its whole process group is killed.

        Raises:
            RetryableError: the time limit passed.
            InvalidError: there is no git program.
        """
        with self._private(access) as secrets:
            command = ["env", "-i", *self._environment(secrets), *_LIMITED, "git", f"--git-dir={folder}", *arguments]
            process = _started(command, folder, stdin)
            try:
                stdout, stderr = process.communicate(timeout=wall_s)
            except subprocess.TimeoutExpired as error:
                _kill(process)
                raise RetryableError(
                    f"git {arguments[0]} exceeded {wall_s:.0f} s", hint="look at the server"
                ) from error
            return Outcome(process.returncode, stdout, stderr.decode("utf-8", "replace"))

    def _environment(self, secrets: Path) -> list[str]:
        values = {
            "PATH": os.environ.get("PATH", os.defpath),  # where git and ssh are: the one thing taken over
            "HOME": str(secrets),
            "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": str(secrets / "config"),
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": str(secrets / "askpass"),
            "GIT_ALLOW_PROTOCOL": self._protocols,
            "GIT_SSH_COMMAND": (secrets / "ssh").read_text(encoding="utf-8"),
            "GIT_SSH_VARIANT": "ssh",
            "GIT_OPTIONAL_LOCKS": "0",
        }
        return [f"{name}={value}" for name, value in values.items()]

    @contextmanager
    def _private(self, access: RepoAccess | None) -> Iterator[Path]:
        """A folder only we can read with this call's configuration and credential, removed afterwards."""
        self._home.mkdir(parents=True, exist_ok=True)
        secrets = Path(tempfile.mkdtemp(prefix="run-", dir=self._home))
        try:
            _write(secrets / "config", _config(access, secrets))
            _write(secrets / "askpass", _ASKPASS, mode=0o700)
            _write(secrets / "ssh", _ssh(access, secrets))
            for name, text in _credential_files(access).items():
                _write(secrets / name, text)
            yield secrets
        finally:
            shutil.rmtree(secrets, ignore_errors=True)


_LIMITED = ("sh", "-c", 'ulimit -f "$1"; shift; exec "$@"', "sh", _BLOCKS_2_GIB)


def _started(command: list[str], folder: Path, stdin: BinaryIO | None) -> subprocess.Popen[bytes]:
    from git.cmd import Git  # imported at first use: GitPython runs `git version` when it is imported

    started = Git(str(folder)).execute(command, istream=stdin, as_process=True, start_new_session=True)
    process = started.proc
    if process is None:
        raise InvalidError("the git program could not be started", hint="install git 2.39 or newer")
    started.proc = None  # GitPython would terminate it a second time when collected
    return process


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):  # it ended by itself in the meantime
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def _write(path: Path, text: str, mode: int = 0o600) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        file.write(text)


def _credential_files(access: RepoAccess | None) -> dict[str, str]:
    if access is None:
        return {"username": "", "password": "", "known_hosts": ""}
    own = access.credential
    files = {
        "username": own.username or "git",
        "password": own.password,
        "known_hosts": access.known_hosts,
        "ca.pem": access.ca_bundle,
        "cert.pem": own.tls_client_cert,
        "key.pem": own.tls_client_key,
        "id": own.ssh_private_key.rstrip("\n") + "\n" if own.ssh_private_key else "",
    }
    return {name: text for name, text in files.items() if text or name in ("username", "password", "known_hosts")}


def _config(access: RepoAccess | None, secrets: Path) -> str:
    """git's configuration for one call: nothing of the machine's, nothing of a user's."""
    lines = [
        "[core]", "hooksPath = /dev/null", "fsmonitor = false", "[gc]", "auto = 0",
        "[maintenance]", "auto = false", "[protocol]", "version = 2", "[safe]", "bareRepository = explicit",
        "directory = *", "[fetch]", "recurseSubmodules = false", "unpackLimit = 200", "[credential]", "helper = ",
        "[http]", "followRedirects = false", "lowSpeedLimit = 1000", "lowSpeedTime = 30", "sslVersion = tlsv1.2",
    ]  # fmt: skip
    return "\n".join([*lines, *(_http(access, secrets) if access else [])]) + "\n"


def _http(access: RepoAccess, secrets: Path) -> Iterator[str]:
    own = access.credential
    if own.insecure:
        yield "sslVerify = false"
    if access.ca_bundle:
        yield f"sslCAInfo = {_quoted(str(secrets / 'ca.pem'))}"
    if own.tls_client_cert:
        yield f"sslCert = {_quoted(str(secrets / 'cert.pem'))}"
        yield f"sslKey = {_quoted(str(secrets / 'key.pem'))}"
    if own.proxy:
        yield f"proxy = {_quoted(own.proxy)}"
    header = authorization(access)
    if header and (own.bearer_token or own.force_basic):
        yield f"extraHeader = {_quoted(f'Authorization: {header}')}"


def authorization(access: RepoAccess) -> str:
    """The value of the Authorization header, empty without a credential (order of argo-cd.md 8.2)."""
    own = access.credential
    if own.password or own.username:
        return "Basic " + b64encode(f"{own.username}:{own.password}".encode()).decode()
    return f"Bearer {own.bearer_token}" if own.bearer_token else ""


def _quoted(value: str) -> str:
    if "\n" in value or "\r" in value:
        raise InvalidError("a line break in a git setting", hint="correct the repository Secret")
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _ssh(access: RepoAccess | None, secrets: Path) -> str:
    """The ssh command line: no user or system configuration, known hosts only, our key only."""
    strict = not (access and access.credential.insecure)
    options = [
        "BatchMode=yes", "ConnectTimeout=10", "IdentitiesOnly=yes", "IdentityAgent=none", "ForwardAgent=no",
        "ClearAllForwardings=yes", "PermitLocalCommand=no", "UpdateHostKeys=no", "GlobalKnownHostsFile=/dev/null",
        f"StrictHostKeyChecking={'yes' if strict else 'no'}",
        f"UserKnownHostsFile={secrets / 'known_hosts' if strict else '/dev/null'}",
    ]  # fmt: skip
    words = ["ssh", "-F", "/dev/null", *(f"-o {shlex.quote(option)}" for option in options)]
    if access and access.credential.ssh_private_key:
        words.append(f"-i {shlex.quote(str(secrets / 'id'))}")
    return " ".join(words)
