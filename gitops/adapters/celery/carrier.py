"""The Celery application that everyone shares who sends or takes messages: settings of celery.md 14.1.

Nothing here is read from Celery's own environment variables or configuration modules.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from celery import Celery
from kombu.entity import Exchange
from kombu.entity import Queue as CarrierQueue

from gitops.adapters.celery.signing import NAME, Signer, register
from gitops.adapters.celery.transport import install
from gitops.jobs import Queue

PREFIX = "argosy:"
"""In front of every key Kombu makes."""


def broker_url(url: str, password: str = "", user: str = "") -> str:
    """The URL with the credential in it, as Kombu wants it; it is kept in memory only."""
    if not password:
        return url
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{rest}"


def celery_app(
    url: str, keys: Sequence[bytes], *, events: bool = False, task_cls: str = "celery.app.task:Task"
) -> Celery:
    """A Celery application on `url` (see `broker_url`) that signs with `keys`; `events` only where Flower looks.

    `task_cls` is the class of every task, Celery's own ones too: a worker names its guard here.

    Raises:
        InvalidError: no usable signing key.
    """
    register(Signer(keys))
    install()
    app = Celery("argosy", broker=url, set_as_current=False, fixups=[], task_cls=task_cls)
    app.conf.update(_messages() | _worker(events=events) | _connection())
    return app


def _messages() -> dict[str, object]:
    return {
        "task_serializer": NAME,
        "accept_content": [NAME],
        "event_serializer": "json",
        "task_queues": [_carrier_queue(queue.value) for queue in Queue],
        "task_create_missing_queues": False,
        "task_default_queue": Queue.DIFF.value,
        "task_ignore_result": True,  # the hub is the record; no backend, no results
        "result_backend": None,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_publish_retry": True,
        "task_publish_retry_policy": {"max_retries": 2, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.2},
        "task_send_sent_event": False,
    }


def _carrier_queue(name: str) -> CarrierQueue:
    exchange = Exchange("argosy", type="direct")  # type: ignore[no-untyped-call]  # Kombu leaves it untyped
    return CarrierQueue(name, exchange, routing_key=name)  # type: ignore[no-untyped-call]  # Kombu leaves it untyped


def _worker(*, events: bool) -> dict[str, object]:
    return {
        "worker_prefetch_multiplier": 1,
        "worker_disable_prefetch": True,
        "worker_enable_remote_control": False,  # whoever has Redis could stop or slow every worker (S-069)
        "worker_send_task_events": events,  # they halve throughput
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_detect_quorum_queues": False,
        "worker_proc_alive_timeout": 10.0,
        "beat_max_loop_interval": 1,
    }


def _connection() -> dict[str, object]:
    return {
        "broker_connection_retry": True,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,  # never give up; 100 tries would end a worker after 48 minutes
        "broker_pool_limit": 16,
        "broker_transport_options": {
            "visibility_timeout": 90,  # the longest step and a shutdown; an early redelivery ends at the claim
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_timeout": 5,
            "socket_connect_timeout": 2,
            "socket_keepalive": True,
            "health_check_interval": 10,
            "global_keyprefix": PREFIX,
            "priority_steps": [0],  # one list per queue
            "queue_order_strategy": "round_robin",
        },
    }
