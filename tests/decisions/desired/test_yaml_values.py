"""The golden table of security-reliability.md section 5: our loader means what the Kubernetes reader means."""

from __future__ import annotations

import pytest

from gitops.desired.nodes import DEPTH_LIMIT, DOCUMENT_LIMIT, LimitError, documents
from gitops.errors import InvalidError

SCALARS = [
    *((word, True) for word in ("y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE")),
    *((word, False) for word in ("n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE")),
    *((word, None) for word in ("~", "null", "Null", "NULL", "")),
    ("0644", 420), ("0o644", 420), ("-0o17", -15), ("08", 8), ("0x1F", 31), ("0b11", 3), ("1_000", 1000), ("+7", 7),
    ("22:22", "22:22"), ("190:20:30", "190:20:30"), ("1e3", 1000), ("1.0", 1), ("1.5", 1.5), (".5", 0.5), ("1.", 1),
    ("-1.25e-2", -0.0125), ("2020-01-01", "2020-01-01"), ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
    ("9223372036854775807", 9223372036854775807), ("9007199254740993", 9007199254740993),
    ("=", "="), ("1e400", "1e400"), ("0x", "0x"), ("_1", "_1"), (".", "."), ("1.2.3", "1.2.3"),
    ("tRue", "tRue"), ("nULL", "nULL"), ("'yes'", "yes"), ('"1"', "1"), ("!!str 1", "1"), ("!!int '3'", 3),
    ("!!float 2", 2), ("!!bool 'on'", True), ("!!binary aGk=", "hi"), ("!!timestamp 2020-01-01", "2020-01-01"),
    ("!Ref x", "x"), ("{}", {}), ("[]", []), ("{a: 1, b: [x, ~]}", {"a": 1, "b": ["x", None]}),
]  # fmt: skip


def value(text: str) -> object:
    return next(found for _, found in documents(text))


@pytest.mark.parametrize(("text", "meant"), SCALARS, ids=lambda x: repr(x))
def test_a_scalar_means_what_kubernetes_reads(text: str, meant: object) -> None:
    found = value(f"v: {text}\n")
    assert found == {"v": meant}
    assert type(found["v"]) is type(meant)  # type: ignore[index]  # True == 1 in Python, not in JSON


def test_an_integer_beyond_64_bits_becomes_a_float() -> None:
    found = value("v: 9223372036854775808")
    assert found == {"v": 9223372036854775808.0}
    assert isinstance(found["v"], float)  # type: ignore[index]  # it is a mapping


def test_keys_that_are_no_text_become_text_and_stay_apart() -> None:
    assert value("1: a\ntrue: b\nn: c\n1.5: d\n0x10: e\n") == {
        "1": "a",
        "true": "b",
        "false": "c",
        "1.5": "d",
        "16": "e",
    }


def test_the_last_of_two_equal_keys_counts() -> None:
    assert value("a: 1\na: 2\n") == {"a": 2}


def test_merged_keys_stand_behind_own_ones_wherever_they_are_written() -> None:
    text = "x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\none: {<<: *x, b: 9}\ntwo: {b: 9, <<: [*x, *y]}\n'<<': 1\n"
    found = value(text)
    assert isinstance(found, dict)
    assert found["one"] == {"a": 1, "b": 9}
    assert found["two"] == {"a": 1, "b": 9, "c": 4}
    assert found["<<"] == 1


def test_an_alias_repeats_its_anchor() -> None:
    assert value("a: &x [1, {b: 2}]\nc: *x\n") == {"a": [1, {"b": 2}], "c": [1, {"b": 2}]}


def test_each_document_is_found_and_its_line_told() -> None:
    assert list(documents("a: 1\n---\n---\n# only a comment\n---\nb: 2\n")) == [
        (1, {"a": 1}),
        (3, None),
        (5, None),
        (6, {"b": 2}),
    ]


REFUSED = {
    ".inf": "v: .inf", "-.INF": "v: -.INF", ".nan": "v: .NaN", "null key": "~: 1", "list key": "? [a]\n: 1",
    "tab indent": "a:\n\tb: 1", "control character": "a: \x01", "NUL": "a: \0", "undefined alias": "a: *x",
    "open bracket": "a: [1", "bad base64": "a: !!binary '!'", "no integer": "a: !!int x", "merge of text": "<<: x",
}  # fmt: skip


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_kubernetes_refuses_is_refused(text: str) -> None:
    with pytest.raises(InvalidError):
        list(documents(text))


def bomb(levels: int) -> str:
    names = "abcdefghijkl"
    first = "a: &a [" + ",".join("x" * 10) + "]\n"
    return first + "".join(
        f"{names[i]}: &{names[i]} [{','.join([f'*{names[i - 1]}'] * 10)}]\n" for i in range(1, levels)
    )


LIMITS = {
    "30,000 brackets": "[" * 30_000, "30,000 braces": "a: " + "{a: " * 30_000, "5,000 dashes": "- " * 5_000 + "a",
    "1,500 indents": "\n".join(" " * i + "a:" for i in range(1_500)), "alias bomb": bomb(9), "cycle": "&a [*a]",
    "cycle in a key's value": "&a {b: {c: *a}}", "self merge": "&a {<<: *a}",
    "documents": "---\na: 1\n" * (DOCUMENT_LIMIT + 1),
    "question marks": "? " * 3_000 + "a",
}  # fmt: skip


@pytest.mark.parametrize("text", LIMITS.values(), ids=LIMITS)
def test_a_text_that_would_exhaust_the_worker_is_stopped(text: str) -> None:
    with pytest.raises(LimitError):
        list(documents(text))


def test_brackets_in_texts_do_not_count_as_depth() -> None:
    text = "data:\n  template: |\n" + "    [[{{ x\n" * 3_000
    assert "template" in value(text)["data"]  # type: ignore[index]  # it is a mapping


def test_nesting_up_to_the_limit_is_read() -> None:
    deep = DEPTH_LIMIT - 1
    assert value("[" * deep + "]" * deep) != 0


def test_a_small_bomb_is_still_read() -> None:
    assert value(bomb(4)) is not None
