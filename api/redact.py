"""The one place where Secret values end (bar rule 9): plus signs that tell equal from different, nothing more.

Within one answer equal values get equal masks: 8 plus signs for the first value of a key, 4 more for each further
different one (surprises 32). The kind is read from the object itself, never from what a caller says it is (S-135).
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Sequence

from gitops.model.objects import Json, JsonMap, as_list, as_map, as_text

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
FIRST_MASK = 8
MASK_STEP = 4

Mask = Callable[[str, str], str]


def redacted(objects: Sequence[JsonMap | None]) -> list[JsonMap | None]:
    """Copies in which no Secret has values; the objects belong together (live, target, predicted of one resource)."""
    masks: dict[tuple[str, str], str] = {}

    def mask(key: str, value: str) -> str:
        known = sum(1 for seen, _ in masks if seen == key)
        return masks.setdefault((key, value), "+" * (FIRST_MASK + MASK_STEP * known))

    return [None if body is None else _object(body, mask) for body in objects]


def redacted_one(body: JsonMap) -> JsonMap:
    """As `redacted`, for an object on its own."""
    return redacted([body])[0] or {}


def is_secret(body: JsonMap) -> bool:
    """Whether an object holds values that never leave: a Secret of the core group, of any version."""
    return body.get("kind") == "Secret" and "/" not in as_text(body.get("apiVersion"))


def _object(body: JsonMap, mask: Mask) -> JsonMap:
    if is_secret(body):
        return _secret(body, mask)
    if as_text(body.get("kind")).endswith("List") and "items" in body:
        return {**body, "items": [_object(as_map(item), mask) for item in as_list(body["items"])]}
    return body


def _secret(body: JsonMap, mask: Mask) -> JsonMap:
    shown = dict(body)
    data: JsonMap = {key: _masked(key, value, mask) for key, value in as_map(body.get("data")).items()}
    plain: JsonMap = {key: _masked(key, _encoded(value), mask) for key, value in as_map(body.get("stringData")).items()}
    if "data" in body:
        shown["data"] = data
    if "stringData" in body:
        shown["stringData"] = plain
    metadata = dict(as_map(body.get("metadata")))
    annotations = dict(as_map(metadata.get("annotations")))
    if LAST_APPLIED in annotations:
        annotations[LAST_APPLIED] = _applied(annotations[LAST_APPLIED], mask)
        metadata["annotations"] = annotations
    metadata.pop("managedFields", None)
    shown["metadata"] = metadata
    return shown


def _applied(text: Json, mask: Mask) -> str:
    """The annotation with its Secret masked, or one mask for it all when it cannot be read."""
    try:
        inner = json.loads(as_text(text))
    except (ValueError, RecursionError):  # somebody's broken annotation may still hold values: hide it whole
        inner = None
    if not isinstance(inner, dict):
        return "+" * FIRST_MASK
    return json.dumps(_secret({**inner, "kind": "Secret"}, mask), separators=(",", ":"))


def _masked(key: str, value: Json, mask: Mask) -> str:
    return mask(key, value if isinstance(value, str) else json.dumps(value))


def _encoded(value: Json) -> str:
    return b64encode(value.encode("utf-8", "replace")).decode() if isinstance(value, str) else json.dumps(value)
