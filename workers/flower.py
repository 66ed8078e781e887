"""Role `flower`: shows workers and tasks to whoever has the login, and can do nothing (celery.md section 9).

Flower learns from task events alone. Workers take no remote commands, so what asks or tells them is switched off here;
its Redis user may not publish or push anything in any case, and it has no key to sign with.
"""

from __future__ import annotations

import secrets
import signal

from celery.app.control import Control
from flower.app import Flower
from flower.options import default_options
from flower.urls import settings as pages
from flower.views.error import NotFoundErrorHandler

from gitops.adapters.celery.carrier import broker_url, celery_app
from gitops.errors import InvalidError
from gitops.settings import Process
from workers.log import set_up
from workers.ready import announce

CLOSED = (r"/metrics", r"/healthcheck")
"""Pages that Flower shows without its login; our API has both."""
PURGE_S = 60
TASKS = 5000


class NoControl(Control):  # type: ignore[misc]  # Celery is untyped
    """Sends no command to any worker."""

    def broadcast(self, *_: object, **__: object) -> None:
        """Nothing is sent, nobody answers."""


class WatchOnly(Flower):  # type: ignore[misc]  # Flower is untyped
    """Flower without its open pages and its questions to workers."""

    def update_workers(self, workername: str | None = None) -> None:
        """Workers answer no questions; what is known comes from their events."""
        del workername


def run(process: Process) -> None:
    """Serve until SIGTERM on ARGOSY_HOST:ARGOSY_PORT.

    Raises:
        InvalidError: the keys file has no login: Flower is never open.
    """
    set_up(process.log_level)
    app = flower_app(process)
    signal.signal(signal.SIGTERM, lambda *_: app.io_loop.add_callback_from_signal(app.stop))
    app.start_http_server()
    announce(process)
    app.start()


def flower_app(process: Process) -> WatchOnly:
    """Flower, set up and not yet started.

    Raises:
        InvalidError: no login.
    """
    keys = process.keys
    if not (keys.flower_user and keys.flower_password):
        raise InvalidError("has no flower_user or flower_password", about="keys file", hint="Flower is never open")
    settings = default_options
    settings.address, settings.port = process.host, process.port
    settings.basic_auth = [f"{keys.flower_user}:{keys.flower_password}"]
    settings.read_only = True
    settings.enable_events = False  # the events are on where ARGOSY_FLOWER=1; Flower must not switch them
    settings.purge_offline_workers, settings.max_tasks = PURGE_S, TASKS
    settings.tasks_columns = "name,args,state,received,started,runtime,worker"
    url = broker_url(process.redis_url, keys.redis_password, keys.redis_user)
    # It needs a key to start with; one that nobody else has.
    celery = celery_app(url, [secrets.token_bytes(32)])
    celery.control_cls = f"{__name__}:NoControl"
    # Without an end of its own Kombu keeps the subscription's record without scripts, which the Redis user may not run.
    celery.conf.update(event_queue_expires=None, event_queue_ttl=None)
    app = WatchOnly(options=settings, capp=celery, **pages)
    app.add_handlers(r".*", [(path, NotFoundErrorHandler) for path in CLOSED])
    return app
