"""Fetch: one fetch per repository, then render each app of it whose tree key changed (walk A hop 4)."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from gitops.access.credentials import choose
from gitops.access.repo import shown
from gitops.desired.inputs import app_key, outside_of, tree_key
from gitops.desired.revision import full_ref, is_abbreviated, is_commit, resolve
from gitops.desired.wanted import Wanted
from gitops.errors import InvalidError, RetryableError
from gitops.jobs import Fetch
from gitops.model.crds.application import Application
from gitops.model.credentials import CredentialSet, RepoAccess
from gitops.model.revision import CommitId, TreeKey
from gitops.ports.lease import Lease
from gitops.ports.sources import Mirror
from gitops.reconcile.rendering import FetchPorts, Round, failed, nudge, settle

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
    reached: dict[tuple[str, str], RepoAccess] = {}
    groups: dict[tuple[str, str], list[Wanted]] = defaultdict(list)
    for app in apps:
        try:
            one = turn.ports.wishes.of(app)
            way = one.ask.source.repo_url, app.spec.project
            if way not in reached:
                reached[way] = choose(credentials, *way)
            groups[way].append(one)
        except InvalidError as error:
            failed(app, None, error, turn)
    merged: dict[RepoAccess, list[Wanted]] = defaultdict(list)
    for way, members in groups.items():
        merged[reached[way]] += members
    return merged


def _look(access: RepoAccess, wanted: Sequence[Wanted], turn: Round) -> None:
    """One fetch, one pass over all tree ids, one render per key that is new."""
    revisions = sorted({w.ask.revision for w in wanted})
    commits = [CommitId(r) for r in revisions if is_commit(r)]
    refs = [ref for ref in map(full_ref, revisions) if ref]
    try:
        mirror = turn.ports.sources.refresh(access, commits=commits, refs=refs)
        named, missing = _resolved(revisions, mirror)
        changed = _changed([w for w in wanted if w.ask.revision in named], named, mirror, turn)
    except (InvalidError, RetryableError) as error:
        missing = dict.fromkeys(revisions, error)
        named, changed = {}, []
    for one, commit, folder_id in changed:
        settle(one, commit, folder_id, mirror, turn)
    for one in wanted:
        if one.ask.revision in missing:
            failed(one.app, one.ask, missing[one.ask.revision], turn)
    for revision, commit in named.items():
        if not is_commit(revision):
            turn.ports.desireds.put_verified(turn.repo, revision or "HEAD", commit)
    log.info("fetched", extra={"repo": shown(access.url), "apps": len(wanted), "changed": len(changed)})


def _resolved(
    revisions: Sequence[str], mirror: Mirror
) -> tuple[dict[str, CommitId], dict[str, InvalidError | RetryableError]]:
    """The commit of each revision, and why there is none for the others."""
    found: dict[str, CommitId] = {}
    missing: dict[str, InvalidError | RetryableError] = {}
    for revision in revisions:
        try:
            found[revision] = _commit(revision, mirror)
        except InvalidError as error:
            missing[revision] = error
    return found, missing


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
    wanted: Sequence[Wanted], named: Mapping[str, CommitId], mirror: Mirror, turn: Round
) -> list[tuple[Wanted, CommitId, str]]:
    """Those whose key is another than that of their last good render, or who asked; with their folder's id."""
    known = turn.ports.desireds.tree_keys(turn.repo)
    by_commit: dict[CommitId, list[Wanted]] = defaultdict(list)
    for one in wanted:
        by_commit[named[one.ask.revision]].append(one)
    found = []
    for commit, members in by_commit.items():
        keys = {one.uid: known[one.uid][0] if one.uid in known else TreeKey("") for one in members}
        outside = {uid: outside_of(key) for uid, key in keys.items() if "|" in key}
        paths = sorted({one.root for one in members}.union(*outside.values()))
        ids = dict(zip(paths, mirror.tree_ids(commit, paths), strict=True))
        for one in members:
            beside = {path: ids[path] for path in outside.get(one.uid, ())}
            same = keys[one.uid] == app_key(one.source_digest, tree_key(one.parameters, ids[one.root], beside))
            if not same or one.ask.fresh:
                found.append((one, commit, ids[one.root]))
            elif one.ask.look:
                nudge(one, turn)
    return found
