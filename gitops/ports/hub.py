"""The hub cluster: Applications and the configuration around them."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from gitops.model.config import HubConfig
from gitops.model.crds.application import Application
from gitops.model.objects import AppRef
from gitops.model.observed import Absent, Found, Unknown


class Hub(Protocol):
    """Reads and writes our own kinds in the control namespace; the truth of design.md section 4."""

    def application(self, ref: AppRef) -> Found[Application] | Absent | Unknown:
        """One Application as it is now."""

    def applications(self) -> tuple[Application, ...]:
        """All Applications of the control namespace.

        Raises:
            RetryableError: the hub did not answer in full.
        """

    def update(self, before: Application, after: Application) -> Application:
        """Write the difference as one merge PATCH fenced by `before`'s resourceVersion; no difference, no request.

        Lists are replaced whole, as JSON merge patches do. Returns the object as stored.

        Raises:
            ConflictError: someone wrote since `before` was read; read again, decide again.
            RetryableError: the hub did not answer; whether it wrote is unknown, read again.
            RefusedError: our account may not write.
        """

    def config(self, version: str) -> HubConfig:
        """Settings, clusters and projects; read again only when `version` (see Facts.version) changed.

        Raises:
            RetryableError: the hub did not answer.
        """

    def record(self, app: Application, *, reason: str, message: str, warning: bool, now: datetime) -> None:
        """Write a Kubernetes Event about the app (argo-cd.md 14.3). Failing to do so is logged, never raised."""
