"""Where the programs of the bed come from, in which order, and what may not get into the cache."""

from __future__ import annotations

import hashlib
import io
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cli.bed.binaries import cache_folder, resolve
from cli.bed.download import download
from cli.bed.gobuild import build_command
from cli.bed.trees import ETCD, KUBERNETES, TREES, Release, Tree, architecture, operating_system
from cli.errors import CommandError, Exit


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ARGOSY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("ARGOSY_BED_DOWNLOAD", "0")
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    return tmp_path / "cache"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (name given by the standard library)
        pass


@pytest.fixture
def upstream(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder and the address at which its files are published."""
    folder = tmp_path / "upstream"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def program(folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_kubebuilder_assets_come_before_the_cache(
    empty_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached_etcd = program(empty_cache / "bed" / ETCD.key, "etcd")
    cached_server = program(empty_cache / "bed" / KUBERNETES.key, "kube-apiserver")
    given = program(tmp_path / "assets", "etcd")
    assert resolve(["etcd"]) == {"etcd": cached_etcd}
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path / "assets"))
    assert resolve(["etcd", "kube-apiserver"]) == {"etcd": given, "kube-apiserver": cached_server}


def test_the_cache_lies_outside_the_checkout_and_follows_xdg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ARGOSY_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "argosy" / "bed"


def test_another_version_is_another_folder_of_the_cache() -> None:
    assert ETCD.key != replace(ETCD, version="v9.9.9").key
    assert f"{operating_system()}-{architecture()}" in ETCD.key


@pytest.mark.parametrize("tree", TREES, ids=lambda tree: tree.name)
def test_the_module_file_requires_the_version_of_the_table(tree: Tree) -> None:
    assert f"require {_module(tree)} {tree.version}\n" in (tree.folder / "go.mod").read_text()


def test_the_build_tells_kubernetes_its_version() -> None:
    command = build_command(KUBERNETES, list(KUBERNETES.packages), Path("/out"))
    assert "k8s.io/component-base/version.gitVersion=v1.36.1" in command[command.index("-ldflags") + 1]
    assert command[command.index("-o") + 1] == "/out/"


def test_without_go_the_error_says_what_to_do(empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(empty_cache))
    with pytest.raises(CommandError, match=r"etcd: cannot be built: no `go` on PATH\. install Go"):
        resolve(["etcd"])


def test_a_broken_build_says_what_go_said_and_leaves_nothing(
    empty_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = program(tmp_path / "bin", "go")
    failing.write_text("#!/bin/sh\necho 'some/package' >&2\necho 'out of luck today!' >&2\nexit 3\n")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    with pytest.raises(CommandError, match="go build ended with 3: out of luck today!"):
        resolve(["etcd"])
    assert list((empty_cache / "bed" / ETCD.key).iterdir()) == []


def test_what_go_builds_is_found_in_the_cache_next_time(
    empty_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder = program(tmp_path / "bin", "go")
    builder.write_text('#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done\necho built > "$2"\n')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    said: list[str] = []
    built = resolve(["etcd"], said.append)
    assert built == {"etcd": empty_cache / "bed" / ETCD.key / "etcd"}
    assert "building etcd v3.7.3 with Go" in said[0]
    assert resolve(["etcd"], said.append) == built
    assert len(said) == 2


def test_a_download_with_the_published_digest_is_taken(upstream: tuple[Path, str], tmp_path: Path) -> None:
    folder, address = upstream
    tree = _published(folder, address, digest=None)
    download(tree, "etcd", tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == b"the program"


def test_a_download_with_another_digest_is_thrown_away(upstream: tuple[Path, str], tmp_path: Path) -> None:
    folder, address = upstream
    tree = _published(folder, address, digest="0" * 64)
    with pytest.raises(CommandError, match="does not have the published sha256"):
        download(tree, "etcd", tmp_path / "got")
    assert not (tmp_path / "got").exists()


def test_a_release_that_is_not_listed_in_the_checksum_file_is_thrown_away(
    upstream: tuple[Path, str], tmp_path: Path
) -> None:
    folder, address = upstream
    tree = _published(folder, address, digest=None)
    (folder / "SHA256SUMS").write_text(f"{'0' * 64}  other.tar.gz\n")
    with pytest.raises(CommandError, match="does not have the published sha256"):
        download(tree, "etcd", tmp_path / "got")


def test_an_unreachable_upstream_is_an_error_of_its_own(tmp_path: Path) -> None:
    tree = replace(ETCD, release=Release("http://127.0.0.1:9/x", "http://127.0.0.1:9/y"))
    with pytest.raises(CommandError, match="not downloadable") as caught:
        download(tree, "etcd", tmp_path / "got")
    assert caught.value.code is Exit.UNREACHABLE


def _published(folder: Path, address: str, *, digest: str | None) -> Tree:
    archive = folder / "etcd.tar.gz"
    with tarfile.open(archive, "w:gz") as out:
        entry = tarfile.TarInfo("etcd-v3.7.3/etcd")
        entry.size = len(b"the program")
        out.addfile(entry, io.BytesIO(b"the program"))
    listed = digest or hashlib.sha256(archive.read_bytes()).hexdigest()
    (folder / "SHA256SUMS").write_text(f"{'1' * 64}  other.tar.gz\n{listed}  etcd.tar.gz\n")
    release = Release(f"{address}/etcd.tar.gz", f"{address}/SHA256SUMS", "etcd-{version}/{program}")
    return replace(ETCD, release=release)


def _module(tree: Tree) -> str:
    """The module of a tree: what its first package path begins with."""
    package = next(iter(tree.packages.values()))
    return package.split("/cmd/")[0]


@pytest.mark.bed
def test_the_programs_of_this_machine_are_the_pinned_ones() -> None:
    etcd = resolve(["etcd"])["etcd"]
    shown = subprocess.run([str(etcd), "--version"], check=True, capture_output=True, text=True, timeout=30)
    assert f"etcd Version: {ETCD.version.removeprefix('v')}" in shown.stdout
