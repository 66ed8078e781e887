"""What the pages say is so: commands exist, links lead somewhere, named files are there (docs/map.md, limit 19)."""

from __future__ import annotations

import re
from pathlib import Path

import house
import pytest

PAGES = sorted([house.ROOT / "README.md", house.ROOT / "CHANGELOG.md", *(house.ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")
OUR_FILE = re.compile(r"`((?:gitops|workers|api|cli|tests|bench|charts)/[\w/.-]+\.\w+)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(house.ROOT).as_posix())
def test_links_and_named_files_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    gone = [link for link in LINK.findall(text) if not (page.parent / link).exists()]
    gone += [path for path in OUR_FILE.findall(text) if not (house.ROOT / path).exists()]
    assert gone == []


def test_the_readme_names_commands_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (house.ROOT / "Makefile").read_text(), re.MULTILINE))
    named = re.findall(r"make ([a-z-]+)", (house.ROOT / "README.md").read_text())
    assert {"demo", "test"} <= set(named)
    assert set(named) <= targets


def test_the_top_level_is_the_fixed_one() -> None:
    fixed = {"pyproject.toml", "README.md", "gitops", "workers", "api", "tests", "compose.yaml", "charts"}
    added = {"cli", "docs", "bench", "Makefile", "Dockerfile", "CHANGELOG.md", "LICENSE"}
    assert {name for name in fixed | added if not (house.ROOT / name).exists()} == set()


def test_every_choice_has_a_record() -> None:
    records = sorted((house.ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    assert all(re.search(r"^## (Choice|Why)", path.read_text(), re.MULTILINE) for path in records)
