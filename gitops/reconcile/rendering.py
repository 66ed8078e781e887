"""One app's render: made, shared, stored, or its failure stored beside the last good one."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime

from gitops.desired.ask import Ask, source_digest
from gitops.desired.directory import chosen, recurses
from gitops.desired.failing import failure_of, is_news
from gitops.desired.inputs import app_key, tree_key
from gitops.desired.kind import check_files
from gitops.desired.render import render
from gitops.desired.wanted import Wanted, Wishes
from gitops.errors import ArgosyError, InvalidError, LeaseLostError
from gitops.jobs import Compare, Fetch, Rank
from gitops.model.crds.application import Application
from gitops.model.desired import Failure, Rendering
from gitops.model.objects import REFRESH
from gitops.model.revision import CommitId, RepoKey, TreeKey
from gitops.ports.clock import Clock
from gitops.ports.lease import Lease
from gitops.ports.queue import Queue
from gitops.ports.sources import Mirror, Sources
from gitops.ports.store import Desireds, Facts, Index, Vault
from gitops.trigger.lane import lane_of

log = logging.getLogger("argosy.fetch")

_NO_COMMIT = CommitId("")


@dataclass(frozen=True)
class FetchPorts:
    """What the fetch step reaches the outside through; no cluster among it."""

    index: Index
    vault: Vault
    desireds: Desireds
    facts: Facts
    sources: Sources
    queue: Queue
    clock: Clock
    wishes: Wishes


@dataclass(frozen=True, slots=True)
class Made:
    """A render of this turn: stored, and free for every app with the same key."""

    key: TreeKey
    digest: str
    outside: tuple[str, ...]


@dataclass
class Round:
    """One turn over one repository."""

    repo: RepoKey
    ports: FetchPorts
    lease: Lease
    now: datetime
    made: dict[TreeKey, Made] = field(default_factory=dict)
    next_tries: list[datetime] = field(default_factory=list)


def settle(one: Wanted, commit: CommitId, folder_id: str, mirror: Mirror, turn: Round) -> None:
    """Render one app and tell diff; whatever goes wrong is this app's alone."""
    try:
        made = _rendered(one, commit, folder_id, mirror, turn)
        turn.lease.check()
        turn.ports.desireds.put_rendering(one.uid, turn.repo, _record(one, commit, made, turn))
        nudge(one, turn)
    except LeaseLostError:
        raise
    except ArgosyError as error:
        failed(one.app, one.ask, error, turn, commit)
    except Exception as error:  # a bug met by one app's files must not stop the repository's other apps
        log.exception("render failed", extra={"app": str(one.app.ref)})
        bug = InvalidError(f"internal error: {type(error).__name__}", hint="see the log of the fetch worker")
        failed(one.app, one.ask, bug, turn, commit)


def _rendered(one: Wanted, commit: CommitId, folder_id: str, mirror: Mirror, turn: Round) -> Made:
    """The render of a folder, made once per turn for all apps with the same key."""
    shared = turn.made.get(tree_key(one.parameters, folder_id, {}))
    if shared is not None:
        return shared
    source, limits = one.ask.source, turn.ports.wishes.limits
    names = mirror.names(commit, one.root, recurse=recurses(source))
    check_files(source, names)
    tree = mirror.read(
        commit, one.root, chosen(source, names), file_bytes=limits.file_bytes, total_bytes=limits.total_bytes
    )
    digest = turn.ports.desireds.put_desired(render(tree))
    outside = dict(zip(tree.outside, mirror.tree_ids(commit, tree.outside), strict=True))
    made = Made(tree_key(one.parameters, folder_id, outside), digest, tree.outside)
    turn.made[made.key] = made
    return made


def _record(one: Wanted, commit: CommitId, made: Made, turn: Round) -> Rendering:
    return Rendering(
        revision=commit, tree_key=app_key(one.source_digest, made.key), digest=made.digest,
        source_digest=one.source_digest,
        rendered_at=turn.ports.clock.now(), outside=made.outside, fetched_for=one.ask.fetched_for,
    )  # fmt: skip


def nudge(one: Wanted, turn: Round) -> None:
    """Ask diff to compare the app; people go before pushes."""
    _looked(one.app, turn)
    rank = Rank.HUMAN if one.ask.look else Rank.WEBHOOK
    turn.ports.queue.nudge(Compare(one.app.ref, lane_of(one.app)), rank)


def failed(app: Application, ask: Ask | None, error: ArgosyError, turn: Round, commit: CommitId = _NO_COMMIT) -> None:
    """Store why there is no render beside the last good one; tell diff when it is news or somebody waits."""
    uid = app.metadata.uid
    before = turn.ports.desireds.rendering(uid)
    failure = failure_of(error, before.failure if before else None, turn.now, uid)
    if failure.next_try is not None:
        turn.next_tries.append(failure.next_try)
    turn.lease.check()
    turn.ports.desireds.lose(uid, turn.repo)  # without its key the next look renders again and clears the failure
    turn.ports.desireds.put_rendering(uid, turn.repo, _failed_record(app, ask, failure, before, turn.now, commit))
    log.warning("source failed", extra={"app": str(app.ref), "cause": failure.cause, "tries": failure.tries})
    waited = _looked(app, turn) or (ask is not None and ask.look)
    if waited or is_news(before.failure if before else None, failure):
        turn.ports.queue.nudge(Compare(app.ref, lane_of(app)), Rank.HUMAN if waited else Rank.FAILING)


def _looked(app: Application, turn: Round) -> bool:
    """Record that Git was asked if the app carries a refresh; whether it does."""
    waits = REFRESH in app.metadata.annotations
    if waits:
        turn.ports.facts.put_look(app.metadata.uid)
    return waits


def _failed_record(
    app: Application, ask: Ask | None, failure: Failure, before: Rendering | None, now: datetime, commit: CommitId
) -> Rendering:
    return Rendering(
        revision=commit, tree_key=TreeKey(""), digest=before.digest if before else "",
        source_digest=source_digest(app), rendered_at=before.rendered_at if before else now, failure=failure,
        fetched_for=ask.fetched_for if ask else (app.operation.digest if app.operation else ""),
    )  # fmt: skip


def set_aside(job: Fetch, p: FetchPorts, lease: Lease, now: datetime) -> None:
    """Tell every app of a repository that its fetch killed the worker twice; the next push or request tries again."""
    turn = Round(job.repo, p, lease, now)
    error = InvalidError(
        "fetching or rendering stopped the worker twice", hint="see its log; a new commit or a refresh tries again"
    )
    for app in p.index.of_repo(job.repo):
        failed(app, None, error, turn)
