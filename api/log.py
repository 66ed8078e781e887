"""Logs of the API: one JSON object per line on stdout, control characters escaped."""

from __future__ import annotations

import json
import logging
import sys

_OWN = frozenset(vars(logging.makeLogRecord({})))


class Lines(logging.Formatter):
    """Level, event, the fields given with it, and the traceback of a bug."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        fields = {name: value for name, value in vars(record).items() if name not in _OWN}
        trace = {"traceback": self.formatException(record.exc_info)} if record.exc_info else {}
        told = {"ts": self.formatTime(record, "%Y-%m-%dT%H:%M:%S"), "level": record.levelname.lower(), "role": "api"}
        return json.dumps({**told, "event": record.getMessage(), **fields, **trace}, default=str)


def set_up(level: str) -> None:
    """Send everything of `level` and above to stdout."""
    out = logging.StreamHandler(sys.stdout)
    out.setFormatter(Lines())
    logging.basicConfig(level=level.upper(), handlers=[out], force=True)
    for chatty in ("waitress.queue", "urllib3", "kombu"):
        logging.getLogger(chatty).setLevel(logging.ERROR)
