"""A queue worker: Celery with threads, its guard, its timer threads and its signals."""

from __future__ import annotations

import logging
import os
import platform
import threading
from collections.abc import Callable, Sequence
from functools import partial

from celery import Celery, signals

from gitops.adapters.redis.connect import Server
from gitops.errors import RetryableError
from gitops.jobs import Job, Queue
from gitops.settings import Process
from workers.bell import Bell
from workers.lease import LEASE_S, Keeper
from workers.log import set_up
from workers.ready import announce
from workers.station import Station
from workers.turn import StepTable, Turns, register

REFUSED_KEY = "argosy:refused"
"""Hash in Redis: reason -> how many messages were refused."""

log = logging.getLogger("argosy.worker")


def only_told(job: Job) -> None:
    """Quarantine of workers that cannot write to the hub: the log line is all."""
    log.error("job_put_aside", extra={"job": str(job)})


def run_worker(
    process: Process,
    station: Station,
    steps: StepTable,
    queues: Sequence[Queue],
    *,
    slots: int,
    quarantine: Callable[[Job], None] = only_told,
) -> int:
    """Take turns of `queues` with `slots` threads until SIGTERM; returns the exit code.

    `slots` is the role's default, ARGOSY_SLOTS goes before it. Call it in the main thread.
    """
    slots = process.slots or slots
    keeper = Keeper()
    turns = Turns(station.lanes, station.queue.send, steps, quarantine, keeper)
    register(station.app, turns)
    bell = Bell(
        station.server,
        {queue: station.lanes[queue] for queue in queues},
        station.queue.send,
        worker=f"{process.role}@{platform.node()}:{os.getpid()}",
        slots=slots,
        sign_of_life=partial(announce, process),
    )
    _connect_signals(process.log_level, bell, keeper)
    station.app.on_refused = partial(_count_refused, station.server)
    worker = _worker(station.app, process, queues, slots)
    stop = threading.Event()
    threading.Thread(target=_keep, args=(keeper, stop), name="keeper", daemon=True).start()
    worker.start()
    stop.set()
    return int(worker.exitcode or 0)


def _worker(app: Celery, process: Process, queues: Sequence[Queue], slots: int) -> Celery.Worker:
    return app.Worker(
        hostname=f"{process.role}@{platform.node()}",
        pool_cls="threads",
        concurrency=slots,
        queues=[queue.value for queue in queues],
        consumer_cls="workers.guard:QuietConsumer",
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=not process.flower,
        task_events=process.flower,
        loglevel=process.log_level.upper(),
        quiet=True,
    )


def _connect_signals(log_level: str, bell: Bell, keeper: Keeper) -> None:
    """Weak references are off: nothing else holds these functions."""

    def logging_set_up(**_: object) -> None:
        set_up(log_level)

    def ready(**_: object) -> None:
        bell.start()

    def shutting_down(**_: object) -> None:
        keeper.stop()
        # Not here: a signal handler must not talk to Redis over a connection its own thread may be using.
        threading.Thread(target=bell.stop, name="sign-off", daemon=True).start()

    signals.setup_logging.connect(logging_set_up, weak=False)
    signals.worker_ready.connect(ready, weak=False)
    signals.worker_shutting_down.connect(shutting_down, weak=False)


def _keep(keeper: Keeper, stop: threading.Event) -> None:
    while not stop.wait(LEASE_S / 3):
        keeper.renew_all()


def _count_refused(server: Server, reason: str) -> None:
    try:
        server.call("HINCRBY", REFUSED_KEY, reason, 1)
    except RetryableError as error:
        log.warning("refusal_not_counted", extra={"error": str(error)})  # the log line of the refusal stays
