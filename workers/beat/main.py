"""Role `beat`: Celery's beat with our schedule."""

from __future__ import annotations

from functools import partial

from celery import signals
from celery.apps.beat import Beat

from gitops.settings import Process
from workers.beat.schedule import LaneScheduler
from workers.log import set_up
from workers.ready import announce
from workers.station import station


def run(process: Process) -> None:
    """Tick until SIGTERM.

    Raises:
        RefusedError: Redis demands no password.
        RetryableError: Redis does not answer.
    """
    signals.setup_logging.connect(lambda **_: set_up(process.log_level), weak=False)
    signals.beat_init.connect(partial(_ready, process), weak=False)
    LaneScheduler.station = station(process)
    beat = Beat(
        app=LaneScheduler.station.app,
        scheduler_cls="workers.beat.schedule:LaneScheduler",
        quiet=True,
        max_interval=1,
        loglevel=process.log_level.upper(),
    )
    beat.run()


def _ready(process: Process, **_: object) -> None:
    announce(process)
