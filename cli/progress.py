"""Follow an app until something is reached, one line on stderr per change of its state."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from cli.client import Client, namespace_of
from cli.errors import CommandError, Exit
from cli.table import note
from cli.waiting import Wanted, blocking, ended, phase
from cli.wire import Object, at, parts, text

FOREVER_S = 365 * 24 * 3600.0
SILENCE_S = 5.0
"""A stream that is silent for this long is opened again, which tells the present state once more."""


def wait_for(client: Client, name: str, wanted: Wanted, timeout_s: float, *, quiet: bool = False) -> Object | None:
    """The app as soon as all is as wanted (None when it is gone); looks at the present state first.

    Raises:
        TimeoutError: says what was waited for and which objects are in the way.
    """
    last: Object | None = None
    try:
        for app in states(client, name, timeout_s, quiet=quiet):
            last = app
            if not wanted.missing(app):
                return app
    except TimeoutError as error:
        raise _late(name, timeout_s, wanted.missing(last), last) from error
    raise AssertionError("a stream of states ends with an error only")


def follow_operation(client: Client, name: str, asked: Object, timeout_s: float, *, quiet: bool = False) -> Object:
    """The app after the operation that a sync request started; `asked` is the answer of that request.

    Raises:
        TimeoutError: it did not end in time. CommandError: the app was deleted meanwhile.
    """
    last: Object = asked
    try:
        for app in states(client, name, timeout_s, quiet=quiet):
            if app is None:
                raise CommandError("the application was deleted meanwhile", code=Exit.NOT_FOUND, about=name)
            last = app
            if ended(app, asked):
                return app
    except TimeoutError as error:
        raise _late(name, timeout_s, [f"the operation to end (it is {phase(last) or 'not begun'})"], last) from error
    raise AssertionError("a stream of states ends with an error only")


def states(client: Client, name: str, timeout_s: float, *, quiet: bool) -> Iterator[Object | None]:
    """The present state of the app, then each further one; None when it is not there."""
    deadline = time.monotonic() + (timeout_s or FOREVER_S)
    tell = _teller(quiet=quiet)
    while (left := deadline - time.monotonic()) > 0:
        if not _exists(client, name):
            yield None
        for change, app in client.watch(name.rpartition("/")[2], min(left, SILENCE_S)):
            tell(app)
            yield None if change == "DELETED" else app
            if time.monotonic() >= deadline:
                break
    raise TimeoutError


def _exists(client: Client, name: str) -> bool:
    """Asked from the list, which tells absent from forbidden for who may list."""
    bare = name.rpartition("/")[2]
    return bool(parts(client.get("v1/applications", name=bare, appNamespace=namespace_of(name)), "items"))


def _teller(*, quiet: bool) -> Callable[[Object], None]:
    told: list[str] = []

    def tell(app: Object) -> None:
        sync, health = text(app, "status.sync.status"), text(app, "status.health.status")
        running = phase(app) if at(app, "operation") is None else "Requested"
        line = f"{text(app, 'metadata.name')}: sync {sync or '-'}, health {health or '-'}, operation {running or '-'}"
        message = text(app, "status.operationState.message")
        line += f" ({message})" if message and running not in ("", "Requested") else ""
        if not quiet and line not in told[-1:]:
            told.append(line)
            note(f"{time.strftime('%H:%M:%S')} {line}")

    return tell


def _late(name: str, timeout_s: float, missing: list[str], app: Object | None) -> TimeoutError:
    lines = [f"{name}: waited {timeout_s:.0f} s for {', and '.join(missing) or 'a change'}"]
    lines += [f"  {one}" for one in blocking(app or {})]
    return TimeoutError("\n".join(lines))
