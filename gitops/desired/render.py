"""Files of a folder to the objects that should be there."""

from __future__ import annotations

from collections.abc import Iterable

from gitops.desired.parse import objects_of
from gitops.model.desired import Desired
from gitops.model.objects import Manifest, ObjectKey
from gitops.model.revision import SourceTree


def render(tree: SourceTree) -> Desired:
    """All objects of the files in order; of an object written twice the last one counts and `repeated` names it.

    Raises:
        InvalidError: a file cannot be read as manifests; names file, document and line.
    """
    objects = [found for file in tree.files for found in objects_of(file.path, file.data)]
    kept, repeated = last_of_each(objects)
    return Desired(kept, repeated)


def last_of_each(objects: Iterable[Manifest]) -> tuple[tuple[Manifest, ...], tuple[str, ...]]:
    """The objects without earlier copies of the same key, and the names of those that had copies.

    Objects without a name (`generateName`) are never copies of each other.
    """
    kept: dict[ObjectKey | int, Manifest] = {}
    repeated: dict[str, None] = {}
    for at, found in enumerate(objects):
        slot: ObjectKey | int = found.key if found.name else at
        if slot in kept:
            repeated[str(found.key)] = None
            del kept[slot]
        kept[slot] = found
    return tuple(kept.values()), tuple(repeated)
