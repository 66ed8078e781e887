"""An Application changed in the hub: which looks does that ask for?"""

from __future__ import annotations

from enum import Enum

from gitops.model.crds.application import Application
from gitops.model.objects import REFRESH

SKIP = "argocd.argoproj.io/skip-reconcile"


class Look(Enum):
    """What to nudge for an edited Application."""

    FETCH_NOW = "a person or tool asked: operation or refresh"
    FETCH = "another source is to be rendered"
    COMPARE = "the same source is judged by other rules"
    ADVANCE = "an operation or a deletion is to go on"


def looks(before: Application | None, after: Application) -> frozenset[Look]:
    """The looks that the step from `before` to `after` asks for; our own status writes ask for none.

    Whoever begins an operation nudges it; only one found at the start, or told to terminate, is news here.
    """
    if _skipped(after):
        return frozenset()
    if before is not None and _skipped(before):
        return looks(None, after) | {Look.COMPARE}  # it may have been rendered meanwhile, but was not looked at
    if after.metadata.deletion_timestamp is not None:
        return frozenset({Look.ADVANCE}) if _deletion_moved(before, after) else frozenset()
    asked = set()
    if _asks(after) - (_asks(before) if before else frozenset()):
        asked.add(Look.FETCH_NOW)
    if before is None or _what(before) != _what(after):
        asked.add(Look.FETCH)
    elif _rules(before) != _rules(after):
        asked.add(Look.COMPARE)
    if running(after) and (before is None or (_phase(after) == "Terminating" != _phase(before))):
        asked.add(Look.ADVANCE)
    return frozenset(asked)


def _skipped(app: Application) -> bool:
    return app.metadata.annotations.get(SKIP) == "true"


def running(app: Application) -> bool:
    """Whether an operation is under way."""
    return _phase(app) in ("Running", "Terminating")


def _phase(app: Application) -> str:
    state = app.status.operation_state
    return state.phase if state else ""


def _deletion_moved(before: Application | None, after: Application) -> bool:
    return (
        before is None
        or before.metadata.deletion_timestamp is None
        or before.metadata.finalizers != after.metadata.finalizers
    )


def _asks(app: Application) -> frozenset[str]:
    """The requests an app carries: an operation, a refresh with its time stamp."""
    asks = set()
    if app.operation is not None:
        asks.add("operation")
    if REFRESH in app.metadata.annotations:
        stamp = app.metadata.annotations.get(f"{REFRESH}-timestamp", "")
        asks.add(f"refresh {app.metadata.annotations[REFRESH]} {stamp}")
    return frozenset(asks)


def _what(app: Application) -> object:
    return app.metadata.uid, app.spec.effective_sources, app.spec.destination


def _rules(app: Application) -> object:
    spec = app.spec
    options = app.metadata.annotations.get("argocd.argoproj.io/compare-options")
    return spec.project, spec.sync_policy, spec.ignore_differences, options
