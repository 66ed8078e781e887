"""Being told about changes: what a follower reports, and how it is asked to end.

A follower lists, then watches, and starts over by itself for as long as it runs; it never reports an object as gone
because a question failed. It reports in one thread, in order: a `listed` replaces everything reported before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from gitops.model.objects import JsonMap
from gitops.model.observed import Row, Rows


class Stop(Protocol):
    """The wish to end; may be made from any thread or signal handler."""

    def is_set(self) -> bool:
        """Whether the wish was made."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait at most `timeout` seconds for the wish; whether it was made."""

    def attach(self, hang_up: Callable[[], None]) -> Callable[[], None]:
        """Call `hang_up` when the wish is made, at once if it was; the result detaches it again."""


class RowListener(Protocol):
    """Hears about the metadata of all objects of one kind of one cluster."""

    def listed(self, rows: Rows) -> None:
        """The complete list, at the start and after every doubt: whatever is not in it is gone."""

    def changed(self, row: Row) -> None:
        """An object is new or differs."""

    def gone(self, row: Row) -> None:
        """An object was deleted; the row is its last state."""

    def failed(self, reason: str) -> None:
        """News is late since now, and why; empty after each list: all is well."""


class ObjectListener(Protocol):
    """Hears about the objects of one collection of the hub in full, as JSON."""

    def listed(self, objects: list[JsonMap]) -> None:
        """The complete list, at the start and after every doubt: whatever is not in it is gone."""

    def changed(self, body: JsonMap) -> None:
        """An object is new or differs."""

    def gone(self, body: JsonMap) -> None:
        """An object was deleted; this is its last state."""

    def failed(self, reason: str) -> None:
        """News is late since now, and why; empty after each list: all is well."""
