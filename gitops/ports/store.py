"""What Redis keeps for us: authenticated, rebuilt after a flush, never the truth (design.md section 4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from gitops.model.crds.application import Application
from gitops.model.credentials import CredentialSet
from gitops.model.desired import Desired, Rendering
from gitops.model.fingerprint import Fingerprint
from gitops.model.objects import AppRef, ObjectKey
from gitops.model.revision import CommitId, RepoKey, TreeKey


class Index(Protocol):
    """The Applications as `watch` last saw them, by name and by repository. Values are sealed."""

    def put(self, app: Application, repos: Iterable[RepoKey]) -> None:
        """Store what fetch and the webhook need of an app; replaces its former entry and repositories."""

    def drop(self, ref: AppRef) -> None:
        """Forget an app."""

    def of_repo(self, repo: RepoKey) -> Sequence[Application]:
        """The apps that read a repository; parsed once per change, cheap to ask again."""

    def repos(self) -> dict[RepoKey, tuple[str, ...]]:
        """Every repository some app reads, with the URLs as apps write them."""


class Desireds(Protocol):
    """Rendered objects by digest, and per app the record of its last rendering."""

    def put_desired(self, desired: Desired) -> str:
        """Store a render, return its digest."""

    def desired(self, digest: str) -> Desired | None:
        """A render; None when it is not (or no longer, or not authentically) there: render again."""

    def put_rendering(self, uid: str, repo: RepoKey, rendering: Rendering) -> None:
        """Store the record of an app's last look, and its tree key for `tree_keys`."""

    def rendering(self, uid: str) -> Rendering | None:
        """The record of an app's last look; None after a flush."""

    def lose(self, uid: str, repo: RepoKey) -> None:
        """Drop an app's rendering record and tree key, so that the next look renders again."""

    def tree_keys(self, repo: RepoKey) -> dict[str, tuple[TreeKey, CommitId]]:
        """Application uid -> tree key and commit of its last *good* rendering, in one round trip."""

    def put_verified(self, repo: RepoKey, ref: str, commit: CommitId) -> None:
        """Record that every app of the repository is proved current up to `commit` of `ref`: no write per app."""


class Fingerprints(Protocol):
    """Per app (by uid): the fingerprint of each managed object, and which objects are to be looked at again."""

    def fingerprints(self, uid: str) -> dict[ObjectKey, Fingerprint]:
        """All fingerprints of an app; empty after a flush."""

    def put(self, uid: str, changed: Mapping[ObjectKey, Fingerprint], gone: Iterable[ObjectKey] = ()) -> None:
        """Store and remove fingerprints in one step."""

    def suspect(self, uid: str, seen: Mapping[ObjectKey, str]) -> None:
        """Remember objects to look at, each with the resourceVersion (or `gone`) that made us doubt."""

    def suspects(self, uid: str) -> dict[ObjectKey, str]:
        """What `suspect` remembered."""

    def cleared(self, uid: str, seen: Mapping[ObjectKey, str]) -> None:
        """Forget suspects that were looked at, except those that changed since they were read."""

    def forget(self, uid: str) -> None:
        """Drop everything about a deleted app."""


class Vault(Protocol):
    """Repository credentials, sealed with a key only `watch` and `fetch` have."""

    def put(self, credentials: CredentialSet) -> None:
        """Replace all credentials."""

    def credentials(self) -> CredentialSet | None:
        """All credentials; None after a flush, until `watch` puts them again: retry soon."""


class Facts(Protocol):
    """Small facts `watch` publishes."""

    def version(self) -> str:
        """Changes whenever settings, clusters or projects of the hub changed; empty after a flush."""

    def bump(self) -> None:
        """Say that settings, clusters or projects changed."""

    def mark(self, what: str, now: datetime) -> None:
        """Record that `what` (`fetch:<repo>`, `scan:<cluster>`, `sweep`) was done at `now`."""

    def marks(self) -> dict[str, datetime]:
        """When each thing was last done; empty after a flush, so that everything is due."""

    def busy(self, app: AppRef) -> bool:
        """Whether a turn of Advance is running for the app right now (its own writes are not news)."""

    def put_look(self, uid: str) -> None:
        """Record that Git was asked because the app (`metadata.uid`) carries a refresh; kept for 10 minutes."""

    def has_look(self, uid: str) -> bool:
        """Whether that is so: only then may the refresh be taken off as answered."""

    def drop_look(self, uid: str) -> None:
        """The refresh was taken off; the next one is another."""
