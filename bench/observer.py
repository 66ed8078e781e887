"""A watcher of its own user: when did the live object change, when was the Application Synced?"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Self

import urllib3

from cli.bed.cluster import Cluster
from tests.bed.fleet import APPS


class Observer:
    """Follows one collection and remembers the newest state of each object with the time it was seen."""

    def __init__(self, cluster: Cluster, path: str) -> None:
        self._cluster = cluster
        self._path = path
        self._changed = threading.Condition()
        self._seen: dict[str, tuple[float, dict[str, object]]] = {}
        self._stopped = False
        self._http = urllib3.PoolManager(ca_certs=str(cluster.authority), retries=False)

    def __enter__(self) -> Self:
        body = self._cluster.request("GET", self._path, user="observer").body
        items = body["items"]
        assert isinstance(items, list)
        for item in items:
            self._put(item)
        metadata = body["metadata"]
        assert isinstance(metadata, dict)
        threading.Thread(target=self._follow, args=(metadata["resourceVersion"],), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped = True  # its thread ends with the next event, or with the process

    def wait(self, key: str, condition: Callable[[dict[str, object]], bool], *, limit_s: float = 30.0) -> float:
        """The `time.perf_counter()` at which the object `namespace/name` was first seen to fulfil the condition."""
        deadline = time.perf_counter() + limit_s
        with self._changed:
            while True:
                found = self._seen.get(key)
                if found is not None and condition(found[1]):
                    return found[0]
                left = deadline - time.perf_counter()
                assert left > 0, f"not within {limit_s:.0f} s: {key}: {found[1].get('status') if found else None}"
                self._changed.wait(left)

    def states(self) -> dict[str, dict[str, object]]:
        """The newest state of every object."""
        with self._changed:
            return {key: body for key, (_, body) in self._seen.items()}

    def _follow(self, version: str) -> None:
        separator = "&" if "?" in self._path else "?"
        url = f"{self._cluster.server}{self._path}{separator}watch=1&resourceVersion={version}"
        headers = {"Authorization": f"Bearer {self._cluster.token('observer')}"}
        response = self._http.request("GET", url, headers=headers, preload_content=False, timeout=3600)
        rest = b""
        while not self._stopped:
            try:
                chunk = response.read1(1 << 20)
            except urllib3.exceptions.HTTPError:
                return  # the server went away: the stage is being taken down
            if not chunk:
                return
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._put(json.loads(line)["object"])

    def _put(self, body: dict[str, object]) -> None:
        metadata = body["metadata"]
        assert isinstance(metadata, dict)
        with self._changed:
            self._seen[f"{metadata['namespace']}/{metadata['name']}"] = (time.perf_counter(), body)
            self._changed.notify_all()


def applications(hub: Cluster) -> Observer:
    """An observer of all Applications."""
    return Observer(hub, APPS)


def config_maps(target: Cluster) -> Observer:
    """An observer of all ConfigMaps."""
    return Observer(target, "/api/v1/configmaps")
