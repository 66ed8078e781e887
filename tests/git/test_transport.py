"""Credentials, redirects and hostile servers: what reaches the wire and what is refused (3.C, S-037, S-049, S-056)."""

from __future__ import annotations

import hashlib
import ipaddress
import ssl
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pygit2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cli.bed.gitserver import GitServer, Login
from gitops.adapters.git import packs, wire
from gitops.adapters.git.mirror import Mirrors
from gitops.adapters.git.program import GitProgram
from gitops.adapters.git.smart_http import SmartHttp
from gitops.errors import ArgosyError, InvalidError, RetryableError
from gitops.model.credentials import RepoAccess, RepoCredential
from tests.git.odd_server import Answer, Asked, OddServer
from tests.waiting import eventually

SECRET = "canary-password"


def access(url: str, **own: object) -> RepoAccess:
    return RepoAccess(url, RepoCredential(url=url, **own))  # type: ignore[arg-type]  # a test's table


@pytest.fixture
def private(tmp_path: Path):  # type: ignore[no-untyped-def]  # a generator of a server
    with GitServer(tmp_path / "served", login=Login("git", SECRET, bearer="canary-token")) as server:
        server.create("app", {"a.yaml": "a: 1\n"})
        yield server


CREDENTIALS = [
    {"username": "git", "password": SECRET},
    {"username": "git", "password": SECRET, "force_basic": True},
    {"bearer_token": "canary-token"},
]


@pytest.mark.parametrize("own", CREDENTIALS)
def test_a_private_repository_is_read_with_its_credential(
    private: GitServer, tmp_path: Path, own: dict[str, object]
) -> None:
    mirrors = Mirrors(tmp_path, allow_http=True)
    for number in range(3):  # the first by the program, the others by our client
        commit = private.create("app").commit({"a.yaml": f"a: {number}\n"})
        assert mirrors.refresh(access(private.url_of("app"), **own)).refs.head == commit
    assert SECRET not in "".join(p.read_text(errors="replace") for p in tmp_path.rglob("config"))
    assert not list((tmp_path / "git-home").iterdir())


@pytest.mark.parametrize("own", [{}, {"username": "git", "password": "wrong"}, {"bearer_token": "wrong"}])
def test_a_wrong_credential_waits_for_a_new_one(private: GitServer, tmp_path: Path, own: dict[str, object]) -> None:
    good = {"username": "git", "password": SECRET}
    mirrors = Mirrors(tmp_path, allow_http=True)
    for _ in range(2):
        with pytest.raises(InvalidError, match="refuses access") as refused:
            mirrors.refresh(access(private.url_of("app"), **own))
        assert "wrong" not in str(refused.value)
        mirrors.refresh(access(private.url_of("app"), **good))


def test_a_repository_that_is_not_there_says_so(private: GitServer, tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match="not found"):
        Mirrors(tmp_path, allow_http=True).refresh(access(private.url_of("gone"), username="git", password=SECRET))


def both_ways(url: str, tmp_path: Path, **own: object) -> list[Callable[[], object]]:
    """The same fetch by the git program and by our client."""
    program, http = Mirrors(tmp_path, allow_http=True), SmartHttp(lambda repo, kind: None)
    return [lambda: program.refresh(access(url, **own)), lambda: http.refs(access(url, **own), ())]


def test_a_redirect_is_not_followed_and_the_credential_stays_home(tmp_path: Path) -> None:
    with OddServer(lambda asked: Answer(200)) as elsewhere:
        target = f"http://127.0.0.1:{elsewhere.port}"
        with OddServer(lambda asked: Answer(302, {"Location": target + asked.path})) as server:
            for fetch in both_ways(
                f"http://localhost:{server.port}/app.git", tmp_path, username="git", password=SECRET
            ):
                with pytest.raises(InvalidError, match="redirects are not followed"):
                    fetch()
        assert elsewhere.asked == []


def test_netrc_and_proxy_variables_are_not_used(
    private: GitServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text(f"machine 127.0.0.1 login git password {SECRET}\n")
    (tmp_path / ".gitconfig").write_text("[http]\nextraHeader = X-Canary: 1\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("GIT_SSH_COMMAND", f"touch {tmp_path / 'marker'}")
    for fetch in both_ways(private.url_of("app"), tmp_path / "data"):
        with pytest.raises(InvalidError, match="refuses access"):
            fetch()
    assert not (tmp_path / "marker").exists()


@pytest.mark.parametrize(
    "url",
    ["--upload-pack=touch {marker}", "-u touch {marker}", "ext::sh -c 'touch {marker}'", "file://{repo}", "{repo}",
     "ssh://-oProxyCommand=touch {marker}/x", "-oProxyCommand=touch {marker}:x", "git://127.0.0.1/x"],
)  # fmt: skip
def test_the_program_runs_nothing_for_a_hostile_url_even_unchecked(url: str, tmp_path: Path) -> None:
    marker, repo = tmp_path / "marker", tmp_path / "repo.git"
    pygit2.init_repository(str(repo), bare=True)
    with pytest.raises(ArgosyError):
        Mirrors(tmp_path / "data", allow_http=True).refresh(access(url.format(marker=marker, repo=repo)))
    assert not marker.exists()


def test_plain_http_is_closed_unless_allowed(git_server: GitServer, tmp_path: Path) -> None:
    git_server.create("plain", {"a": "1"})
    with pytest.raises(InvalidError, match="transport not allowed"):
        Mirrors(tmp_path, allow_http=False).refresh(access(git_server.url_of("plain")))


def test_a_program_that_takes_too_long_is_killed_with_its_children(tmp_path: Path) -> None:
    pygit2.init_repository(str(tmp_path / "r"), bare=True)
    pid_file = tmp_path / "pid"
    alias = f"alias.wait=!sleep 60 & echo $! > {pid_file}; wait"
    with pytest.raises(RetryableError, match="exceeded"):
        GitProgram(tmp_path / "home", allow_http=False).run(["-c", alias, "wait"], tmp_path / "r", wall_s=1.0)
    assert eventually(lambda: not is_running(int(pid_file.read_text())))


def is_running(pid: int) -> bool:
    """Whether the process lives; one that was killed and not yet collected by init does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_program_sees_nothing_of_our_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pygit2.init_repository(str(tmp_path / "r"), bare=True)
    monkeypatch.setenv("CANARY", "x")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    own = access("https://h/x", username="git", password=SECRET, bearer_token="canary-token")
    found = GitProgram(tmp_path / "home", allow_http=False).run(["-c", "alias.env=!env", "env"], tmp_path / "r", own)
    text = found.stdout.decode()
    assert "GIT_ALLOW_PROTOCOL=https:ssh\n" in text
    for unwanted in ("CANARY", SECRET, "canary-token", "/nowhere"):
        assert unwanted not in text


HOSTILE = {
    "no git at all": b"<html>hello</html>",
    "a length that is none": b"zzzz",
    "a line cut short": b"00ffhello",
    "an endless advertisement": b"0008\x00\x00\x00\x00" * 5_000_000,
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_an_answer_that_is_not_gits_is_worth_another_try_at_most(body: bytes) -> None:
    with OddServer(lambda asked: Answer(200, body=(body,))) as server, pytest.raises(ArgosyError):
        SmartHttp(lambda repo, kind: None).refs(access(f"http://127.0.0.1:{server.port}/x"), ())


def test_too_many_refs_are_refused() -> None:
    line = wire.packet(b"%s refs/heads/x\n" % (b"a" * 40))
    with pytest.raises(wire.ProtocolError, match="refs"):
        wire.refs_of(line * (wire.REF_LIMIT + 1))


def test_a_servers_words_are_shown_without_control_characters() -> None:
    with pytest.raises(wire.RemoteError, match=r"the server says: upload-pack: not our ref \[31m"):
        list(wire.lines_of(wire.packet(b"ERR upload-pack: not our ref\x1b[31m\n")))


@pytest.mark.filterwarnings("ignore:Unverified HTTPS")  # that is what `insecure` asks for
def test_an_untrusted_certificate_is_refused_unless_the_secret_says_so(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    with OddServer(old_protocol) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server._http.socket = context.wrap_socket(server._http.socket, server_side=True)
        url = f"https://127.0.0.1:{server.port}/x.git"
        for fetch in both_ways(url, tmp_path):
            with pytest.raises(InvalidError, match="certificate is not trusted"):
                fetch()
        http = SmartHttp(lambda repo, kind: None)
        trusted = replace(access(url), ca_bundle=certificate.read_text())
        for allowed in (access(url, insecure=True), trusted):
            with pytest.raises(RetryableError, match="protocol version 2"):
                http.refs(allowed, ())


def old_protocol(asked: Asked) -> Answer:
    return Answer(
        200, body=(wire.packet(b"# service=git-upload-pack\n"), wire.FLUSH, wire.packet(b"0" * 40), wire.FLUSH)
    )


def self_signed(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    start = datetime(2020, 1, 1, tzinfo=UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(start).not_valid_after(start + timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "c.pem").write_bytes(built.public_bytes(serialization.Encoding.PEM))
    (folder / "k.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "c.pem", folder / "k.pem"


def packed(*entries: bytes, count: int | None = None) -> bytes:
    body = b"PACK\0\0\0\2" + (len(entries) if count is None else count).to_bytes(4, "big") + b"".join(entries)
    return body + hashlib.sha1(body, usedforsecurity=False).digest()


def entry(kind: int, size: int, body: bytes) -> bytes:
    head, rest = [], size >> 4
    first = kind << 4 | size & 15
    while rest:
        head.append(first | 0x80)
        first, rest = rest & 0x7F, rest >> 7
    return bytes([*head, first]) + body


PACKS = {
    "not a pack": b"JUNK" * 20,
    "a wrong checksum": packed(entry(3, 1, zlib.compress(b"x")))[:-1] + b"\0",
    "more objects than it holds": packed(entry(3, 1, zlib.compress(b"x")), count=5),
    "more objects than the limit": packed(count=10_000_000),
    "a body longer than its header says": packed(entry(3, 1, zlib.compress(b"x" * 1000))),
    "a body shorter than its header says": packed(entry(3, 9, zlib.compress(b"x"))),
    "an inflating bomb": packed(entry(3, 1 << 40, zlib.compress(b"\0" * 10_000_000))),
    "broken compression": packed(entry(3, 10, b"not zlib at all......")),
    "an unknown kind": packed(entry(5, 1, zlib.compress(b"x"))),
    "a delta on nothing": packed(entry(7, 4, b"\x11" * 20 + zlib.compress(b"\1\1\1x"))),
    "a delta with an offset before the pack": packed(entry(6, 4, b"\x7f" + zlib.compress(b"\1\1\1x"))),
    "a delta that copies beyond its base": packed(
        entry(3, 1, zlib.compress(b"x")), entry(6, 5, b"\x0a" + zlib.compress(b"\1\x09\x91\0\x09"))
    ),
}  # fmt: skip


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_a_pack_that_is_not_gits_is_refused(pack: bytes, tmp_path: Path) -> None:
    repo = pygit2.init_repository(str(tmp_path), bare=True)
    with pytest.raises(packs.BadPackError):
        packs.unpack(pack, repo)
