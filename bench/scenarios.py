"""S1, S2, S4, S5, S7 and S9 of performance.md 7.4, each returning lines of figures."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench.measure import Usage, load, spread
from bench.observer import Observer
from bench.stage import SINGLES, Stage, mono_name, namespace_of
from tests.bed.fleet import create, field, manifests, synced


@dataclass
class Cost:
    """What a stretch of time cost."""

    cpu_s: float = 0.0
    hub_writes: int = 0
    hub_reads: int = 0
    target: int = 0
    git: int = 0
    wall_s: float = 0.0

    def per(self, count: int) -> str:
        """Shares of one event."""
        return (
            f"{self.cpu_s / count:.3f} CPU s, {self.hub_writes / count:.2f} hub writes, "
            f"{self.hub_reads / count:.2f} hub reads, {self.target / count:.2f} target requests, "
            f"{self.git / count:.2f} git requests"
        )


@contextmanager
def costs(stage: Stage) -> Iterator[Cost]:
    """Measure what happens inside the block."""
    cost, before, started = Cost(), stage.usage(), time.perf_counter()
    stage.hub_audit.restart()
    stage.target_audit.restart()
    stage.git.forget()
    yield cost
    cost.wall_s = time.perf_counter() - started
    cost.cpu_s = stage.usage().cpu_s - before.cpu_s
    cost.hub_writes = len(stage.hub_audit.writes())
    cost.hub_reads = sum(1 for _ in stage.hub_audit.requests()) - cost.hub_writes
    cost.target = sum(1 for _ in stage.target_audit.requests())
    cost.git = sum(stage.git.counts().values())


def install(stage: Stage) -> list[str]:
    """S9: create all Applications at once, until every one is Synced."""
    apps = stage.apps()
    with stage.watch()[0] as seen, costs(stage) as cost:
        started = time.perf_counter()
        create(stage.hub, apps)
        created = time.perf_counter() - started
        last = max(seen.wait(f"argocd/{_name(app)}", synced, limit_s=300) for app in apps) - started
        for app in apps:  # what the controllers of the target still do must not be counted with the next scenario
            seen.wait(f"argocd/{_name(app)}", lambda a: field(a, "status.health.status") == "Healthy", limit_s=300)
    return [
        f"S9 install {len(apps)} apps: {len(apps) / last:.1f} apps/s ({last:.1f} s, {created:.1f} s of it creating "
        f"them); per app {cost.per(len(apps))}",
    ]


def idle(stage: Stage, seconds: float) -> list[str]:
    """S2: nothing changes."""
    counted = hub_counters(stage)
    with costs(stage) as cost:
        time.sleep(seconds)
    now: Usage = stage.usage()
    own = hub_counters(stage) - counted
    minutes = seconds / 60
    return [
        f"S2 idle {seconds:.0f} s: {cost.hub_writes / minutes:.1f} hub writes/min (the API server's own counters of "
        f"writes to our kinds moved by {own:.0f}), {cost.cpu_s / seconds:.4f} cores, "
        f"{cost.hub_reads / minutes:.1f} hub reads/min, {cost.target / minutes:.1f} target requests/min, "
        f"{cost.git / minutes:.1f} git requests/min, PSS {now.pss_mb:.0f} MB"
    ]


def hub_counters(stage: Stage) -> float:
    """Writes to argoproj.io kinds that the hub's API server counts itself, whoever asked."""
    verbs = tuple(f'verb="{verb}"' for verb in ("POST", "PUT", "PATCH", "APPLY", "DELETE"))
    lines = (line for line in stage.hub.text("/metrics").splitlines() if line.startswith("apiserver_request_total{"))
    ours = (line for line in lines if 'group="argoproj.io"' in line and any(verb in line for verb in verbs))
    return sum(float(line.rsplit(" ", 1)[1]) for line in ours)


def push_single(stage: Stage, times: int) -> list[str]:
    """S4: webhook of a single-app repository, one ConfigMap changed."""

    def push(n: int) -> tuple[str, str, str]:
        number = n % SINGLES
        text = manifests(f"single-{number}", value=f"s4-{n}")["config.yaml"]
        commit = stage.singles[number].commit({"app/config.yaml": text})
        return f"single-{number}", f"singles/single-{number}", _event(stage, f"single-{number}", commit)

    return _pushes(stage, "S4 webhook, single-app repository", push, "s4", times)


def push_mono(stage: Stage, times: int) -> list[str]:
    """S5: webhook of the monorepo, one app of N touched."""

    def push(n: int) -> tuple[str, str, str]:
        number = (n * 37) % stage.count
        name = mono_name(number)
        text = manifests(name, value=f"s5-{n}")["config.yaml"]
        commit = stage.mono.commit({f"apps/{name}/config.yaml": text})
        return name, f"{namespace_of(number)}/{name}", _event(stage, "mono", commit)

    return _pushes(stage, f"S5 monorepo, one of {stage.count}", push, "s5", times)


def _event(stage: Stage, repository: str, commit: str) -> str:
    _SENT[commit] = time.perf_counter()
    status = stage.argosy.push_event(stage.git.url_of(repository), commit)
    assert status == 200, f"webhook answered {status}"
    return commit


_SENT: dict[str, float] = {}
"""When the webhook of a commit was sent: t0 of performance.md 7.4, its own round trip included."""


def _pushes(stage: Stage, title: str, push: Callable[[int], tuple[str, str, str]], mark: str, times: int) -> list[str]:
    changed, done = [], []
    apps, maps = stage.watch()
    with apps, maps, costs(stage) as cost:
        for n in range(times):
            name, config, commit = push(n)
            value = f"{mark}-{n}"
            live = maps.wait(config, lambda m, v=value: field(m, "data.value") == v)
            end = apps.wait(f"argocd/{name}", lambda a, c=commit: synced(a, c))
            changed.append(live - _SENT[commit])
            done.append(end - _SENT[commit])
    return [
        f"{title}, {times} pushes: live {spread(changed)}; Synced {spread(done)} (p50 / p95 / max); "
        f"per push {cost.per(times)}"
    ]


def drift(stage: Stage, times: int) -> list[str]:
    """S7: one live object edited, another app each time."""
    healed = []
    apps, maps = stage.watch()
    with apps, maps, costs(stage) as cost:
        for n in range(times):
            name, place = mono_name(n), namespace_of(n)
            wanted = field(maps.states()[f"{place}/{name}"], "data.value")
            path = f"/api/v1/namespaces/{place}/configmaps/{name}"
            _merge(stage, path, {"data": {"value": "drifted"}})
            sent = time.perf_counter()
            maps.wait(f"{place}/{name}", lambda m: field(m, "data.value") == "drifted")
            healed.append(maps.wait(f"{place}/{name}", lambda m, w=wanted: field(m, "data.value") == w) - sent)
        for n in range(times):
            apps.wait(f"argocd/{mono_name(n)}", synced)
    return [f"S7 drift healed, {times} times: {spread(healed)} (p50 / p95 / max); per heal {cost.per(times)}"]


def restart(stage: Stage, drifts: int = 3) -> list[str]:
    """S1: kill -9 everything, drift three objects, start again."""
    stage.argosy.kill()
    numbers = [stage.count - 1 - n for n in range(drifts)]
    for number in numbers:
        path = f"/api/v1/namespaces/{namespace_of(number)}/configmaps/{mono_name(number)}"
        _merge(stage, path, {"data": {"value": "while it was dead"}})
    _, maps = stage.watch()
    with maps:
        started = time.perf_counter()
        ready = stage.argosy.start()
        ends = [_healed(maps, number) - started for number in numbers]
    return [f"S1 restart: ready after {ready:.2f} s, drift made meanwhile healed {max(ends):.2f} s after the start"]


def _healed(maps: Observer, number: int) -> float:
    key = f"{namespace_of(number)}/{mono_name(number)}"
    return maps.wait(key, lambda m: field(m, "data.value") != "while it was dead")


def _merge(stage: Stage, path: str, body: object) -> None:
    answer = stage.target.request("PATCH", path, body, content_type="application/merge-patch+json")
    assert answer.good, answer.body


def _name(app: dict[str, object]) -> str:
    return str(field(app, "metadata.name"))


def surroundings() -> str:
    """Load of the machine, to be read beside every wall time."""
    return f"load {load()}"
