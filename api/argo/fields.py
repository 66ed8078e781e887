"""`fields=` of lists and streams: which parts of an answer a client wants (argo-cd.md 11.1, surprises 20, 21)."""

from __future__ import annotations

from collections.abc import Iterable

from gitops.model.objects import Json, JsonMap, as_map

SELECTABLE = frozenset(
    {
        f"metadata.{part}"
        for part in ("name", "namespace", "annotations", "labels", "creationTimestamp", "deletionTimestamp")
    }
    | {"spec"}
    | {f"spec.{part}" for part in ("destination", "project", "source", "sources", "sourceHydrator", "syncPolicy")}
    | {
        f"status.{part}"
        for part in ("sourceHydrator", "summary", "sync.status", "sync.revision", "health", "resources")
    }
    | {f"status.operationState.{part}" for part in ("phase", "startedAt", "finishedAt", "operation.sync")}
    | {"operation.sync"}
)
"""The only fields of a list item that can be picked; others give an empty item."""
_NULL_WHEN_UNSET = frozenset({"metadata.labels", "metadata.annotations", "metadata.deletionTimestamp"})
_PREFIX = "items."


def select_items(items: Iterable[JsonMap], fields: str) -> list[Json]:
    """List items reduced to `fields`; all of them when it is empty. A leading `-` excludes its first field only."""
    if not fields:
        return list(items)
    if fields.startswith("-"):
        path = fields[1:].split(",")[0].removeprefix(_PREFIX)
        return [without(item, path.split(".")) for item in items]
    wanted = [part.removeprefix(_PREFIX) for part in fields.split(",") if part.startswith(_PREFIX)]
    picked = [part for part in wanted if part in SELECTABLE]
    return [_picked(item, picked) for item in items]


def select(message: JsonMap, fields: str) -> JsonMap:
    """Any message reduced to dotted `fields`, without a fixed set: what streams and other answers do."""
    if not fields:
        return message
    if fields.startswith("-"):
        return without(message, fields[1:].split(",")[0].split("."))
    shown: JsonMap = {}
    for field in fields.split(","):
        _copy(message, shown, field.split("."))
    return shown


def without(value: JsonMap, path: list[str]) -> JsonMap:
    """A copy that lacks one path."""
    head, rest = path[0], path[1:]
    if head not in value:
        return value
    if not rest:
        return {key: part for key, part in value.items() if key != head}
    return {**value, head: without(as_map(value[head]), rest)}


def _picked(item: JsonMap, fields: list[str]) -> JsonMap:
    shown: JsonMap = {}
    for field in fields:
        if field == "status.operationState.operation.sync":
            # The old name of the result, kept by Argo CD for its UI.
            state = as_map(as_map(item.get("status")).get("operationState"))
            result: JsonMap = {"status": {"operationState": {"operation": {"sync": state.get("syncResult")}}}}
            if state.get("syncResult") is not None:
                _copy(result, shown, field.split("."))
        elif not _copy(item, shown, field.split(".")) and field in _NULL_WHEN_UNSET:
            _place(shown, field.split("."))[field.rpartition(".")[2]] = None
    return shown


def _copy(source: JsonMap, target: JsonMap, path: list[str]) -> bool:
    value: Json = source
    for step in path:
        if not isinstance(value, dict) or step not in value:
            return False
        value = value[step]
    _place(target, path)[path[-1]] = dict(value) if isinstance(value, dict) else value
    return True


def _place(target: JsonMap, path: list[str]) -> JsonMap:
    for step in path[:-1]:
        inner = target.get(step)
        if not isinstance(inner, dict):
            inner = {}
            target[step] = inner
        target = inner
    return target
