"""The difference of two JSON objects as a JSON merge patch (RFC 7386): maps are entered, all else replaced."""

from __future__ import annotations

from gitops.model.objects import JsonMap


def difference(before: JsonMap, after: JsonMap) -> JsonMap:
    """The patch that makes `after` of `before`, null for what is gone; empty when they are equal."""
    patch: JsonMap = {key: None for key in before if key not in after}
    for key, wanted in after.items():
        known = before.get(key)
        if key in before and known == wanted and type(known) is type(wanted):
            continue
        patch[key] = difference(known, wanted) if isinstance(known, dict) and isinstance(wanted, dict) else wanted
    return patch
