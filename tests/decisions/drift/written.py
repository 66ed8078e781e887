"""How the tables of comparing write what was found: `path` certain, `path?` for the server to judge, `path~` empty."""

from __future__ import annotations

from gitops.drift.fields import Grade, findings
from gitops.drift.normalise import normalised
from gitops.model.objects import Json, JsonMap
from gitops.model.paths import path_text

MARK = {Grade.CHANGED: "", Grade.SERVER: "?", Grade.HOLLOW: "~"}


def seen(desired: JsonMap, live: JsonMap) -> list[str]:
    """What comparing two objects finds."""
    return [path_text(f.path) + MARK[f.grade] for f in findings(normalised(desired), normalised(live))]


def thing(kind: str, **parts: Json) -> JsonMap:
    """An object of `group/version/Kind` or `version/Kind`."""
    version, _, name = kind.rpartition("/")
    return {"apiVersion": version, "kind": name, **parts}


def spec_seen(kind: str, desired: JsonMap, live: JsonMap) -> list[str]:
    """What comparing two specs of a kind finds."""
    return seen(thing(kind, spec=desired), thing(kind, spec=live))
