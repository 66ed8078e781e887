"""What one write costs on this machine, published beside every result (performance.md 7.2)."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from cli.bed.cluster import Cluster

COUNT = 300
THREADS = 8


def calibrate(cluster: Cluster) -> str:
    """Server-side applies and reads of small ConfigMaps per second, and the time of an empty loop."""
    cluster.ensure_namespace("calibration")
    created, changed, read = (_rate(cluster, step) for step in (_apply_one, _apply_two, _read))
    started = time.process_time()
    for _ in range(1_000_000):
        pass
    loop_ms = (time.process_time() - started) * 1000
    cluster.request("DELETE", "/api/v1/namespaces/calibration")
    return (
        f"apply-create {created:.0f}/s, apply-changed {changed:.0f}/s, GET {read:.0f}/s with {THREADS} threads; "
        f"a million empty loops {loop_ms:.0f} ms"
    )


def _rate(cluster: Cluster, step: object) -> float:
    assert callable(step)
    started = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda n: step(cluster, n), range(COUNT)))
    return COUNT / (time.perf_counter() - started)


def _path(n: int) -> str:
    return f"/api/v1/namespaces/calibration/configmaps/c{n}"


def _body(n: int, value: str) -> dict[str, object]:
    return {
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"c{n}", "namespace": "calibration"},
        "data": {"value": value, "padding": "x" * 2000},
    }  # fmt: skip


def _apply_one(cluster: Cluster, n: int) -> None:
    cluster.apply(_path(n), _body(n, "one"))


def _apply_two(cluster: Cluster, n: int) -> None:
    cluster.apply(_path(n), _body(n, "two"))


def _read(cluster: Cluster, n: int) -> None:
    cluster.request("GET", _path(n))
