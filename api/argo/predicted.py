"""What a sync would make of a live object, for people to read: wanted values laid over the live ones.

It is a picture, not a decision: whether an object differs is decided by the comparison and read from the status.
"""

from __future__ import annotations

from gitops.model.objects import Json, JsonMap, as_map

_NOISE = ("managedFields", "resourceVersion", "uid", "generation", "selfLink")
_NAMES = ("name", "mountPath", "containerPort", "port", "key")
"""Fields by which items of a list are told apart, in this order."""


def normalised(live: JsonMap) -> JsonMap:
    """A live object without what the API server alone writes."""
    metadata = {key: value for key, value in as_map(live.get("metadata")).items() if key not in _NOISE}
    return {**{key: value for key, value in live.items() if key != "status"}, "metadata": metadata}


def predicted(live: JsonMap | None, target: JsonMap | None) -> JsonMap | None:
    """The object after a sync; None when it would be gone."""
    if target is None or live is None:
        return target
    return as_map(_laid_over(live, target))


def _laid_over(live: Json, target: Json) -> Json:
    if isinstance(live, dict) and isinstance(target, dict):
        return {**live, **{key: _laid_over(live.get(key), value) for key, value in target.items()}}
    if isinstance(live, list) and isinstance(target, list):
        return _lists(live, target)
    return target


def _lists(live: list[Json], target: list[Json]) -> list[Json]:
    """Items of one name are laid over each other; without names, items of one place."""
    name = next((one for one in _NAMES if all(isinstance(x, dict) and one in x for x in (*live, *target))), "")
    if name:
        known = {str(as_map(item)[name]): item for item in live}
        return [_laid_over(known.get(str(as_map(item)[name])), item) for item in target]
    if len(live) == len(target):
        return [_laid_over(one, other) for one, other in zip(live, target, strict=True)]
    return list(target)
