"""Names say what a thing knows, and one thing has one name (docs/map.md, limits 11 and 13)."""

from __future__ import annotations

import re
import typing
from pathlib import PurePosixPath

import house

from gitops import jobs

BANNED_WORDS = {"util", "utils", "common", "helper", "helpers", "misc", "manager", "handler"}
BANNED_NAMES = {"base", "core", "service", "data", "process"}
"""Words that say nothing anywhere, and words that say nothing alone."""


def words(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)]


def says_nothing(name: str) -> bool:
    return bool(BANNED_WORDS & set(words(name))) or name.strip("_").lower() in BANNED_NAMES


def test_no_module_or_folder_has_a_name_that_says_nothing() -> None:
    parts = {part.removesuffix(".py") for m in house.modules() for part in PurePosixPath(m.path).parts}
    assert [part for part in parts if says_nothing(part)] == []


def test_no_class_has_a_name_that_says_nothing() -> None:
    named = {f"{m.path} {c.name}": c.name for m in house.modules() for c in m.classes()}
    assert [where for where, name in named.items() if says_nothing(name)] == []


def test_every_job_has_a_step_of_its_name() -> None:
    for job in typing.get_args(jobs.Job):
        verb = jobs.name_of(job)
        path = f"gitops/reconcile/{verb}.py"
        step = next((m for m in house.modules() if m.path == path), None)
        assert step is not None, f"job {job.__name__} has no {path}"
        assert verb in {function.name for function in step.functions()}, f"{path} has no function {verb}"


def test_every_job_has_a_heading_on_the_map() -> None:
    text = (house.ROOT / "docs" / "map.md").read_text(encoding="utf-8")
    assert [job.__name__ for job in typing.get_args(jobs.Job) if f"### {job.__name__}\n" not in text] == []
