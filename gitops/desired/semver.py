"""Version constraints on tags, as Argo CD's library reads them: `1.2.*`, `~1.2`, `^1`, `>=1 <2`, `1 - 2`, `||`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

_VERSION = re.compile(r"v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?")
_TERM = re.compile(
    r"\s*(=|==|!=|>=|=>|<=|=<|>|<|~|~>|\^)?\s*"
    r"(v?(?:\d{1,9}|[xX*])(?:\.(?:\d{1,9}|[xX*])){0,2}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)\s*,?"
)
_HYPHEN = re.compile(r"\s*(v?[\d.]+\S*)\s+-\s+(v?[\d.]+\S*)\s*")
_LIMIT = 200


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A version in the order of semver.org; `text` is the tag as written."""

    numbers: tuple[int, int, int]
    prerelease: tuple[tuple[int, int, str], ...]
    text: str = field(compare=False)

    @property
    def is_prerelease(self) -> bool:
        """Whether it has a part after the dash; such versions match only constraints that have one too."""
        return self.prerelease != _RELEASE


_RELEASE = ((2, 0, ""),)
"""Sorts after every prerelease part."""


def parse_version(text: str) -> Version | None:
    """The version a tag stands for, also `v1` and `1.2`; None when it is none."""
    found = _VERSION.fullmatch(text)
    if found is None:
        return None
    major, minor, patch, pre = found.groups()
    return Version((int(major), int(minor or 0), int(patch or 0)), _prerelease(pre), text)


def _prerelease(text: str | None) -> tuple[tuple[int, int, str], ...]:
    if not text:
        return _RELEASE
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in text.split("."))


def is_constraint(text: str) -> bool:
    """Whether the text is a constraint and not just one version (which is an ordinary tag name)."""
    if len(text) > _LIMIT or parse_version(text) is not None:
        return False
    return _alternatives(text) is not None


def highest(constraint: str, tags: Iterable[str]) -> str | None:
    """The tag with the highest version that fulfils the constraint; None when there is none."""
    choices = _alternatives(constraint) or []
    versions = [v for v in map(parse_version, tags) if v is not None and any(_fulfils(v, c) for c in choices)]
    return max(versions).text if versions else None


@dataclass(frozen=True, slots=True)
class _Term:
    sign: str
    low: Version
    high: tuple[int, int, int]
    """First numbers above the range that the written parts span (`1.2` spans up to 1.3.0)."""
    partial: bool


def _alternatives(text: str) -> list[list[_Term]] | None:
    parsed = [_terms(part) for part in text.split("||")]
    good = [terms for terms in parsed if terms]
    return good if len(good) == len(parsed) else None


def _terms(text: str) -> list[_Term] | None:
    hyphen = _HYPHEN.fullmatch(text)
    if hyphen:
        text = f">={hyphen[1]} <={hyphen[2]}"
    terms, at = [], 0
    while at < len(text):
        found = _TERM.match(text, at)
        if found is None or found.end() == at:
            return None
        terms.append(_term(found[1] or "=", found[2]))
        at = found.end()
    return terms


def _term(sign: str, text: str) -> _Term:
    body, _, pre = text.lstrip("v").partition("+")[0].partition("-")
    written = [int(p) for p in body.split(".") if p.isdigit()]
    numbers = (*written, 0, 0, 0)[:3]
    low = Version((numbers[0], numbers[1], numbers[2]), _prerelease(pre), text)
    sign = {"==": "=", "=>": ">=", "=<": "<=", "~>": "~"}.get(sign, sign)
    return _Term(sign, low, _above(sign, written), len(written) < 3)


def _above(sign: str, written: list[int]) -> tuple[int, int, int]:
    """The end of the range: caret keeps the first number that is not zero, tilde the minor (or the major alone)."""
    if not written:
        return (10**10, 0, 0)
    if sign == "^":
        keep = next((i for i, n in enumerate(written) if n), len(written) - 1)
    elif sign == "~":
        keep = min(1, len(written) - 1)
    else:
        keep = len(written) - 1
    raised = [*written[:keep], written[keep] + 1, 0, 0, 0]
    return (raised[0], raised[1], raised[2])


def _fulfils(version: Version, terms: list[_Term]) -> bool:
    if version.is_prerelease and not all(term.low.is_prerelease for term in terms):
        return False
    return all(_fulfils_one(version, term) for term in terms)


def _fulfils_one(version: Version, term: _Term) -> bool:
    within = term.low <= version and version.numbers < term.high
    exact = within if term.partial else version == term.low
    return {
        "=": exact,
        "!=": not exact,
        ">": version.numbers >= term.high if term.partial else version > term.low,
        ">=": version >= term.low,
        "<": version < term.low,
        "<=": version.numbers < term.high if term.partial else version <= term.low,
        "~": within,
        "^": within,
    }[term.sign]
