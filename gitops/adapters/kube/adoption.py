"""Taking over objects that were applied client-side before us (kubectl apply, Argo CD's default).

Their fields belong to an `Update` entry, so a field that leaves Git would stay in the cluster for ever. As kubectl does
on its first server-side apply, the entry is turned into our `Apply` entry; our next apply then removes what Git lacks,
the last-applied annotation included (argo-cd.md 2.3, ClientSideApplyMigration; AC-039).
"""

from __future__ import annotations

from collections.abc import Collection

from gitops.model.objects import FIELD_MANAGER, Json, JsonMap, as_map, as_text
from gitops.model.observed import LiveObject

KUBECTL = "kubectl-client-side-apply"
_LAST_APPLIED = "f:kubectl.kubernetes.io/last-applied-configuration"


def adoption_patch(live: LiveObject, managers: Collection[str] = (KUBECTL, FIELD_MANAGER)) -> list[Json]:
    """The JSON patch that gives us the fields of client-side appliers, fenced by resourceVersion; empty without any.

    A client-side applier is whoever owns the last-applied annotation, or is named in `managers`: kubectl, and our own
    name through Update, which Argo CD leaves behind and which would keep our entry from being alone (see Row.entry).
    """
    former = [entry for entry in live.managed_fields if _is_client_side(entry, managers)]
    if not former:
        return []
    ours = [e for e in live.managed_fields if e.get("manager") == FIELD_MANAGER and e.get("operation") == "Apply"]
    others = [e for e in live.managed_fields if e not in former and e not in ours]
    fields: JsonMap = {}
    for entry in (*ours, *former):
        fields = _union(fields, as_map(entry.get("fieldsV1")))
    template = (ours or former)[-1]
    merged = {**template, "manager": FIELD_MANAGER, "operation": "Apply", "fieldsV1": fields}
    return [
        {"op": "replace", "path": "/metadata/managedFields", "value": [merged, *others]},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": live.resource_version},
    ]


def _is_client_side(entry: JsonMap, managers: Collection[str]) -> bool:
    if entry.get("operation") != "Update" or entry.get("subresource"):
        return False
    metadata = as_map(as_map(entry.get("fieldsV1")).get("f:metadata"))
    return _LAST_APPLIED in as_map(metadata.get("f:annotations")) or as_text(entry.get("manager")) in managers


def _union(one: JsonMap, other: JsonMap) -> JsonMap:
    """Both field sets: nested maps that only say which paths exist."""
    merged = dict(one)
    for path, below in other.items():
        merged[path] = _union(as_map(merged.get(path)), as_map(below))
    return merged
