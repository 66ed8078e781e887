"""Role `prepare`: what the embedded Redis needs before the other roles start; it returns when that is done."""

from __future__ import annotations

from gitops.adapters.redis.connect import Server, connect
from gitops.adapters.redis.lanes import RedisLanes
from gitops.jobs import Queue
from gitops.settings import RoleSettings


def run(settings: RoleSettings) -> None:
    """Drop the turns of an earlier start, which nobody holds any more; caches stay. A second call does the same.

    Raises:
        RetryableError: Redis does not answer.
    """
    server = Server(connect(settings.redis_url, settings.keys.redis_password, settings.keys.redis_user))
    server.check(may_be_open=settings.redis_open)
    RedisLanes(server, Queue.FETCH).drop_all()
