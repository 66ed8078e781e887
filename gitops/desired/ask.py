"""What an Application asks to be rendered right now: which source, at which revision, and on whose behalf."""

from __future__ import annotations

from dataclasses import dataclass

from gitops.errors import InvalidError
from gitops.model.crds.application import Application, Source, SyncOperation
from gitops.model.objects import REFRESH, Json, digest_of

PINNED = "pinned"
"""`fetched_for` of a rendering that a running operation asked for: it says nothing about the target's newest commit."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One wanted rendering.

    `fetched_for` is the digest of the operation that waits for it, PINNED for one that runs, empty for an ordinary
    look. `fresh` asks for bytes made now: a deletion may rest on them (security-reliability.md 12). `look` asks for a
    Compare in any case.
    """

    source: Source
    revision: str
    fetched_for: str = ""
    fresh: bool = False
    look: bool = False


def ask_of(app: Application) -> Ask:
    """The rendering an app needs: a running operation keeps its pinned revision, a waiting one names its own.

    Raises:
        InvalidError: the app has no source, or several: only a changed spec helps.
    """
    sources = _sources(app)
    if len(sources) != 1:
        why = "several sources are not available yet" if sources else "spec has no source"
        raise InvalidError(why, hint="give exactly one spec.source")
    source = sources[0]
    pinned = _pinned(app)
    refresh = app.metadata.annotations.get(REFRESH, "")
    if pinned:
        return Ask(source, pinned, PINNED, fresh=refresh == "hard", look=bool(refresh))
    if app.operation is not None:
        revision = app.operation.sync.revision if app.operation.sync else ""
        return Ask(source, revision or source.target_revision, app.operation.digest, fresh=True, look=True)
    return Ask(source, source.target_revision, fresh=refresh == "hard", look=bool(refresh))


def source_digest(app: Application) -> str:
    """Hash of what `ask_of` would render, revision aside: a rendering of another spec is not taken for this one."""
    asked: list[Json] = [source.dump() for source in _sources(app)]
    return digest_of(asked)


def _pinned(app: Application) -> str:
    """The commit a running operation holds on to, empty when none runs."""
    state = app.status.operation_state
    if state is None or state.phase not in ("Running", "Terminating") or state.sync_result is None:
        return ""
    return state.sync_result.revision


def _sources(app: Application) -> tuple[Source, ...]:
    """The sources of the running or waiting operation if it names any (a rollback does), else those of the spec."""
    state = app.status.operation_state
    running = state is not None and state.phase in ("Running", "Terminating")
    operation = state.operation if state is not None and running else app.operation
    sync = operation.sync if operation and operation.sync else SyncOperation()
    if sync.sources:
        return sync.sources
    return (sync.source,) if sync.source is not None else app.spec.effective_sources
