"""Files to objects: what is read, skipped and refused (argo-cd.md 1.6, argo-cd-surprises.md "Sources")."""

from __future__ import annotations

import pytest

from gitops.desired.parse import objects_of
from gitops.desired.render import render
from gitops.errors import InvalidError
from gitops.model.revision import SourceFile, SourceTree

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {}\n"


def names(path: str, text: str | bytes) -> list[str]:
    return [o.name for o in objects_of(path, text if isinstance(text, bytes) else text.encode())]


def test_all_documents_of_a_file_are_read_and_empty_ones_dropped() -> None:
    text = "---\n" + CONFIG.format("a") + "---\n---\n# nothing\n---\nnull\n---\n" + CONFIG.format("b")
    assert names("a.yaml", text) == ["a", "b"]


def test_a_list_is_its_items_and_a_null_list_vanishes() -> None:
    text = "apiVersion: v1\nkind: List\nitems:\n- {kind: A, metadata: {name: p}}\n- {kind: B, metadata: {name: q}}\n"
    assert names("a.yaml", text) == ["p", "q"]
    assert names("a.yaml", "apiVersion: v1\nkind: ConfigMapList\nmetadata: {}\nitems:\n") == []


def test_any_object_with_items_is_a_list() -> None:
    assert names("a.yaml", "kind: Odd\nmetadata: {name: z}\nitems: [{kind: A, metadata: {name: x}}]\n") == ["x"]


def test_a_file_that_is_somebody_elses_is_skipped() -> None:
    assert names("values.yaml", "replicas: 3\n") == []
    assert names("odd.yaml", "{{ template }}\n") == []
    assert names("empty.yaml", "") == []


def test_a_file_with_the_skip_mark_is_skipped() -> None:
    assert names("a.yaml", "# +argocd:skip-file-rendering\n" + CONFIG.format("a")) == []


REFUSED = {
    "no kind but the words of a manifest": "# kind:\napiVersion: v1\nmetadata: {name: x}\n",
    "an empty object after a good one": CONFIG.format("a") + "---\n{}\n",
    "a broken document after a good one": CONFIG.format("a") + "---\na: [\n",
    "a broken manifest": "apiVersion: v1\nkind: A\nmetadata: [\n",
    "an item without kind": "kind: List\napiVersion: v1\nmetadata: {}\nitems: [{a: 1}]\n",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_a_manifest_that_cannot_be_read_is_an_error_naming_file_and_document(text: str) -> None:
    with pytest.raises(InvalidError, match=r"dir/a\.yaml: document \d"):
        names("dir/a.yaml", text)


def test_an_error_names_the_line() -> None:
    with pytest.raises(InvalidError, match="document 2: line 8"):
        names("a.yaml", CONFIG.format("a") + "---\nkind: A\nmetadata: {}\napiVersion: [}\n")


def test_limits_are_never_taken_for_somebody_elses_file() -> None:
    for text in (b"\xff\xfe\xfd", b"a:\n  \xc3\x28\n", b"[" * 30_000, b"&a [*a]"):
        with pytest.raises(InvalidError):
            names("values.yaml", text)


def test_an_lfs_pointer_is_named_as_one() -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    with pytest.raises(InvalidError, match=r"big\.yaml: is a Git LFS pointer"):
        names("big.yaml", pointer)


def test_a_byte_order_mark_is_allowed() -> None:
    assert names("a.yaml", b"\xef\xbb\xbf" + CONFIG.format("a").encode()) == ["a"]


def test_json_holds_exactly_one_object() -> None:
    assert names("a.json", '{"kind":"A","metadata":{"name":"x"}}') == ["x"]
    for text in ('[{"kind":"A"}]', '{"kind":"A"}{"kind":"B"}', "{}", '{"kind":"A","a":NaN}', "", '{"kind":"A","a":'):
        with pytest.raises(InvalidError, match=r"a\.json"):
            names("a.json", text)


def test_json_numbers_are_read_as_kubernetes_does() -> None:
    (found,) = objects_of("a.json", b'{"kind":"A","a":1.0,"b":9007199254740993,"c":9223372036854775808,"d":1.5}')
    assert [found.body[k] for k in "abcd"] == [1, 9007199254740993, 9223372036854775808.0, 1.5]
    assert [type(found.body[k]) for k in "abcd"] == [int, int, float, float]


def test_deep_json_is_refused() -> None:
    with pytest.raises(InvalidError):
        names("a.json", '{"kind":"A","a":' + "[" * 50_000 + "]" * 50_000 + "}")


def test_of_an_object_written_twice_the_last_counts_and_is_named() -> None:
    first, second = CONFIG.format("a") + "data: {v: one}\n", CONFIG.format("a") + "data: {v: two}\n"
    tree = SourceTree((SourceFile("a.yaml", first.encode()), SourceFile("b.yaml", second.encode())))
    desired = render(tree)
    assert [o.body["data"] for o in desired.objects] == [{"v": "two"}]
    assert desired.repeated == ("/ConfigMap:/a",)


def test_objects_with_generated_names_are_no_copies() -> None:
    text = "kind: Job\napiVersion: batch/v1\nmetadata: {generateName: a-}\n"
    tree = SourceTree((SourceFile("a.yaml", f"{text}---\n{text}".encode()),))
    assert len(render(tree).objects) == 2
