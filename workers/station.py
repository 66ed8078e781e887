"""What every queue-using role is built around: Redis, the lanes of the three queues, and the way to send."""

from __future__ import annotations

from dataclasses import dataclass

from celery import Celery

from gitops.adapters.celery.carrier import broker_url, celery_app
from gitops.adapters.celery.queue import CeleryQueue
from gitops.adapters.redis.connect import Server, connect
from gitops.adapters.redis.lanes import RedisLanes
from gitops.jobs import Queue
from gitops.settings import Process


@dataclass(frozen=True)
class Station:
    """Shared by all threads of a role."""

    server: Server
    lanes: dict[Queue, RedisLanes]
    app: Celery
    queue: CeleryQueue


def station(process: Process) -> Station:
    """Connect and look at Redis once.

    Raises:
        RefusedError: Redis demands no password (S-063).
        RetryableError: Redis does not answer.
        InvalidError: no signing key.
    """
    keys = process.keys
    server = Server(connect(process.redis_url, keys.redis_password, keys.redis_user))
    server.check(may_be_open=process.redis_open)
    lanes = {queue: RedisLanes(server, queue) for queue in Queue}
    url = broker_url(process.redis_url, keys.redis_password, keys.redis_user)
    app = celery_app(url, keys.message, events=process.flower, task_cls="workers.guard:SignedTask")
    return Station(server, lanes, app, CeleryQueue(app, lanes, readable=process.flower))
