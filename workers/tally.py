"""Counts API requests in memory and hands the sums over every few seconds: a counter costs no round trip of its own."""

from __future__ import annotations

import threading
from collections import Counter

from gitops.ports.metrics import Counters

EVERY_S = 5.0

NAME = "argocd_app_k8s_request_total"


class Tally:
    """Observers for the hub's and the targets' clients; one background thread per process."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters
        self._sums: Counter[tuple[str, str, str, int]] = Counter()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        threading.Thread(target=self._run, name="tally", daemon=True).start()

    def hub(self, verb: str, kind: str, code: int, seconds: float) -> None:
        """A request to the hub was answered."""
        self._count("hub", verb, kind, code)

    def target(self, verb: str, kind: str, code: int, seconds: float) -> None:
        """A request to a target was answered."""
        self._count("target", verb, kind, code)

    def _count(self, server: str, verb: str, kind: str, code: int) -> None:
        with self._lock:
            self._sums[server, verb, kind, code] += 1
        self._wake.set()

    def _run(self) -> None:
        pause = threading.Event()
        while self._wake.wait():
            pause.wait(EVERY_S)
            self._wake.clear()
            with self._lock:
                sums, self._sums = self._sums, Counter()
            for (server, verb, kind, code), count in sums.items():
                labels = {"server": server, "verb": verb, "resource_kind": kind, "response_code": str(code)}
                self._counters.add(NAME, labels, count)
