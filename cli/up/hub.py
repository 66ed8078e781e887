"""The embedded hub: one API server of the test-bed with our kinds, where Pods come to life, data kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.bed.crds import install_crds
from cli.bed.rig import Bed, stop_all
from cli.up.folder import Folder
from cli.up.output import Screen

CRDS = Path(__file__).with_name("crds")
"""In a checkout a link to charts/argosy/crds, in an installed package a copy of it."""

USER = "argosy"


@contextmanager
def kubeconfig_of(folder: Folder, screen: Screen, namespace: str) -> Iterator[Path]:
    """Run the hub while the context lasts; yields the kubeconfig of the roles. Data of an earlier run are kept.

    Raises:
        CommandError: its programs cannot be had, or did not become ready.
    """
    # A killed supervisor's hub may still be on its way out: half a hub is no hub.
    stop_all(folder.hub)
    with Bed(folder.hub, controllers=True, announce=lambda line: screen.line("hub", line)) as bed:
        install_crds(bed.hub, CRDS, namespace=namespace)
        bed.hub.kubeconfig("admin")
        yield bed.hub.kubeconfig(USER)
