"""Start and stop operations by writing them into the Application (argo-cd.md 2.1, surprises 27-29)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flask import Response, request

from api.answer import answer
from api.argo.lookup import changed, permitted, rbac_name
from api.argo.reading import project_asked
from api.auth.caller import caller
from api.body import Message, read
from api.errors import ApiError, Code
from api.routes import Needs, Route
from api.wiring import Ports
from gitops.model.crds.application import (
    Application,
    Info,
    InitiatedBy,
    Operation,
    OperationState,
    Retry,
    SyncOperation,
    SyncResource,
    SyncStrategy,
)
from gitops.model.objects import as_list

RUNNING = frozenset({"Running", "Terminating"})


class Syncing:
    """Sync and terminate. They write the hub object; the workers see it there, as they see a kubectl edit."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def routes(self) -> tuple[Route, ...]:
        """Both need the same permission."""
        needs = Needs("applications", "sync")
        return (
            Route("POST", "/api/v1/applications/<name>/sync", self.sync, needs),
            Route("DELETE", "/api/v1/applications/<name>/operation", self.terminate, needs),
        )

    def sync(self, name: str) -> Response:
        """Ask for a sync; the answer shows the operation, while `status` still tells of the one before."""
        wanted = read(request, "ApplicationSyncRequest")
        project, namespace = wanted.text("project"), wanted.text("appNamespace")
        ref, body = permitted(self._ports, name, "sync", project=project, namespace=namespace)
        if wanted.texts("manifests"):
            caller().demand("applications", "override", rbac_name(body))
        user = caller().name
        return answer(changed(self._ports, ref, lambda app: with_operation(app, wanted, user)))

    def terminate(self, name: str) -> Response:
        """Ask the running operation to stop."""
        namespace = request.args.get("appNamespace", "")
        ref, _ = permitted(self._ports, name, "sync", project=project_asked(), namespace=namespace)
        changed(self._ports, ref, terminated)
        return answer({})


def with_operation(app: Application, wanted: Message, user: str) -> Application:
    """The Application with the requested operation.

    Raises:
        ApiError: an operation runs, the app is being deleted, or automated sync forbids the revision.
    """
    if app.metadata.deletion_timestamp is not None:
        raise ApiError(Code.PRECONDITION, "application is deleting")
    sync = _sync(app, wanted)
    _refuse_against_automation(app, wanted, sync)
    state = app.status.operation_state
    if app.operation is not None or (state is not None and state.phase in RUNNING):
        raise ApiError(Code.PRECONDITION, "another operation is already in progress")
    policy = app.spec.sync_policy
    retry = wanted.part("retryStrategy")
    operation = Operation(
        sync=sync,
        initiated_by=InitiatedBy(username=user),
        info=tuple(Info.parse(part) for part in wanted.parts("infos")),
        retry=Retry.parse(retry) if retry is not None else (policy.retry if policy and policy.retry else Retry()),
    )
    return replace(app, operation=operation)


def _sync(app: Application, wanted: Message) -> SyncOperation:
    strategy = wanted.part("strategy")
    options = wanted.part("syncOptions")
    policy = app.spec.sync_policy
    sources = app.spec.effective_sources
    own = sources[0].target_revision if len(sources) == 1 else ""
    return SyncOperation(
        revision=wanted.text("revision") or own,
        revisions=wanted.texts("revisions"),
        prune=wanted.flag("prune"),
        dry_run=wanted.flag("dryRun"),
        sync_strategy=SyncStrategy.parse(strategy) if strategy is not None else None,
        resources=_resources(wanted),
        manifests=wanted.texts("manifests"),
        sync_options=_texts(as_list(options.get("items"))) if options else (policy.sync_options if policy else ()),
    )


def _resources(wanted: Message) -> tuple[SyncResource, ...]:
    return tuple(SyncResource.parse(part) for part in wanted.parts("resources"))


def _texts(values: Sequence[object]) -> tuple[str, ...]:
    return tuple(value for value in values if isinstance(value, str))


def _refuse_against_automation(app: Application, wanted: Message, sync: SyncOperation) -> None:
    """With automated sync on, only what the spec says may be synced, except for looking (dry run)."""
    if not app.spec.is_automated or sync.dry_run:
        return
    if sync.manifests:
        text = "cannot use local sync when Automatic Sync Policy is enabled unless for dry run"
        raise ApiError(Code.PRECONDITION, text)
    targets = {source.target_revision or "HEAD" for source in app.spec.effective_sources}
    asked = wanted.text("revision")
    if asked and asked not in targets:
        current = ", ".join(sorted(targets))
        raise ApiError(Code.PRECONDITION, f"Cannot sync to {asked}: auto-sync currently set to {current}")


def terminated(app: Application) -> Application:
    """The Application with its operation told to stop; one that has not begun is taken back.

    Raises:
        ApiError: nothing is in progress.
    """
    state = app.status.operation_state
    if state is not None and state.phase in RUNNING:
        return _with_state(app, replace(state, phase="Terminating"))
    if app.operation is not None:
        return replace(app, operation=None)
    raise ApiError(Code.INVALID, "Unable to terminate operation. No operation is in progress")


def _with_state(app: Application, state: OperationState) -> Application:
    return replace(app, status=replace(app.status, operation_state=state))
