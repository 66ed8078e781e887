"""Refs of a mirror: what the remote names, what our copy holds, and the smallest change between the two."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress

import pygit2

from gitops.adapters.git.objects import commit_of
from gitops.adapters.git.wire import RemoteRef
from gitops.model.revision import CommitId, RefTable

HEAD_COPY = "refs/argosy/HEAD"
"""Where the remote's HEAD is kept: the mirror's own HEAD stays what `git init` made it."""

Refs = Mapping[str, tuple[str, str]]
"""Full ref name -> object id and, annotated tags peeled, commit id (empty when it is not a commit)."""


def mirrored(found: Iterable[RemoteRef]) -> dict[str, tuple[str, str]]:
    """The remote's refs under the names they have in the mirror."""
    return {HEAD_COPY if ref.name == "HEAD" else ref.name: (ref.oid, ref.commit) for ref in found}


def read_refs(repo: pygit2.Repository) -> dict[str, tuple[str, str]]:
    """The mirror's refs."""
    found = {}
    for ref in repo.references.iterator():
        target = ref.target
        if isinstance(target, pygit2.Oid):
            found[ref.name] = (str(target), commit_of(repo, target) or "")
    return found


def table_of(refs: Refs) -> RefTable:
    """The refs as revisions are resolved against."""
    named = {name: CommitId(commit) for name, (_, commit) in refs.items() if commit and name != HEAD_COPY}
    head = refs.get(HEAD_COPY, ("", ""))[1]
    return RefTable(named, CommitId(head) if head else None)


def tips(refs: Refs, limit: int) -> list[str]:
    """What we can say we have: HEAD and branches before tags, each object once."""
    order = sorted(refs, key=lambda name: (name != HEAD_COPY, not name.startswith("refs/heads/"), name))
    return list(dict.fromkeys(refs[name][1] for name in order if refs[name][1]))[:limit]


def write_refs(repo: pygit2.Repository, before: Refs, after: Refs) -> None:
    """Make the mirror's refs those of the remote: gone ones first, so that `a` makes room for `a/b`."""
    for name in before.keys() - after.keys():
        with suppress(KeyError):  # deleted by hand: that is what we want
            repo.references.delete(name)
    for name, (oid, _) in after.items():
        if before.get(name, ("", ""))[0] != oid:
            repo.references.create(name, oid, force=True)
