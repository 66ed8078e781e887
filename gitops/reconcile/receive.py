"""receive: a verified push -> one Fetch per repository it means. Called by the webhook route, not by a message."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from gitops.jobs import Fetch, Rank
from gitops.model.revision import RepoKey
from gitops.ports.queue import Queue
from gitops.ports.store import Index
from gitops.trigger.affected import repositories_meant
from gitops.trigger.push import PushEvent


@dataclass(frozen=True, slots=True)
class ReceivePorts:
    """What receive needs: which repositories are in use, by which revisions, and the way to the fetch workers."""

    index: Index
    queue: Queue
    targets: Callable[[Iterable[str]], Collection[str]]
    """targetRevisions of the apps that use any of some repository URLs; empty when unknown."""


def receive(event: PushEvent, ports: ReceivePorts) -> tuple[RepoKey, ...]:
    """Ask for a look at each repository the event means; pushes that arrive before the look starts are one look.

    Raises:
        RetryableError: Redis does not answer; the provider is to send the event again.
    """
    meant = repositories_meant(event, ports.index.repos(), ports.targets)
    for repo in meant:
        ports.queue.nudge(Fetch(repo), Rank.WEBHOOK)
    return meant
