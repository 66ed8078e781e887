"""The end of a follower: an event that hangs up on those who block in a read, so that no watch has to poll for it."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Stop(threading.Event):
    """Port `Stop`: a `threading.Event` whose `set` also closes what is attached."""

    def __init__(self) -> None:
        super().__init__()
        self._guard = threading.RLock()  # a signal handler may call `set` while its thread attaches
        self._attached: dict[int, Callable[[], None]] = {}
        self._next = 0

    def set(self) -> None:
        """Make the wish known and hang up on everybody; a second call does nothing new."""
        super().set()
        with self._guard:
            waiting = list(self._attached.values())
        for hang_up in waiting:
            hang_up()

    def attach(self, hang_up: Callable[[], None]) -> Callable[[], None]:
        """See the port."""
        with self._guard:
            self._next += 1
            number = self._next
            self._attached[number] = hang_up
        if self.is_set():
            hang_up()

        def detach() -> None:
            with self._guard:
                self._attached.pop(number, None)

        return detach
