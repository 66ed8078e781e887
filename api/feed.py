"""The hub's Applications -> the cache: what the follower of the hub reports to."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from api.cache import AppCache
from gitops.model.objects import JsonMap

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Feed:
    """Port `ObjectListener` for the cache."""

    apps: AppCache

    def listed(self, objects: list[JsonMap]) -> None:
        """See the port."""
        self.apps.replace(objects, "")

    def changed(self, body: JsonMap) -> None:
        """See the port."""
        self.apps.put(body)

    def gone(self, body: JsonMap) -> None:
        """See the port."""
        self.apps.drop(body)

    def failed(self, reason: str) -> None:
        """See the port; the last state stays and is served."""
        if reason:
            log.warning("applications are not followed", extra={"reason": reason})
