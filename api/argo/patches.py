"""Patches of users: JSON merge (RFC 7386) and JSON patch (RFC 6902), on copies."""

from __future__ import annotations

import copy

from api.errors import ApiError, Code
from gitops.model.objects import Json, JsonMap, as_text


def merged(target: Json, patch: Json) -> Json:
    """`target` after a merge patch; `null` removes."""
    if not isinstance(patch, dict):
        return patch
    result: JsonMap = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def patched(target: Json, steps: Json) -> Json:
    """`target` after a JSON patch.

    Raises:
        ApiError: 500 with code 2, as Argo CD answers a bad patch (surprises 27).
    """
    if not isinstance(steps, list):
        raise _bad("a JSON patch is a list of operations")
    result = copy.deepcopy(target)
    for step in steps:
        if not isinstance(step, dict):
            raise _bad("an operation is an object")
        result = _step(result, step)
    return result


def _step(document: Json, step: JsonMap) -> Json:
    path = _path(as_text(step.get("path")))
    match step.get("op"):
        case "add" | "replace" as verb:
            if "value" not in step:
                raise _bad("missing value")
            return _put(document, path, copy.deepcopy(step["value"]), insert=verb == "add")
        case "remove":
            return _remove(document, path)
        case "move":
            source = _path(as_text(step.get("from")))
            moved = _read(document, source)
            return _put(_remove(document, source), path, moved, insert=True)
        case "copy":
            return _put(document, path, copy.deepcopy(_read(document, _path(as_text(step.get("from"))))), insert=True)
        case "test":
            if _read(document, path) != step.get("value"):
                raise _bad(f"testing value {step.get('path')} failed")
            return document
        case other:
            raise _bad(f"unexpected kind: {other}")


def _path(text: str) -> list[str]:
    if text and not text.startswith("/"):
        raise _bad(f"path {text!r} does not start with /")
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def _read(document: Json, path: list[str]) -> Json:
    for part in path:
        if isinstance(document, dict) and part in document:
            document = document[part]
        elif isinstance(document, list):
            document = document[_index(part, len(document) - 1)]
        else:
            raise _bad(f"no value at {'/'.join(path)}")
    return document


def _put(document: Json, path: list[str], value: Json, *, insert: bool) -> Json:
    if not path:
        return value
    parent, last = _read(document, path[:-1]), path[-1]
    if isinstance(parent, dict):
        if not insert and last not in parent:
            raise _bad(f"no value at {'/'.join(path)}")
        parent[last] = value
    elif isinstance(parent, list) and insert:
        parent.insert(len(parent) if last == "-" else _index(last, len(parent)), value)
    elif isinstance(parent, list):
        parent[_index(last, len(parent) - 1)] = value
    else:
        raise _bad(f"no place at {'/'.join(path)}")
    return document


def _remove(document: Json, path: list[str]) -> Json:
    if not path:
        return None
    _read(document, path)
    parent, last = _read(document, path[:-1]), path[-1]
    if isinstance(parent, dict):
        del parent[last]
    elif isinstance(parent, list):
        del parent[_index(last, len(parent) - 1)]
    return document


def _index(text: str, highest: int) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= highest):
        raise _bad(f"index {text[:20]!r} is out of range")
    return int(text)


def _bad(text: str) -> ApiError:
    return ApiError(Code.UNKNOWN, f"error applying patch: {text}")
