"""YAML text to values: libyaml's parser, our own reading of the nodes, and the limits that protect both.

libyaml's composer recurses in C and crashes at about 25,000 levels, so depth is bounded before it sees the text.
PyYAML is the one library a decision folder may use: it is the C parser alone, nothing of its object construction.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml
from yaml._yaml import CParser

from gitops.desired import scalars
from gitops.errors import InvalidError
from gitops.model.objects import Json, JsonMap

DEPTH_LIMIT = 1_000
NODE_LIMIT = 1_000_000
DOCUMENT_LIMIT = 20_000

_BRACKET = re.compile(r"[\[\]{}]")
_DEEP_BLOCK = re.compile(r"^[ \t?:-]{400}", re.MULTILINE)
_MERGE = "merge"
_PLAIN = "plain"
_QUOTED = "quoted"


class _Composer(CParser):
    """The C parser, with tags that say only how a scalar was written."""

    def __init__(self, text: str) -> None:
        super().__init__(text)

    def descend_resolver(self, _node: yaml.Node | None, _index: object) -> None:
        """No path resolvers."""

    def ascend_resolver(self) -> None:
        """No path resolvers."""

    def resolve(self, kind: type[yaml.Node], value: str | None, implicit: object) -> str:
        """`plain` for an unquoted scalar, `merge` for an unquoted `<<`, `quoted` for the rest."""
        if kind is yaml.ScalarNode and isinstance(implicit, tuple) and implicit[0]:
            return _MERGE if value == "<<" else _PLAIN
        return _QUOTED


def documents(text: str) -> Iterator[tuple[int, Json]]:
    """Each document's first line (from 1) and its value; documents before a broken one are still yielded.

    Raises:
        InvalidError: not YAML, or a limit is broken; names line and limit. `LimitError` for the latter.
    """
    _check_depth(text)
    composer = _Composer(text)
    budget = _Budget(aliases="*" in text)
    try:
        while composer.check_node():
            node = composer.get_node()
            budget.document()
            if node is not None:
                yield node.start_mark.line + 1, _value(node, budget)
    except yaml.MarkedYAMLError as error:
        raise InvalidError(_told(error)) from error
    except yaml.reader.ReaderError as error:
        raise InvalidError(f"{error.reason} (character {error.character!r} at {error.position})") from error
    finally:
        composer.dispose()


class LimitError(InvalidError):
    """A limit that protects the worker is broken; never taken for "some other file"."""


class _Budget:
    """Counts nodes over all documents of a file, an alias as often as it is used."""

    def __init__(self, *, aliases: bool) -> None:
        self.aliases = aliases
        self.nodes = 0
        self.documents = 0

    def document(self) -> None:
        self.documents += 1
        if self.documents > DOCUMENT_LIMIT:
            raise LimitError(f"more than {DOCUMENT_LIMIT} documents in one file")

    def spend(self, count: int) -> None:
        self.nodes += count
        if self.nodes > NODE_LIMIT:
            raise LimitError(f"more than {NODE_LIMIT} YAML nodes (excessive aliasing counts each use)")


def _check_depth(text: str) -> None:
    """Bound nesting by counting brackets and indentation; only a suspicious text pays for an exact count."""
    if text.count("[") + text.count("{") <= DEPTH_LIMIT and not _DEEP_BLOCK.search(text):
        return
    if _bracket_depth(text) <= DEPTH_LIMIT and not _DEEP_BLOCK.search(text):
        return
    depth = 0
    parser = CParser(text)
    try:
        while (event := parser.get_event()) is not None:
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEPTH_LIMIT:
                line = event.start_mark.line + 1 if event.start_mark else 0
                raise LimitError(f"line {line}: nested deeper than {DEPTH_LIMIT} levels")
    except yaml.YAMLError:
        return  # not YAML: the composer stops at the same place, before it can nest deeper, and tells why
    finally:
        parser.dispose()


def _bracket_depth(text: str) -> int:
    depth = deepest = 0
    for found in _BRACKET.finditer(text):
        depth = depth + 1 if found[0] in "[{" else max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest


def _value(root: yaml.Node, budget: _Budget) -> Json:
    """The value of a node tree. Iterative, because 1,000 levels are allowed; an alias shares its anchor's value."""
    if budget.aliases:
        budget.spend(_size(root))
    made: dict[int, Json] = {}
    todo: list[yaml.Node] = []
    value = _begun(root, made, todo)
    while todo:
        node = todo.pop()
        if not budget.aliases:
            budget.spend(len(node.value))
        container = made[id(node)]
        if isinstance(container, dict):
            _fill(container, node, made, todo)
        elif isinstance(container, list):
            container.extend(_begun(item, made, todo) for item in node.value)
    return value


def _begun(node: yaml.Node, made: dict[int, Json], todo: list[yaml.Node]) -> Json:
    """A scalar's value, or a container that is filled when its turn comes."""
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    known = made.get(id(node))
    if known is None:
        known = made[id(node)] = {} if isinstance(node, yaml.MappingNode) else []
        todo.append(node)
    return known


def _scalar(node: yaml.Node) -> Json:
    text: str = node.value
    try:
        if node.tag == _PLAIN:
            return scalars.plain(text)
        if node.tag in (_QUOTED, _MERGE):
            return text
        return scalars.tagged(node.tag, text)
    except InvalidError as error:
        raise InvalidError(f"line {node.start_mark.line + 1}: {error.message}") from error


def _fill(container: JsonMap, node: yaml.Node, made: dict[int, Json], todo: list[yaml.Node]) -> None:
    """Merged keys first, own keys over them; a repeated key's last value counts."""
    merged = [value for key, value in node.value if key.tag == _MERGE]
    for source in merged:
        for key, value in _merge_pairs(source, _MERGE_DEPTH):
            container.setdefault(_key(key), _begun(value, made, todo))
    for key, value in node.value:
        if key.tag != _MERGE:
            container[_key(key)] = _begun(value, made, todo)


_MERGE_DEPTH = 16


def _merge_pairs(source: yaml.Node, left: int) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """Pairs a `<<` brings in, in order of precedence: own keys of each mapping, then what that mapping merges."""
    if left == 0:
        raise LimitError(f"line {source.start_mark.line + 1}: merges nested deeper than {_MERGE_DEPTH} levels")
    if isinstance(source, yaml.SequenceNode):
        for item in source.value:
            yield from _merge_pairs(item, left - 1)
        return
    if not isinstance(source, yaml.MappingNode):
        raise InvalidError(f"line {source.start_mark.line + 1}: << needs a mapping or a list of mappings")
    yield from [pair for pair in reversed(source.value) if pair[0].tag != _MERGE]
    for key, value in source.value:
        if key.tag == _MERGE:
            yield from _merge_pairs(value, left - 1)


def _key(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise InvalidError(f"line {node.start_mark.line + 1}: a mapping key must be text, a number or a boolean")
    try:
        return scalars.key_text(_scalar(node))
    except InvalidError as error:
        raise InvalidError(f"line {node.start_mark.line + 1}: {error.message}") from error


def _size(root: yaml.Node) -> int:
    """How many nodes a walk over the value would meet: shared parts as often as they are used.

    Raises:
        LimitError: a value contains itself, or the count passes the limit.
    """
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()
    stack = [(root, False)]
    while stack:
        node, left = stack.pop()
        here = id(node)
        if left:
            open_nodes.discard(here)
            sizes[here] = 1 + sum(sizes[id(child)] for child in _children(node))
            if sizes[here] > NODE_LIMIT:
                raise LimitError(f"line {node.start_mark.line + 1}: excessive aliasing, more than {NODE_LIMIT} nodes")
        elif here in open_nodes:
            raise LimitError(f"line {node.start_mark.line + 1}: a value contains itself through an alias")
        elif here not in sizes:
            open_nodes.add(here)
            stack.append((node, True))
            stack.extend((child, False) for child in _children(node))
    return sizes[id(root)]


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _told(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    where = f"line {mark.line + 1}: " if mark else ""
    return f"{where}{error.problem or error.context}"
