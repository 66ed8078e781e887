"""Which files of a folder are manifests, and which folders need a tool that is not there yet (argo-cd.md 1.2, 1.6)."""

from __future__ import annotations

import pytest

from gitops.desired.directory import chosen
from gitops.desired.glob import matches
from gitops.desired.kind import check_files, check_source
from gitops.errors import InvalidError
from gitops.model.crds.application import Directory, Helm, Kustomize, Plugin, Source

FILES = ("b.yaml", "a.yml", ".hidden.yaml", "A.YAML", "c.json", "readme.md", "sub/d.yaml", "sub.yaml", ".h/e.yaml")


def source(**block: object) -> Source:
    return Source(repo_url="https://h/r", path="x", directory=Directory(**block) if block else None)  # type: ignore[arg-type]  # a test's table


def test_only_the_folder_itself_is_read_unless_recursion_is_asked_for() -> None:
    assert chosen(source(), FILES) == (".hidden.yaml", "a.yml", "b.yaml", "c.json", "sub.yaml")


def test_recursion_walks_folders_by_name_and_reads_hidden_ones() -> None:
    found = chosen(source(recurse=True), FILES)
    assert found == (".h/e.yaml", ".hidden.yaml", "a.yml", "b.yaml", "c.json", "sub/d.yaml", "sub.yaml")


def test_exclude_goes_before_include() -> None:
    assert chosen(source(recurse=True, include="{*.yaml,*.yml}", exclude="sub*"), FILES) == (
        ".h/e.yaml", ".hidden.yaml", "a.yml", "b.yaml",
    )  # fmt: skip
    assert chosen(source(include="a.yml", exclude="a.*"), FILES) == ()


def test_without_the_filter_every_ending_is_read() -> None:
    assert "readme.md" in chosen(source(disable_extension_filter=True), FILES)


def test_a_jsonnet_file_is_named_as_not_supported_yet() -> None:
    with pytest.raises(InvalidError, match=r"m\.jsonnet: Jsonnet is not supported yet"):
        chosen(source(), ("m.jsonnet",))
    assert chosen(source(exclude="*.jsonnet"), ("m.jsonnet", "lib.libsonnet")) == ()


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("*.yaml", "a/b.yaml", True), ("a/*", "a/b/c", True), ("?.yaml", "a.yaml", True), ("?.yaml", "ab.yaml", False),
        ("[ab].yaml", "a.yaml", True), ("[!ab].yaml", "a.yaml", False), ("{a,b}/*.yaml", "b/c.yaml", True),
        ("{a,b{c,d}}.yaml", "bd.yaml", True), ("*.YAML", "a.yaml", False), ("a.yaml", "xa.yaml", False),
        ("**/x.yaml", "a/b/x.yaml", True), ("{a", "{a", True), ("config.{yml,json}", "config.yaml", False),
    ],
)  # fmt: skip
def test_a_pattern_fits_whole_paths(pattern: str, path: str, fits: bool) -> None:
    assert matches(pattern, path) is fits


def test_a_pattern_cannot_be_made_slow() -> None:
    assert not matches("*a" * 300 + "b", "a" * 4_000)
    with pytest.raises(InvalidError, match="alternatives"):
        matches("{a,b}" * 12, "x")


@pytest.mark.parametrize(
    ("spec", "word"),
    [
        ({"chart": "redis"}, "Helm"), ({"helm": Helm()}, "Helm"), ({"kustomize": Kustomize()}, "Kustomize"),
        ({"plugin": Plugin()}, "plugin"), ({"repo_url": "oci://host/x"}, "OCI"),
    ],
)  # fmt: skip
def test_a_source_for_another_tool_says_which_one_it_needs(spec: dict[str, object], word: str) -> None:
    with pytest.raises(InvalidError, match=f"{word}.*not available yet"):
        check_source(Source(**({"repo_url": "https://h/r"} | spec)))  # type: ignore[arg-type]  # a test's table


def test_two_tool_blocks_are_an_error() -> None:
    with pytest.raises(InvalidError, match="helm and kustomize"):
        check_source(Source(repo_url="https://h/r", helm=Helm(), kustomize=Kustomize()))


@pytest.mark.parametrize("path", ["..", "../x", "a/../..", "/etc", "a/..", "\\etc", "a\0b", ".git", "a/.git/x"])
def test_a_path_that_leaves_the_repository_is_refused(path: str) -> None:
    with pytest.raises(InvalidError, match="inside the repository"):
        check_source(Source(repo_url="https://h/r", path=path))


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("Chart.yaml", "Helm"), ("MyChart.yaml", "Helm"), ("kustomization.yaml", "Kustomize"),
        ("Kustomization", "Kustomize"), ("kustomization.yml", "Kustomize"), (".argocd-source.yaml", "overrides"),
        (".argocd-source-web.yaml", "overrides"),
    ],
)  # fmt: skip
def test_a_folder_for_another_tool_says_which_one_it_needs(name: str, word: str) -> None:
    with pytest.raises(InvalidError, match=word):
        check_files(source(), ("a.yaml", name))


def test_kustomize_goes_before_helm() -> None:
    with pytest.raises(InvalidError, match="Kustomize"):
        check_files(source(), ("Chart.yaml", "kustomization.yaml"))


def test_a_directory_block_forces_plain_reading() -> None:
    check_files(source(recurse=True), ("Chart.yaml", "kustomization.yaml"))


def test_tool_files_of_folders_below_do_not_count() -> None:
    check_files(source(), ("sub/Chart.yaml",))
