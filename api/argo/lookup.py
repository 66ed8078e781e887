"""Find an Application for a caller without telling him more than he may know (argo-cd.md 10.5, surprises 18, 23)."""

from __future__ import annotations

from collections.abc import Callable

from api.auth.caller import caller
from api.errors import ApiError, Code, denied
from api.wiring import Ports
from gitops.errors import ConflictError, RetryableError
from gitops.model.crds.application import Application
from gitops.model.objects import AppRef, JsonMap, as_map, as_text
from gitops.model.observed import Absent, Found, Unknown

TRIES = 5
"""How often a write is decided again after somebody else's."""


def project_of(body: JsonMap) -> str:
    """The project of an Application's JSON."""
    return as_text(as_map(body.get("spec")).get("project")) or "default"


def rbac_name(body: JsonMap) -> str:
    """`project/app`, the object of permission checks."""
    return f"{project_of(body)}/{as_text(as_map(body.get('metadata')).get('name'))}"


def not_found(name: str) -> ApiError:
    """404 in the API server's words."""
    return ApiError(Code.NOT_FOUND, f'applications.argoproj.io "{name}" not found')


def visible(ports: Ports, name: str, *, project: str, namespace: str) -> tuple[AppRef, JsonMap]:
    """The Application as last seen, for a caller who may get it.

    Raises:
        ApiError: without `project` 403 for missing and forbidden alike; with it 403 without a right on that project,
            404 when there is no such app in it.
    """
    ref = AppRef(namespace or ports.namespace, name)
    body = ports.apps.get(ref)
    if not caller().may("applications", "get"):
        raise denied()
    if body is None or (project and project_of(body) != project):
        raise not_found(name) if project else denied()
    return ref, body


def permitted(ports: Ports, name: str, action: str, *, project: str, namespace: str) -> tuple[AppRef, JsonMap]:
    """As `visible`, and the caller may do `action` to it."""
    ref, body = visible(ports, name, project=project, namespace=namespace)
    caller().demand("applications", action, rbac_name(body))
    return ref, body


def changed(ports: Ports, ref: AppRef, change: Callable[[Application], Application]) -> JsonMap:
    """Read the Application, decide, write; decided again when somebody else wrote in between. Returns what is stored.

    Raises:
        ApiError, ArgosyError: it is gone, the hub refuses, or does not answer.
    """
    refuse_read_only(ports)
    for _ in range(TRIES):
        match ports.hub.application(ref):
            case Found(object=app):
                try:
                    stored = ports.hub.update(app, change(app)).dump()
                except ConflictError:
                    continue
                ports.apps.put(stored)
                return ports.apps.get(ref) or stored
            case Absent():
                raise not_found(ref.name)
            case Unknown(reason=reason):
                raise RetryableError(reason, about=f"Application {ref}", hint="try again")
    raise ConflictError("others keep writing it", about=f"Application {ref}", hint="try again")


def refuse_read_only(ports: Ports) -> None:
    """Refuse every write while another control plane owns the hub."""
    if ports.read_only:
        raise denied("read-only: another controller runs on this hub, start Argosy with --take-over")
