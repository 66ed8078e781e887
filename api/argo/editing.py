"""Create, change and delete Applications (argo-cd.md 11.2; surprises 25, 27). `status` and `operation` stay ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from flask import Response, request

from api.answer import answer
from api.argo.lookup import changed, permitted, rbac_name, refuse_read_only
from api.argo.patches import merged, patched
from api.argo.reading import project_asked
from api.auth.caller import caller
from api.body import read, read_object, value_of
from api.errors import ApiError, Code, denied
from api.routes import Needs, Route
from api.wiring import Ports
from gitops.access.spec import normalise, problems
from gitops.errors import ConflictError, InvalidError, RetryableError
from gitops.model.crds.application import Application, ApplicationStatus
from gitops.model.objects import Json, JsonMap, as_map
from gitops.model.observed import Absent, Found, Unknown

FINALIZER = "resources-finalizer.argocd.argoproj.io"
"""Deletes the app's objects first; with `/background` it does not wait for them."""
_FOREGROUND = ("", "foreground")


class Editing:
    """Routes that change the Application itself."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def routes(self) -> tuple[Route, ...]:
        """Create, patch, replace the spec, delete."""
        update = Needs("applications", "update")
        return (
            Route("POST", "/api/v1/applications", self.create, Needs("applications", "create")),
            Route("PATCH", "/api/v1/applications/<name>", self.patch, update),
            Route("PUT", "/api/v1/applications/<name>/spec", self.put_spec, update),
            Route("DELETE", "/api/v1/applications/<name>", self.delete, Needs("applications", "delete")),
        )

    def create(self) -> Response:
        """Create, or with `upsert` change; the same Application again is answered with the one that is there."""
        wanted = self._wanted(read_object(request, "Application"))
        caller().demand("applications", "create", rbac_name(wanted.dump()))
        refuse_read_only(self._ports)
        if flag("validate", default=True):
            self._validate(wanted)
        try:
            stored = self._ports.editor.create(wanted).dump()
        except ConflictError:
            return answer(self._again(wanted))
        self._ports.apps.put(stored)
        return answer(stored)

    def patch(self, name: str) -> Response:
        """A merge or JSON patch of spec, labels, annotations and finalizers."""
        wanted = read(request, "ApplicationPatchRequest")
        wanted.demand("patchType")
        patch = value_of(wanted.text("patch").encode("utf-8", "replace"))
        kind = wanted.text("patchType")
        if kind not in ("merge", "json"):
            raise ApiError(Code.INVALID, f"Patch type '{kind}' is not supported")
        ref, _ = permitted(
            self._ports, name, "update", project=wanted.text("project"), namespace=wanted.text("appNamespace")
        )
        apply = merged if kind == "merge" else patched
        return answer(changed(self._ports, ref, lambda app: self._moved(app, apply(app.dump(), patch))))

    def put_spec(self, name: str) -> Response:
        """Replace the spec; answers the new spec."""
        spec = read_object(request, "ApplicationSpec")
        namespace = request.args.get("appNamespace", "")
        ref, _ = permitted(self._ports, name, "update", project=project_asked(), namespace=namespace)
        body = changed(self._ports, ref, lambda app: self._moved(app, {**app.dump(), "spec": spec}))
        return answer(body.get("spec"))

    def delete(self, name: str) -> Response:
        """Delete; by default with all objects of the app (`cascade=false`: the app only)."""
        namespace = request.args.get("appNamespace", "")
        ref, _ = permitted(self._ports, name, "delete", project=project_asked(), namespace=namespace)
        finalize = _finalizers(cascade=flag("cascade", default=True), policy=request.args.get("propagationPolicy", ""))
        changed(self._ports, ref, finalize)
        match self._ports.hub.application(ref):
            case Found(object=app):
                self._ports.editor.delete(app)
            case Absent():  # gone since we marked it, which is what was asked for
                pass
            case Unknown(reason=reason):
                raise RetryableError(reason, about=f"Application {ref}", hint="delete it again")
        return answer({})

    def _wanted(self, fields: JsonMap) -> Application:
        app = Application.parse({"metadata": fields.get("metadata"), "spec": fields.get("spec")})
        namespace = app.metadata.namespace or self._ports.namespace
        if not app.metadata.name:
            raise ApiError(Code.INVALID, "application name is missing")
        if namespace != self._ports.namespace:
            raise denied(f"namespace '{namespace}' is not permitted")
        metadata = replace(app.metadata, namespace=namespace, resource_version="", uid="", unknown={})
        return normalise(replace(app, metadata=metadata, operation=None, status=ApplicationStatus()))

    def _validate(self, app: Application) -> None:
        config = self._ports.config()
        project = config.projects.get(app.spec.project)
        if project is None:
            text = f'app is not allowed in project "{app.spec.project}", or the project does not exist'
            raise ApiError(Code.INVALID, text)
        found = problems(app, project, config.clusters)
        if found:
            text = f"application spec for {app.metadata.name} is invalid: InvalidSpecError: {'; '.join(found)}"
            raise ApiError(Code.INVALID, text)

    def _again(self, wanted: Application) -> JsonMap:
        """What creating an existing app means: nothing if equal, an update with `upsert`, else an error."""
        known = self._ports.hub.application(wanted.ref)
        if isinstance(known, Found) and _same(known.object, wanted):
            return known.object.dump()
        if not flag("upsert", default=False):
            text = "existing application spec is different, use upsert flag to force update"
            raise ApiError(Code.INVALID, text)
        caller().demand("applications", "update", rbac_name(wanted.dump()))
        return changed(self._ports, wanted.ref, lambda app: _upserted(app, wanted))

    def _moved(self, app: Application, body: Json) -> Application:
        """The Application after a user's change; only what is his may differ."""
        try:
            wanted = Application.parse(as_map(body))
        except InvalidError as error:
            raise ApiError(Code.UNKNOWN, f"error applying patch: {error}") from error
        if wanted.ref != app.ref:
            raise denied()
        if wanted.spec.project != app.spec.project:
            caller().demand("applications", "create", rbac_name(wanted.dump()))
        metadata = replace(
            app.metadata,
            labels=wanted.metadata.labels,
            annotations=wanted.metadata.annotations,
            finalizers=wanted.metadata.finalizers,
        )
        moved = normalise(replace(app, metadata=metadata, spec=wanted.spec))
        self._validate(moved)
        return moved


def flag(name: str, *, default: bool) -> bool:
    """A boolean of the query, in Go's words when it is none (surprises 8)."""
    text = request.args.get(name, "")
    if not text:
        return default
    if text in ("1", "t", "T", "true", "TRUE", "True"):
        return True
    if text in ("0", "f", "F", "false", "FALSE", "False"):
        return False
    raise ApiError(Code.INVALID, f'strconv.ParseBool: parsing "{text}": invalid syntax')


def _finalizers(*, cascade: bool, policy: str) -> Callable[[Application], Application]:
    if policy not in (*_FOREGROUND, "background"):
        raise ApiError(Code.INVALID, f"invalid propagation policy: {policy}")
    wanted = FINALIZER if policy in _FOREGROUND else f"{FINALIZER}/background"

    def change(app: Application) -> Application:
        others = tuple(one for one in app.metadata.finalizers if not one.startswith(FINALIZER))
        finalizers = (*others, wanted) if cascade else others
        return replace(app, metadata=replace(app.metadata, finalizers=finalizers))

    return change


def _same(known: Application, wanted: Application) -> bool:
    one, other = known.metadata, wanted.metadata
    return (known.spec, one.labels, one.annotations, one.finalizers) == (
        wanted.spec,
        other.labels,
        other.annotations,
        other.finalizers,
    )


def _upserted(app: Application, wanted: Application) -> Application:
    metadata = replace(
        app.metadata,
        labels={**app.metadata.labels, **wanted.metadata.labels},
        annotations={**app.metadata.annotations, **wanted.metadata.annotations},
        finalizers=wanted.metadata.finalizers or app.metadata.finalizers,
    )
    return replace(app, metadata=metadata, spec=wanted.spec)
