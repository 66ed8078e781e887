"""Repositories over SSH: a private sshd on a loopback port that lets one key run git commands and nothing else."""

from __future__ import annotations

import getpass
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from cli.bed.files import write_private
from cli.bed.ports import answers, free_port
from cli.bed.programs import Program, Programs
from cli.errors import CommandError

_PLACES = "/usr/sbin:/usr/local/sbin:/sbin"
_LIMIT = timedelta(seconds=10)


@dataclass(frozen=True)
class SshServer:
    """A running sshd: where it listens, the one key it lets in, and its own key for known_hosts."""

    port: int
    user: str
    private_key: str
    known_hosts: str
    root: Path

    def url_of(self, name: str) -> str:
        """Address of the repository `name`, as it stands in an Application."""
        return f"ssh://{self.user}@127.0.0.1:{self.port}{self.root}/{name}.git"


def find_sshd() -> Path:
    """The sshd of this machine.

    Raises:
        CommandError: there is none.
    """
    found = shutil.which("sshd") or shutil.which("sshd", path=_PLACES)
    if found is None:
        raise CommandError(
            "not found", about="sshd", hint="install OpenSSH's server (it need not run) to serve Git over SSH"
        )
    return Path(found)


@contextmanager
def ssh_server(folder: Path, root: Path) -> Iterator[SshServer]:
    """Serve the bare repositories below `root` by an sshd that keeps its files in `folder`; ends with the block.

    Raises:
        CommandError: no sshd on this machine, or it did not start.
    """
    sshd = find_sshd()  # an absolute path: sshd starts itself again for each connection
    host_private, host_public = _key_pair()
    client_private, client_public = _key_pair()
    port = free_port()
    write_private(folder / "host_key", host_private)
    limits = 'restrict,command="git-shell -c \\"$SSH_ORIGINAL_COMMAND\\""'
    write_private(folder / "authorized_keys", f"{limits} {client_public}\n")
    write_private(folder / "sshd_config", _config(folder, port))
    programs = Programs(run=folder / "run", logs=folder / "logs")
    programs.start(Program("sshd", [str(sshd), "-D", "-e", "-f", str(folder / "sshd_config")]))
    try:
        programs.wait_until(lambda: answers(port), "sshd", limit=_LIMIT)
        known = f"[127.0.0.1]:{port} {host_public}\n"
        yield SshServer(port, getpass.getuser(), client_private, known, root)
    finally:
        programs.stop(["sshd"])


def _config(folder: Path, port: int) -> str:
    lines = {
        "ListenAddress": f"127.0.0.1:{port}",
        "HostKey": str(folder / "host_key"),
        "AuthorizedKeysFile": str(folder / "authorized_keys"),
        "PidFile": "none",
        "PasswordAuthentication": "no",
        "KbdInteractiveAuthentication": "no",
        "StrictModes": "no",  # the folder may lie below a world-writable one, such as a test's temporary folder
        "AcceptEnv": "GIT_PROTOCOL",
    }
    return "".join(f"{name} {text}\n" for name, text in lines.items())


def _key_pair() -> tuple[str, str]:
    """A private and a public key in OpenSSH's formats."""
    key = ed25519.Ed25519PrivateKey.generate()
    form = serialization.PrivateFormat.OpenSSH
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return private.decode(), public.decode()
