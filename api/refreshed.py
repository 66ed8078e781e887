"""A value of the hub that is read again in the background, so that no request waits for it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from gitops.errors import RetryableError

log = logging.getLogger(__name__)
T = TypeVar("T")

EVERY_S = 5.0
"""How old accounts and settings may be."""


class Refreshed(Generic[T]):
    """The last value that could be read; the first caller reads it himself."""

    def __init__(self, read: Callable[[], T]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._known: tuple[T] | None = None

    def value(self) -> T:
        """The value, at most `EVERY_S` old while the hub answers.

        Raises:
            RetryableError: it was never read, and the hub does not answer.
        """
        if self._known is None:
            with self._lock:
                if self._known is None:
                    self._known = (self._read(),)
        return self._known[0]

    def refresh(self) -> None:
        """Read again; without an answer the last value stays, as a hub that is away changes nobody's password."""
        try:
            self._known = (self._read(),)
        except RetryableError as error:
            log.warning("hub not readable, keeping what is known", extra={"reason": str(error)})


def keep_fresh(values: tuple[Refreshed[T], ...], stop: threading.Event) -> None:
    """Refresh all values every `EVERY_S` until `stop` is set."""
    while not stop.wait(EVERY_S):
        for value in values:
            value.refresh()
