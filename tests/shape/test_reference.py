"""Reference pages are current: what the code can say is on its page, and nothing else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import diagram
import house
import pytest

from cli.errors import Exit
from cli.main import root
from gitops.sync.machine import TRANSITIONS, Stage, step
from gitops.sync.report import EVALUATED

REFERENCE = house.ROOT / "docs" / "reference"
METRIC = re.compile(r"(?:argocd_(?:app|git|webhook|login)|argosy_(?:lane|redis))_[a-z0-9_]+")
CONDITION = re.compile(r"(?:[A-Z][a-z]+)+(?:Error|Warning|Quarantined)")


def page(name: str) -> str:
    return (REFERENCE / f"{name}.md").read_text(encoding="utf-8")


def texts(*folders: str) -> Iterator[str]:
    """Every text in the code of some folders."""
    for module in house.modules(*folders):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def keys_read(function: str) -> set[str]:
    """The keys of a ConfigMap that a function of parse_config asks for."""
    module = next(m for m in house.modules("gitops/model") if m.path.endswith("parse_config.py"))
    found = next(f for f in module.functions() if f.name == function)
    calls = (n for n in ast.walk(found) if isinstance(n, ast.Call) and ast.unparse(n.func) == "entries.get")
    return {str(ast.literal_eval(call.args[0])) for call in calls}


def test_the_page_of_the_sync_machine_is_current() -> None:
    assert page("sync-machine") == diagram.page(), "run `make docs`"


def test_the_sync_machine_always_comes_to_an_end() -> None:
    ends = {after for _, _, after in diagram.edges()} - {before for before, _ in TRANSITIONS}
    assert ends == {Stage.SUCCEEDED, Stage.FAILED, Stage.ERROR}


@pytest.mark.parametrize(("stage", "event"), TRANSITIONS)
def test_only_a_failure_with_retries_left_leaves_the_table(stage: Stage, event: object) -> None:
    pair = next(p for p in TRANSITIONS if p == (stage, event))
    taken = step(diagram.state_in(stage), pair[1])
    assert taken.stage is TRANSITIONS[pair] or (taken.stage is Stage.WAITING and taken.retry_in is not None)


def test_every_condition_is_explained_and_no_other() -> None:
    said = {text for text in texts("gitops/reconcile") if CONDITION.fullmatch(text)}
    explained = set(re.findall(r"^\| `(\w+)`", page("conditions"), re.MULTILINE)) - {"ignored"}
    assert explained == said <= EVALUATED
    assert all(f"`{kind}`" in page("conditions") for kind in EVALUATED)


def test_every_metric_is_explained_and_no_other() -> None:
    said = {text for text in texts("gitops", "workers", "api") if METRIC.fullmatch(text)}
    assert set(re.findall(r"^\| `(\w+)`", page("metrics"), re.MULTILINE)) == said


@pytest.mark.parametrize("function", ["parse_settings", "parse_params"])
def test_every_key_that_is_read_is_explained(function: str) -> None:
    read = keys_read(function)
    assert len(read) > 5
    assert sorted(key for key in read if f"`{key}`" not in page("hub-objects")) == []


def test_every_exit_code_is_explained() -> None:
    rows = dict(re.findall(r"^\| (\d+) \| (\w+) \|", page("cli"), re.MULTILINE))
    assert rows == {str(int(code)): code.name for code in Exit}


def test_every_command_is_explained() -> None:
    context = root.make_context("argosy", [], resilient_parsing=True)
    found = {name: root.get_command(context, name) for name in root.list_commands(context)}
    shown = [name for name, command in found.items() if command and not command.hidden]
    assert len(shown) > 5
    assert [name for name in shown if f"`{name}" not in page("cli")] == []


def test_every_glossary_word_is_a_word_of_the_files_it_names() -> None:
    text = (house.ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z][a-z ,]*) \|.*\| (`.*`) \|$", text, re.MULTILINE)
    assert len(rows) > 25
    for words, files in rows:
        code = "".join(f"{name} {(house.ROOT / name).read_text('utf-8')}" for name in re.findall(r"`(.+?)`", files))
        plain = re.sub(r"[\s_]", "", code.lower())
        assert [word for word in words.split(", ") if word.replace(" ", "") not in plain] == []
