"""What a worker lets in: only messages whose signed part and header agree (celery.md section 7).

A signature covers the body alone; name, id, eta and embedded tasks are headers or extras that anyone with access to
Redis could write. What is refused is counted in Redis and dropped; its text is never logged, it may be anybody's.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

from celery import Task
from celery.exceptions import InvalidTaskError
from celery.worker.consumer import Consumer
from celery.worker.strategy import default
from kombu.message import Message

from gitops.adapters.celery.queue import VERSION

log = logging.getLogger("argosy.guard")


class SignedTask(Task):  # type: ignore[misc]  # Celery is untyped
    """The class of every task in a worker, Celery's own nine (`celery.map`, ...) too."""

    Strategy = "workers.guard:strategy"


def strategy(task: SignedTask, app: object, consumer: Consumer, **options: object) -> Callable[..., object]:
    """Celery's way in for one task: check, then go on as Celery does."""
    go_on: Callable[..., object] = default(task, app, consumer, **options)

    def receive(message: Message, body: object, *rest: object, **named: object) -> object:
        reason = objection(task.name, message.headers, None if body is not None else message.payload)
        if reason:
            raise InvalidTaskError(reason)
        return go_on(message, body, *rest, **named)

    return receive


def objection(name: str, headers: Mapping[str, object], payload: object) -> str:
    """Why a message may not run as task `name`, empty if it may; `payload`: the verified body."""
    if not (isinstance(payload, Sequence) and len(payload) == 3 and isinstance(payload[1], Mapping)):
        return "shape"
    positional, signed, embedded = payload
    if positional or signed.get("v") != VERSION or set(signed) != {"v", "t", "l", "k"}:
        return "version"
    if not signed["t"] == name == headers.get("task"):
        return "name"
    if headers.get("id") != signed["k"][0][1]:
        return "id"
    if any((embedded or {}).values()):
        return "embedded"
    return "eta" if headers.get("eta") is not None else ""


class QuietConsumer(Consumer):  # type: ignore[misc]  # Celery is untyped
    """Celery's consumer, but what it refuses is counted and acknowledged without its text in any log."""

    def on_unknown_message(self, body: object, message: Message) -> None:
        """No task header, or none of a form we know."""
        self._refuse(message, "shape")

    def on_unknown_task(self, body: object, message: Message, exc: Exception) -> None:
        """A task that this worker has not."""
        self._refuse(message, "task")

    def on_invalid_task(self, body: object, message: Message, exc: Exception) -> None:
        """Refused by `objection`, or of another content type."""
        self._refuse(message, str(exc) if isinstance(exc, InvalidTaskError) else "content")

    def on_decode_error(self, message: Message, exc: Exception) -> None:
        """Not signed by us, or changed."""
        self._refuse(message, "signature")

    def _refuse(self, message: Message, reason: str) -> None:
        message.ack_log_error(log, self.connection_errors)  # type: ignore[no-untyped-call]  # Kombu
        log.warning("message_refused", extra={"reason": reason})
        self.app.on_refused(reason)
