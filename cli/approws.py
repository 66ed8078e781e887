"""Applications as rows and paragraphs, in argocd's columns (ui-api-cli.md 4.1)."""

from __future__ import annotations

from collections.abc import Sequence

from cli.wire import Object, at, part, parts, text

COLUMNS = ("NAME", "CLUSTER", "NAMESPACE", "PROJECT", "STATUS", "HEALTH", "SYNCPOLICY", "CONDITIONS")
WIDE = (*COLUMNS, "REPO", "PATH", "TARGET")
RESOURCES = ("GROUP", "KIND", "NAMESPACE", "NAME", "STATUS", "HEALTH", "HOOK", "MESSAGE")
HISTORY = ("ID", "DATE", "REVISION")


def source_of(app: Object) -> Object:
    """The source, or the first of several."""
    several = parts(app, "spec.sources")
    return several[0] if several else part(app, "spec.source")


def full_name(app: Object) -> str:
    """`namespace/name`, as argocd shows and accepts it."""
    return f"{text(app, 'metadata.namespace')}/{text(app, 'metadata.name')}"


def policy_of(app: Object) -> str:
    """`Auto-Prune`, `Auto` or `Manual`."""
    automated = at(app, "spec.syncPolicy.automated")
    if not isinstance(automated, dict) or automated.get("enabled") is False:
        return "Manual"
    return "Auto-Prune" if automated.get("prune") is True else "Auto"


def row(app: Object) -> Sequence[str]:
    """The cells of `COLUMNS`."""
    kinds = sorted({text(one, "type") for one in parts(app, "status.conditions")})
    return (
        full_name(app),
        text(app, "spec.destination.server") or text(app, "spec.destination.name"),
        text(app, "spec.destination.namespace"),
        text(app, "spec.project"),
        text(app, "status.sync.status") or "Unknown",
        text(app, "status.health.status") or "Unknown",
        policy_of(app),
        ",".join(kinds) or "<none>",
    )


def wide_row(app: Object) -> Sequence[str]:
    """The cells of `WIDE`."""
    source = source_of(app)
    return (*row(app), text(source, "repoURL"), text(source, "path"), text(source, "targetRevision"))


def resource_rows(app: Object) -> list[Sequence[str]]:
    """The cells of `RESOURCES`: managed objects with the results of the last operation, then its hooks."""
    results = {_key(one): one for one in parts(app, "status.operationState.syncResult.resources")}
    managed = {_key(one): one for one in parts(app, "status.resources")}
    hooks = [key for key, one in results.items() if key not in managed and text(one, "hookType")]
    return [_resource(managed.get(key, {}), results.get(key, {}), key) for key in (*managed, *hooks)]


def history_rows(app: Object) -> list[Sequence[str]]:
    """The cells of `HISTORY`, oldest first."""
    return [_entry(one) for one in parts(app, "status.history")]


def paragraph(app: Object) -> str:
    """What `app get` prints above the resources."""
    source = source_of(app)
    lines = [
        ("Name", full_name(app)),
        ("Project", text(app, "spec.project")),
        ("Server", row(app)[1]),
        ("Namespace", row(app)[2]),
        ("Repo", text(source, "repoURL")),
        ("Target", text(source, "targetRevision") or "HEAD"),
        ("Path", text(source, "path")),
        ("Sync Policy", policy_of(app)),
        ("Sync Status", _synced(app)),
        ("Health Status", _with(text(app, "status.health.status") or "Unknown", text(app, "status.health.message"))),
    ]
    lines += [(f"Condition {text(one, 'type')}", text(one, "message")) for one in parts(app, "status.conditions")]
    return "\n".join(f"{name + ':':<20}{value}" for name, value in lines)


def operation(app: Object) -> str:
    """The running or last operation, empty without one."""
    state = part(app, "status.operationState")
    if not state:
        return ""
    lines = [
        ("Operation", "Sync"),
        ("Sync Revision", text(state, "syncResult.revision")),
        ("Phase", text(state, "phase")),
        ("Start", text(state, "startedAt")),
        ("Finished", text(state, "finishedAt")),
        ("Message", text(state, "message")),
    ]
    return "\n".join(f"{name + ':':<20}{value}" for name, value in lines)


def _synced(app: Object) -> str:
    status, revision = text(app, "status.sync.status") or "Unknown", text(app, "status.sync.revision")
    words = {"Synced": "Synced to", "OutOfSync": "OutOfSync from"}.get(status, status)
    target = text(source_of(app), "targetRevision") or "HEAD"
    return _with(f"{words} {target}".strip(), revision[:7]) if status in ("Synced", "OutOfSync") else status


def _with(words: str, more: str) -> str:
    return f"{words} ({more})" if more else words


def _key(one: Object) -> tuple[str, str, str, str]:
    return text(one, "group"), text(one, "kind"), text(one, "namespace"), text(one, "name")


def _resource(managed: Object, result: Object, key: tuple[str, str, str, str]) -> Sequence[str]:
    status = text(managed, "status") or text(result, "hookPhase")
    return (*key, status, text(managed, "health.status"), text(result, "hookType"), text(result, "message"))


def _entry(one: Object) -> Sequence[str]:
    sources = parts(one, "sources") or [part(one, "source")]
    target = text(sources[0], "targetRevision") or "HEAD"
    return text(one, "id"), text(one, "deployedAt"), _with(target, text(one, "revision")[:7])
