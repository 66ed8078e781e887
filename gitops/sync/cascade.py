"""What happens to an app's objects when the app is deleted (argo-cd.md 2.11)."""

from __future__ import annotations

from collections.abc import Sequence

from gitops.model.objects import Manifest
from gitops.sync.marks import keeps

FINALIZER = "resources-finalizer.argocd.argoproj.io"

CASCADE: dict[str, str] = {
    FINALIZER: "Foreground",
    f"{FINALIZER}/foreground": "Foreground",
    f"{FINALIZER}/background": "Background",
}
"""Finalizer -> propagation policy of the DELETEs."""


def cascade_of(finalizers: Sequence[str]) -> str | None:
    """The propagation policy an app's finalizers ask for; None: its objects stay."""
    return next((CASCADE[f] for f in finalizers if f in CASCADE), None)


def deletable(manifest: Manifest) -> bool:
    """Never deleted with an app: CRDs, objects that say `Delete=false`, and what Helm was told to keep."""
    if manifest.group == "apiextensions.k8s.io" and manifest.kind == "CustomResourceDefinition":
        return False
    return not keeps(manifest, "Delete", frozenset())
