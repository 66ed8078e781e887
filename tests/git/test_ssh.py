"""Git over SSH: our own command line, strict host keys, the Secret's key only (S-043, S-057)."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.bed.gitserver import GitServer
from cli.bed.sshserver import SshServer, find_sshd, ssh_server
from cli.errors import CommandError
from gitops.adapters.git.mirror import Mirrors
from gitops.errors import ArgosyError, InvalidError
from gitops.model.credentials import RepoAccess, RepoCredential


def access(server: SshServer, name: str, *, known_hosts: str | None = None, insecure: bool = False) -> RepoAccess:
    url = server.url_of(name)
    own = RepoCredential(url=url, ssh_private_key=server.private_key, insecure=insecure)
    return RepoAccess(url, own, known_hosts=server.known_hosts if known_hosts is None else known_hosts)


def test_ssh_is_called_with_strict_host_keys_and_no_configuration_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "arguments"
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin" / "ssh"
    script.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {log}\nenv >> {log}\nexit 1\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/canary/agent")
    url = "ssh://git@host.example:2222/org/app.git"
    own = RepoCredential(url=url, ssh_private_key="canary-key")
    with pytest.raises(ArgosyError):
        Mirrors(tmp_path / "data", allow_http=False).refresh(RepoAccess(url, own, known_hosts="host.example x"))
    said = log.read_text()
    for option in ("StrictHostKeyChecking=yes", "BatchMode=yes", "IdentityAgent=none", "-F\n/dev/null", "-p\n2222"):
        assert option in said
    assert "canary" not in said


def test_a_repository_over_ssh_is_read_with_its_key_and_only_from_a_known_host(
    git_server: GitServer, tmp_path: Path
) -> None:
    try:
        find_sshd()
    except CommandError as error:
        pytest.skip(str(error))
    repo = git_server.create("over-ssh", {"a.yaml": "a: 1\n"})
    with ssh_server(tmp_path / "sshd", git_server.root) as server:
        mirrors = Mirrors(tmp_path / "data", allow_http=False)
        for _ in range(2):
            assert mirrors.refresh(access(server, "over-ssh")).refs.head == repo.head()
        with pytest.raises(InvalidError, match="host key is unknown"):
            mirrors.refresh(access(server, "over-ssh", known_hosts=""))
        assert mirrors.refresh(access(server, "over-ssh", known_hosts="", insecure=True)).refs.head == repo.head()
