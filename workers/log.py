"""Logs: one JSON object per line on stdout; what the running turn is about is in each of them.

A log call names an event and gives fields: `log.info("applied", extra={"object": key})`.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_PLAIN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "data"}
_bound: ContextVar[Mapping[str, object]] = ContextVar("argosy_log_fields", default={})  # noqa: B039 -- never changed in place


@contextmanager
def bound(**fields: object) -> Iterator[None]:
    """Add fields to every line this thread writes until the block ends."""
    before = _bound.set({**_bound.get(), **fields})
    try:
        yield
    finally:
        _bound.reset(before)


class JsonLines(logging.Formatter):
    """One line per record: ts, level, event, bound fields, fields of `extra`, traceback; control characters escaped."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {"ts": moment.replace("+00:00", "Z"), "level": record.levelname.lower()}
        line |= {"event": record.getMessage(), "logger": record.name, **_bound.get()}
        line |= {name: value for name, value in record.__dict__.items() if name not in _PLAIN}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        # ASCII only: escapes control characters, line separators and terminal codes in foreign names.
        return json.dumps(line, default=str)


def set_up(level: str) -> None:
    """Send all records of `level` (debug, info, warning, error) and above to stdout as JSON lines."""
    to_stdout = logging.StreamHandler(sys.stdout)
    to_stdout.setFormatter(JsonLines())
    logging.basicConfig(level=level.upper(), handlers=[to_stdout], force=True)
    # Celery tells of each task at INFO, ours says it once and with its fields; Tornado of each page.
    for chatty in ("celery.app.trace", "celery.worker.strategy", "kombu", "urllib3", "tornado.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
