"""What should be there: the objects of one render, and the record of how they came to be."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from gitops.model.objects import Manifest, digest_of
from gitops.model.revision import CommitId, TreeKey


@dataclass(frozen=True)
class Desired:
    """The objects of one complete, error-free render, in source order, before stamping.

    `repeated` names objects that were written more than once (the last one counts, as in Argo CD).
    """

    objects: tuple[Manifest, ...]
    repeated: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """32 hex digits: equal for equal objects in equal order."""
        return digest_of([o.digest for o in self.objects])


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no render: the structured error of security-reliability.md section 10."""

    part: str
    """source, render, compare, apply, prune, hub, cluster or queue."""
    cause: str
    tries: int
    since: datetime
    next_try: datetime | None

    def text(self) -> str:
        """One sentence for a condition."""
        when = f", next try {_at(self.next_try)}" if self.next_try else ", waits for a new commit or spec"
        return f"{self.cause} (part {self.part}, try {self.tries}, since {_at(self.since)}{when})"


def _at(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else "never"


@dataclass(frozen=True, slots=True)
class Rendering:
    """What fetch found for one Application: put into the store by fetch, read by compare and advance.

    Exactly one of `digest` and `failure` says how it went; `digest` of the last good render is kept beside a failure.
    """

    revision: CommitId
    """The resolved commit, empty when it could not be resolved."""
    tree_key: TreeKey
    digest: str
    source_digest: str
    """Hash of the source as written in the spec that was rendered: compare refuses a rendering of another spec."""
    rendered_at: datetime
    """When the bytes were made by an actual render of this commit (not taken from a cache)."""
    outside: tuple[str, ...] = field(default=())
    failure: Failure | None = None
    fetched_for: str = ""
    """The operation (see model.operation.OperationId) or request this fetch answered, empty for an ordinary look."""
