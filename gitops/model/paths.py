"""Where in an object a value lies: steps into maps, into lists by key, by value or by position."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TypeAlias

Scalar: TypeAlias = "bool | int | float | str | None"


@dataclass(frozen=True, slots=True)
class Item:
    """The item of a keyed list whose fields have these values, e.g. `[name=web]`."""

    keys: tuple[tuple[str, Scalar], ...]

    def __str__(self) -> str:
        return "[" + ",".join(f"{name}={_plain(value)}" for name, value in self.keys) + "]"


@dataclass(frozen=True, slots=True)
class Member:
    """A value of a list that is a set, e.g. a finalizer: `[="name"]`."""

    value: Scalar

    def __str__(self) -> str:
        return f"[={json.dumps(self.value)}]"


Step: TypeAlias = "str | int | Item | Member"
"""A field name, a position in a list, or one of the above."""

Path: TypeAlias = tuple[Step, ...]
"""From the root of an object to a value; the empty path is the whole object."""


def path_text(path: Path) -> str:
    """The path as people write it: `spec.containers[name=web].image`, `metadata.annotations["a.b/c"]`."""
    return "".join(_step_text(step, first=place == 0) for place, step in enumerate(path)) or "(the whole object)"


def _step_text(step: Step, *, first: bool) -> str:
    if isinstance(step, str):
        if not step or set(".[]/ ") & set(step):
            return f"[{json.dumps(step, ensure_ascii=False)}]"
        return step if first else f".{step}"
    return f"[{step}]" if isinstance(step, int) else str(step)


def _plain(value: Scalar) -> str:
    return value if isinstance(value, str) else json.dumps(value)
