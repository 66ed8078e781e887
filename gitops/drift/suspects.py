"""Which objects must be read again: fingerprints against the rows of a metadata-only list or watch (design.md 7.6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from gitops.model.fingerprint import GONE, Fingerprint, Verdict, doubt_of
from gitops.model.objects import GroupKind, ObjectKey
from gitops.model.observed import Row


def suspects(
    fingerprints: Mapping[ObjectKey, Fingerprint],
    rows: Iterable[Row],
    *,
    has_rule: Callable[[GroupKind], bool],
    listed: Callable[[GroupKind], bool] = lambda _: True,
) -> dict[ObjectKey, str]:
    """Objects of one app to look at, each with the doubt to remember (`doubt_of` its row, or `GONE`).

    `rows` are those whose mark names the app, and those of its fingerprints; `has_rule` tells kinds with a health rule.
    A fingerprint without a row is a suspect only if `listed` says that its kind was listed completely, without error.
    """
    rows = list(rows)
    ruled: dict[tuple[str, str], bool] = {}
    found: dict[ObjectKey, str] = {}
    known = 0
    for row in rows:
        key = row.key
        fingerprint = fingerprints.get(key)
        if fingerprint is not None:
            known += 1
            kind = (key.group, key.kind)
            if kind not in ruled:
                ruled[kind] = has_rule(key.group_kind)
            if fingerprint.still_holds(row, has_health_rule=ruled[kind]):
                continue
        found[key] = doubt_of(row)
    if known < len(fingerprints):
        found |= dict.fromkeys((k for k in _unseen(fingerprints, rows) if listed(k.group_kind)), GONE)
    return found


def _unseen(fingerprints: Mapping[ObjectKey, Fingerprint], rows: Iterable[Row]) -> list[ObjectKey]:
    """Objects that were there at their last look and have no row now."""
    seen = {row.key for row in rows}
    return [
        k for k, fingerprint in fingerprints.items() if k not in seen and fingerprint.verdict is not Verdict.MISSING
    ]


def suspicious(fingerprint: Fingerprint | None, row: Row, *, has_rule: bool) -> str:
    """Why one row of a watch calls for a look; empty if the fingerprint still holds."""
    if fingerprint is None:
        return "not seen before"
    if fingerprint.still_holds(row, has_health_rule=has_rule):
        return ""
    if row.deleting:
        return "being deleted"
    if row.uid != fingerprint.uid:
        return "created again" if fingerprint.uid else "created"
    return "fields we set were changed" if row.entry != fingerprint.entry else "changed since the last look"
