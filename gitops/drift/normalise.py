"""Writing both sides alike before they are compared (argo-cd.md 3.2). What needs no copy is done while comparing."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from gitops.model.objects import Json, JsonMap, as_map

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

SERVER_METADATA = frozenset(
    {
        "creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generateName", "generation",
        "managedFields", "name", "namespace", "resourceVersion", "selfLink", "uid",
    }
)  # fmt: skip
"""Metadata that identifies the object or that the server writes: never a difference."""


def normalised(body: Mapping[str, Json]) -> Mapping[str, Json]:
    """The object as the server would store it, as far as this follows from the object alone; `body` is not changed."""
    if body.get("kind") == "Secret" and body.get("apiVersion") == "v1":
        return _secret(body)
    return body


def _secret(body: Mapping[str, Json]) -> JsonMap:
    """stringData merged into data as base64, and data in the one way of writing base64 that the server uses."""
    data: JsonMap = {name: _canonical(value) for name, value in as_map(body.get("data")).items()}
    for name, value in as_map(body.get("stringData")).items():
        text = value if isinstance(value, str) else ""
        data[name] = base64.b64encode(text.encode("utf-8", "surrogatepass")).decode("ascii")
    found = {name: value for name, value in body.items() if name not in ("data", "stringData")}
    return {**found, "data": data} if data else found


def _canonical(value: Json) -> Json:
    """Base64 without line breaks; a value that is no base64 stays as written: the server will refuse it.

    Null is an empty value, as in Go's decoder.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    try:
        decoded = base64.b64decode(value.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):  # not ASCII or not base64
        return value
    return base64.b64encode(decoded).decode("ascii")
