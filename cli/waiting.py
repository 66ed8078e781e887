"""What a wait waits for, decided on the app's JSON: first the present state, then every change of it."""

from __future__ import annotations

from dataclasses import dataclass

from cli.wire import Object, at, part, text

REFRESH = "argocd.argoproj.io/refresh"
RUNNING = frozenset({"Running", "Terminating"})


@dataclass(frozen=True)
class Wanted:
    """The conditions of `app wait`; several health words mean: any of them."""

    operation: bool = False
    sync: bool = False
    health: frozenset[str] = frozenset()
    delete: bool = False

    def missing(self, app: Object | None) -> list[str]:
        """What is not as wanted yet, in words; empty when all is. `app` is None when there is none."""
        if app is None:
            return [] if self.delete else ["the application to exist"]
        if self.delete:
            return ["the application to be deleted"]
        found = [
            (self.operation and running(app), f"the operation to end (it is {phase(app) or 'not begun'})"),
            (self.operation and being_compared(app), "the comparison that was asked for"),
            (self.sync and text(app, "status.sync.status") != "Synced", _is(app, "sync status Synced", "sync")),
            (
                bool(self.health) and text(app, "status.health.status") not in self.health,
                _is(app, f"health {' or '.join(sorted(self.health))}", "health"),
            ),
        ]
        return [words for unmet, words in found if unmet]


def _is(app: Object, wanted: str, kind: str) -> str:
    return f"{wanted} (it is {text(app, f'status.{kind}.status') or 'unknown'})"


def phase(app: Object) -> str:
    """The phase of the running or last operation."""
    return text(app, "status.operationState.phase")


def running(app: Object) -> bool:
    """Whether an operation is asked for or runs."""
    return at(app, "operation") is not None or phase(app) in RUNNING


def being_compared(app: Object) -> bool:
    """Whether a refresh was asked for and not done."""
    return REFRESH in part(app, "metadata.annotations")


def version(app: Object) -> int:
    """resourceVersion as a number; 0 when there is none."""
    found = text(app, "metadata.resourceVersion")
    return int(found) if found.isdigit() else 0


def ended(app: Object, asked: Object) -> bool:
    """Whether the operation that `asked` (the answer of the sync request) shows has ended in `app`."""
    return version(app) > version(asked) and not running(app)


def blocking(app: Object) -> list[str]:
    """The objects that are not in order, for the text of a time-out; at most ten."""
    found = []
    resources = at(app, "status.resources")
    for one in resources if isinstance(resources, list) else []:
        states = [text(one, "status"), text(one, "health.status")]
        if any(state not in ("", "Synced", "Healthy") for state in states):
            place = f"{text(one, 'namespace')}/{text(one, 'name')}"
            found.append(f"{text(one, 'kind')} {place}: {' '.join(states).strip()}")
    return found[:10]
