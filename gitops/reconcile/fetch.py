"""Fetch: one fetch per repository, then render each app of it whose tree key changed (walk A hop 4)."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from gitops.access.credentials import choose
from gitops.access.repo import check_url, shown
from gitops.desired.ask import ask_of
from gitops.desired.inputs import outside_of, root_of, tree_key
from gitops.desired.kind import check_source
from gitops.desired.revision import check_revision, full_ref, is_abbreviated, is_commit, resolve
from gitops.errors import InvalidError, RetryableError
from gitops.jobs import Fetch
from gitops.model.crds.application import Application
from gitops.model.credentials import CredentialSet, RepoAccess
from gitops.model.revision import CommitId, TreeKey
from gitops.ports.lease import Lease
from gitops.ports.sources import Mirror
from gitops.reconcile.rendering import FetchPorts, Round, Wanted, failed, nudge, settle

log = logging.getLogger("argosy.fetch")

NO_KEYS_YET = timedelta(seconds=1)
SHORTEST_WAKE = timedelta(seconds=1)


def fetch(job: Fetch, p: FetchPorts, lease: Lease, now: datetime) -> timedelta | None:
    """Look at a repository once for all its apps; returns when a failed part is to be tried again.

    Nothing is written for an app whose tree key did not change. A failure of one app, or of one credential, is stored
    as that app's rendering and leaves the others alone.

    Raises:
        RetryableError: the store has no credentials yet, or does not answer.
    """
    apps = p.index.of_repo(job.repo)
    if not apps:
        p.facts.mark(f"fetch:{job.repo}", now)
        return None
    credentials = p.vault.credentials()
    if credentials is None:
        raise RetryableError(
            "repository credentials are not in the store",
            about=job.repo,
            hint="watch puts them",
            retry_after=NO_KEYS_YET,
        )
    turn = Round(job.repo, p, lease, now)
    groups = _grouped(apps, credentials, turn)
    for access, wanted in groups.items():
        _look(access, wanted, turn)
    p.facts.mark(f"fetch:{job.repo}", now)
    for access in groups:
        p.sources.tidy(access)
    return max(min(turn.next_tries) - now, SHORTEST_WAKE) if turn.next_tries else None


def _grouped(apps: Sequence[Application], credentials: CredentialSet, turn: Round) -> dict[RepoAccess, list[Wanted]]:
    """The apps by the way their repository is reached; what is wrong with a spec alone is settled here."""
    known = turn.ports.desireds.tree_keys(turn.repo)
    groups: dict[RepoAccess, list[Wanted]] = defaultdict(list)
    for app in apps:
        key, _ = known.get(app.metadata.uid, (TreeKey(""), CommitId("")))
        try:
            ask = ask_of(app)
            check_source(ask.source)
            check_url(ask.source.repo_url, allow_http=turn.ports.allow_http)
            check_revision(ask.revision)
            groups[choose(credentials, ask.source.repo_url, app.spec.project)].append(Wanted(app, ask, key))
        except InvalidError as error:
            failed(app, None, error, turn)
    return groups


def _look(access: RepoAccess, wanted: Sequence[Wanted], turn: Round) -> None:
    """One fetch, one pass over all tree ids, one render per key that is new."""
    revisions = {w.ask.revision for w in wanted}
    commits = [CommitId(r) for r in sorted(revisions) if is_commit(r)]
    refs = [ref for ref in map(full_ref, sorted(revisions)) if ref]
    try:
        mirror = turn.ports.sources.refresh(access, commits=commits, refs=refs)
        pinned = _resolved(wanted, mirror, turn)
        changed = _changed(pinned, mirror, turn)
    except (InvalidError, RetryableError) as error:
        for one in wanted:
            failed(one.app, one.ask, error, turn)
        return
    for one, commit, folder_id in changed:
        settle(one, commit, folder_id, mirror, turn)
    for revision, commit in {(w.ask.revision, c) for w, c in pinned if not is_commit(w.ask.revision)}:
        turn.ports.desireds.put_verified(turn.repo, revision or "HEAD", commit)
    log.info("fetched", extra={"repo": shown(access.url), "apps": len(wanted), "changed": len(changed)})


def _resolved(wanted: Sequence[Wanted], mirror: Mirror, turn: Round) -> list[tuple[Wanted, CommitId]]:
    found = []
    for one in wanted:
        try:
            found.append((one, _commit(one.ask.revision, mirror)))
        except InvalidError as error:
            failed(one.app, one.ask, error, turn)
    return found


def _commit(revision: str, mirror: Mirror) -> CommitId:
    try:
        commit = resolve(revision, mirror.refs)
    except InvalidError:
        short = mirror.expand(revision) if is_abbreviated(revision) else None
        if short is None:
            raise
        return short
    if not mirror.has(commit):
        raise InvalidError(f"commit {commit} is not in the repository", hint="push it, or correct targetRevision")
    return commit


def _changed(
    pinned: Sequence[tuple[Wanted, CommitId]], mirror: Mirror, turn: Round
) -> list[tuple[Wanted, CommitId, str]]:
    """Those whose key is another than that of their last good render, or who asked; with their folder's id."""
    by_commit: dict[CommitId, list[Wanted]] = defaultdict(list)
    for one, commit in pinned:
        by_commit[commit].append(one)
    found = []
    for commit, members in by_commit.items():
        paths = {path for one in members for path in (root_of(one.ask.source), *outside_of(one.key))}
        order = sorted(paths)
        ids = dict(zip(order, mirror.tree_ids(commit, order), strict=True))
        for one in members:
            folder_id = ids[root_of(one.ask.source)]
            outside = {path: ids[path] for path in outside_of(one.key)}
            same = one.key == tree_key(one.ask.source, folder_id, outside, turn.ports.limits)
            if not same or one.ask.fresh:
                found.append((one, commit, folder_id))
            elif one.ask.look:
                nudge(one, turn)
    return found
