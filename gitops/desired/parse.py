"""The text of a manifest file to objects (argo-cd.md 1.6, argo-cd-surprises.md "Sources", rendering.md 6)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from gitops.desired import nodes, scalars
from gitops.desired.nodes import LimitError
from gitops.errors import InvalidError
from gitops.model.objects import Json, JsonMap, Manifest, as_text

SKIP_MARK = "+argocd:skip-file-rendering"
_LOOKS_LIKE_MANIFEST = ("apiVersion:", "kind:", "metadata:")
_LFS_POINTER = b"version https://git-lfs.github.com/spec/v1\n"
_BARE_SURROGATE = re.compile("[\ud800-\udfff]")


def objects_of(path: str, data: bytes) -> tuple[Manifest, ...]:
    """The objects written in a `.yaml`, `.yml` or `.json` file, lists expanded, in order.

    A YAML file that holds no object and does not look like a manifest is somebody else's and gives none; so does one
    with the mark `# +argocd:skip-file-rendering`.

    Raises:
        InvalidError: names file, document (from 1), line, and what is wrong; only a new commit helps.
    """
    try:
        text = _decoded(data)
        found = _from_json(text) if path.endswith(".json") else _from_yaml(text)
    except InvalidError as error:
        raise type(error)(f"{path}: {error.message}", hint="correct the file and push") from error
    return tuple(Manifest(body) for body in found)


def _decoded(data: bytes) -> str:
    if data.startswith(_LFS_POINTER):
        raise LimitError("is a Git LFS pointer; LFS content is not fetched")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise LimitError(f"line {line}: byte {error.start} is not UTF-8") from error


def _from_json(text: str) -> list[JsonMap]:
    try:
        value: Json = json.loads(text, parse_constant=_no_constant, parse_float=_json_float, parse_int=_json_int)
    except json.JSONDecodeError as error:
        more = error.msg == "Extra data"
        why = "a JSON file may hold exactly one object" if more else error.msg
        raise InvalidError(f"line {error.lineno}: {why}") from error
    except RecursionError as error:
        raise LimitError("nested too deeply") from error
    if not isinstance(value, dict) or not as_text(value.get("kind")):
        raise InvalidError("a JSON file must hold exactly one object with a kind")
    if _BARE_SURROGATE.search(json.dumps(value, ensure_ascii=False)):
        raise InvalidError("a text holds half of a surrogate pair")
    return list(_expanded(value))


def _no_constant(text: str) -> Json:
    raise InvalidError(f"{text} is not a number JSON can hold")


def _json_float(text: str) -> Json:
    return scalars.number(float(text))


def _json_int(text: str) -> Json:
    return scalars.plain(text) if len(text) < 400 else _no_constant(text[:20])


def _from_yaml(text: str) -> list[JsonMap]:
    if SKIP_MARK in text:
        return []
    found: list[JsonMap] = []
    document = 1
    try:
        for line, value in nodes.documents(text):
            if value is not None:
                found.extend(_expanded(_object(value, line)))
            document += 1
    except LimitError:
        raise
    except InvalidError as error:
        if not found and not all(mark in text for mark in _LOOKS_LIKE_MANIFEST):
            return []
        raise InvalidError(f"document {document}: {error.message}") from error
    return found


def _object(value: Json, line: int) -> JsonMap:
    if not isinstance(value, dict):
        raise InvalidError(f"line {line}: not an object with apiVersion, kind and metadata")
    if not as_text(value.get("kind")):
        raise InvalidError(f"line {line}: object has no kind")
    return value


def _expanded(body: JsonMap) -> Iterator[JsonMap]:
    """The items of any object with a list `items`, as Argo CD sees lists; a List kind whose items are null vanishes."""
    items = body.get("items")
    if isinstance(items, list):
        for at, item in enumerate(items):
            if not isinstance(item, dict) or not as_text(item.get("kind")):
                raise InvalidError(f"item {at} of {body.get('kind')} is not an object with a kind")
            yield item
    elif not (as_text(body.get("kind")).endswith("List") and items is None and "items" in body):
        yield body
