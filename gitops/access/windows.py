"""When a project lets its apps be synced (argo-cd.md 2.9)."""

from __future__ import annotations

from gitops.model.crds.project import AppProject


def closed(project: AppProject) -> str:
    """Why nothing of the project may be synced now, empty when it may.

    Windows are not evaluated yet, and syncing into a window that is meant to be shut would be worse than waiting: a
    project that has any is taken for closed.
    """
    if not project.spec.sync_windows:
        return ""
    count = len(project.spec.sync_windows)
    return (
        f"cannot sync: project {project.name} has {count} sync window{'s' if count > 1 else ''}, which this version "
        "does not evaluate yet and takes for closed; remove them from the project to sync its applications"
    )
