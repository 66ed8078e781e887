"""What the Git server of the bed promises: it is git, it counts, and it refuses who has no right."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.bed.gitserver import GitServer, Login
from cli.bed.sshserver import find_sshd, ssh_server
from cli.errors import CommandError


def git(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "GIT_TERMINAL_PROMPT": "0", "HOME": str(cwd)}
    command = ["git", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, check=False, capture_output=True, text=True, timeout=60)


@pytest.fixture
def private_server(tmp_path: Path) -> Iterator[GitServer]:
    login = Login(user="robot", password="secret", bearer="token-1")
    with GitServer(tmp_path / "private", login=login) as server:
        server.create("app", {"a.yaml": "a: 1\n"})
        yield server


def test_a_commit_is_what_the_next_fetch_gets(git_server: GitServer, tmp_path: Path) -> None:
    repository = git_server.create("team/app", {"web/a.yaml": "a: 1\n", "old.yaml": "x: 1\n"})
    assert git("clone", "-q", git_server.url_of("team/app"), "clone", cwd=tmp_path).returncode == 0
    commit = repository.commit({"web/a.yaml": "a: 2\n", "old.yaml": None})
    assert git("pull", "-q", cwd=tmp_path / "clone").returncode == 0
    assert git("rev-parse", "HEAD", cwd=tmp_path / "clone").stdout.strip() == commit == repository.head()
    assert (tmp_path / "clone/web/a.yaml").read_text() == "a: 2\n"
    assert not (tmp_path / "clone/old.yaml").exists()


def test_requests_are_counted_by_kind_and_repository(git_server: GitServer, tmp_path: Path) -> None:
    git_server.create("counted", {"a": "1"})
    git("ls-remote", git_server.url_of("counted"), cwd=tmp_path)
    assert git_server.counts("counted") == {"info/refs": 1, "ls-refs": 1}
    git("clone", "-q", git_server.url_of("counted"), "clone", cwd=tmp_path)
    assert git_server.counts("counted") == {"info/refs": 2, "ls-refs": 2, "fetch": 1}


def test_tags_and_forced_moves_are_seen_by_clients(git_server: GitServer, tmp_path: Path) -> None:
    repository = git_server.create("moved", {"a": "1"})
    first = repository.head()
    second = repository.commit({"a": "2"})
    repository.tag("v1", second)
    repository.move(first)
    listed = git("ls-remote", git_server.url_of("moved"), cwd=tmp_path).stdout.split("\n")
    assert f"{first}\trefs/heads/main" in listed
    assert f"{second}\trefs/tags/v1" in listed


def test_a_branch_starts_with_its_first_commit(git_server: GitServer) -> None:
    repository = git_server.create("branches", {"a": "1"})
    commit = repository.commit({"b": "2"}, branch="feature")
    assert repository.head(branch="feature") == commit
    assert repository.head() != commit


@pytest.mark.parametrize("header", ["", "Basic d3Jvbmc6d3Jvbmc=", "Basic not base64", "Bearer token-2"])
def test_a_missing_or_wrong_login_reads_nothing(private_server: GitServer, tmp_path: Path, header: str) -> None:
    arguments = ["-c", f"http.extraHeader=Authorization: {header}"] if header else []
    refused = git(*arguments, "ls-remote", private_server.url_of("app"), cwd=tmp_path)
    assert refused.returncode != 0
    assert "refs/heads" not in refused.stdout
    assert {access.status for access in private_server.accesses()} == {401}


@pytest.mark.parametrize("header", ["Basic cm9ib3Q6c2VjcmV0", "Bearer token-1"])
def test_the_right_login_reads(private_server: GitServer, tmp_path: Path, header: str) -> None:
    configured = f"http.extraHeader=Authorization: {header}"
    assert "refs/heads/main" in git("-c", configured, "ls-remote", private_server.url_of("app"), cwd=tmp_path).stdout


def test_only_a_known_user_may_push(git_server: GitServer, private_server: GitServer, tmp_path: Path) -> None:
    git_server.create("readonly", {"a": "1"})
    known = private_server.url_of("app").replace("http://", "http://robot:secret@")
    assert _pushed(git_server.url_of("readonly"), tmp_path / "anonymous") is False
    assert _pushed(known, tmp_path / "known") is True


def test_a_large_push_arrives_in_chunks(private_server: GitServer, tmp_path: Path) -> None:
    known = private_server.url_of("app").replace("http://", "http://robot:secret@")
    assert _pushed(known, tmp_path / "large", content=bytes(range(256)) * 8, post_buffer=1024)


def test_a_failing_server_fails_until_it_is_told_otherwise(git_server: GitServer, tmp_path: Path) -> None:
    git_server.create("flaky", {"a": "1"})
    git_server.failing = 503
    assert "503" in git("ls-remote", git_server.url_of("flaky"), cwd=tmp_path).stderr
    git_server.failing = 0
    assert git("ls-remote", git_server.url_of("flaky"), cwd=tmp_path).returncode == 0


def test_an_unknown_repository_is_not_found(git_server: GitServer, tmp_path: Path) -> None:
    assert "not found" in git("ls-remote", git_server.url_of("nothing"), cwd=tmp_path).stderr


def test_without_sshd_the_error_says_what_to_install(tmp_path: Path) -> None:
    if _has_sshd():
        pytest.skip("this machine has an sshd")
    with pytest.raises(CommandError, match=r"sshd: not found\. install"), ssh_server(tmp_path, tmp_path):
        pass


def test_a_repository_is_served_over_ssh(git_server: GitServer, tmp_path: Path) -> None:
    if not _has_sshd() or shutil.which("ssh") is None:
        pytest.skip("needs sshd and ssh; install OpenSSH's server to run it")
    git_server.create("over-ssh", {"a": "1"})
    with ssh_server(tmp_path / "sshd", git_server.root) as server:
        key, known = tmp_path / "key", tmp_path / "known_hosts"
        key.write_text(server.private_key)
        key.chmod(0o600)
        known.write_text(server.known_hosts)
        configured = f"core.sshCommand=ssh -i {key} -o UserKnownHostsFile={known} -o IdentitiesOnly=yes"
        listed = git("-c", configured, "ls-remote", server.url_of("over-ssh"), cwd=tmp_path)
    assert "refs/heads/main" in listed.stdout, listed.stderr


def _has_sshd() -> bool:
    try:
        find_sshd()
    except CommandError:
        return False
    return True


def _pushed(url: str, folder: Path, *, content: bytes = b"2", post_buffer: int = 1 << 20) -> bool:
    folder.mkdir()
    git("clone", "-q", url, "clone", cwd=folder)
    clone = folder / "clone"
    (clone / "new.bin").write_bytes(content)
    git("add", "new.bin", cwd=clone)
    git("-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "New", cwd=clone)
    return git("-c", f"http.postBuffer={post_buffer}", "push", "-q", cwd=clone).returncode == 0
