"""Port Desireds on Redis: rendered objects by digest, and the record of each app's last rendering; all sealed."""

from __future__ import annotations

import json
import time
import zlib
from typing import NamedTuple

import orjson

from gitops.adapters.redis.connect import Server, as_bytes, as_number, as_pairs, as_replies, as_words
from gitops.adapters.redis.recent import Recent
from gitops.adapters.redis.seal import Seal, short
from gitops.model.desired import Desired, Rendering
from gitops.model.objects import Json, Manifest, as_list, as_map, as_text
from gitops.model.revision import CommitId, RepoKey, TreeKey

KEPT_S = 7 * 24 * 3600
"""How long an entry stays after its last use."""
TOUCH_S = 3600.0
"""How often a use is told to Redis, per entry and process."""
OPEN_LIMIT_BYTES = 64 * 1024 * 1024
"""Memory of opened renders in this process."""
_OBJECTS_PER_TEXT = 6
"""Python objects take about this many times the bytes of their JSON."""
_SQUEEZE_FROM_BYTES = 1024
_DESIRED, _RENDERING, _FILED, _TREES, _VERIFIED = "argosy:d:", "argosy:r:", "argosy:rr:", "argosy:t:", "argosy:v:"


class _Tree(NamedTuple):
    key: TreeKey
    commit: CommitId


class RedisDesireds:
    """Renders stay opened in memory, by digest, which is checked once when they are read."""

    def __init__(self, server: Server, key: bytes) -> None:
        self._server = server
        self._seal = Seal(key)
        self._opened: Recent[str, Desired] = Recent(OPEN_LIMIT_BYTES)
        self._touched: Recent[str, float] = Recent(10_000)
        self._trees: Recent[bytes, _Tree] = Recent(20_000)

    def put_desired(self, desired: Desired) -> str:
        """See port; a render that is there already is not written again."""
        digest = desired.digest
        name = _DESIRED + digest
        if as_number(self._server.call("EXPIRE", name, KEPT_S)) != 1:
            blob = self._seal.close(_squeezed(_encoded(desired)), name)
            self._server.call("SET", name, blob, "EX", KEPT_S)
        return digest

    def desired(self, digest: str) -> Desired | None:
        """See port. An entry that is not authentic, or not what its digest says, is removed: it can be put again."""
        name = _DESIRED + digest
        found = self._opened.get(digest)
        if found is not None:
            self._touch(name)
            return found
        sealed = as_bytes(self._server.call("GET", name))
        plain = self._seal.open(sealed, name)
        read = _decoded(_unsqueezed(plain)) if plain is not None else None
        if read is None or read.digest != digest:
            if sealed:
                self._server.call("UNLINK", name)
            return None
        self._opened.put(digest, read, len(plain or b"") * _OBJECTS_PER_TEXT)
        self._touch(name)
        return read

    def put_rendering(self, uid: str, repo: RepoKey, rendering: Rendering) -> None:
        """See port; a failed rendering leaves the tree key of the last good one."""
        name, filed, trees = _RENDERING + uid, _FILED + uid, _TREES + short(repo)
        commands: list[tuple[str | bytes | int, ...]] = [
            ("SET", name, self._seal.pack(rendering, name), "EX", KEPT_S),
            ("SADD", filed, trees),
            ("EXPIRE", filed, KEPT_S),
        ]
        if rendering.failure is None:
            tree = _Tree(rendering.tree_key, rendering.revision)
            commands += [("HSET", trees, uid, self._seal.pack(tree, trees, uid)), ("EXPIRE", trees, KEPT_S)]
        self._server.together(list(commands))

    def rendering(self, uid: str) -> Rendering | None:
        """See port."""
        name = _RENDERING + uid
        found = self._seal.unpack(as_bytes(self._server.call("GET", name)), Rendering, name)
        if found is not None:
            self._touch(name)
        return found

    def lose(self, uid: str, repo: RepoKey) -> None:
        """See port."""
        self._server.together([("UNLINK", _RENDERING + uid), ("HDEL", _TREES + short(repo), uid)])

    def tree_keys(self, repo: RepoKey) -> dict[str, tuple[TreeKey, CommitId]]:
        """See port; entries that did not change since the last call are not opened again."""
        name = _TREES + short(repo)
        self._touch(name)
        found = as_pairs(self._server.call("HGETALL", name))
        opened = ((uid.decode(), self._tree(sealed, name, uid.decode())) for uid, sealed in found.items())
        return {uid: (tree.key, tree.commit) for uid, tree in opened if tree is not None}

    def put_verified(self, repo: RepoKey, ref: str, commit: CommitId) -> None:
        """See port."""
        name = _VERIFIED + short(repo)
        self._server.together([("HSET", name, ref, self._seal.pack(commit, name, ref)), ("EXPIRE", name, KEPT_S)])

    def _tree(self, sealed: bytes, name: str, uid: str) -> _Tree | None:
        # By the sealed bytes and their place: an entry moved to another place must be opened there, and fail.
        memory = f"{name} {uid} ".encode() + sealed
        known = self._trees.get(memory)
        if known is None:
            known = self._seal.unpack(sealed, _Tree, name, uid)
            if known is not None:
                self._trees.put(memory, known)
        return known

    def _touch(self, name: str) -> None:
        now = time.monotonic()
        last = self._touched.get(name)
        if last is None or now - last > TOUCH_S:
            self._touched.put(name, now)
            self._server.call("EXPIRE", name, KEPT_S)


def forget_renderings(server: Server, uid: str) -> None:
    """Drop what a deleted app leaves here: its record, and its tree key in each repository it was filed under."""
    filed = _FILED + uid
    names = [as_words(name) for name in as_replies(server.call("SMEMBERS", filed))]
    server.together([("UNLINK", _RENDERING + uid, filed), *(("HDEL", name, uid) for name in names)])


def _encoded(desired: Desired) -> bytes:
    value: dict[str, Json] = {
        "objects": [dict(manifest.body) for manifest in desired.objects],
        "repeated": list(desired.repeated),
    }
    try:
        return b"o" + orjson.dumps(value)
    except TypeError:
        # Integers over 64 bits and lone surrogates: orjson would refuse or round them, and the digest would differ.
        return b"j" + json.dumps(value).encode()


def _decoded(plain: bytes) -> Desired:
    value: Json = orjson.loads(plain[1:]) if plain[:1] == b"o" else json.loads(plain[1:])
    found = as_map(value)
    objects = tuple(Manifest(as_map(body)) for body in as_list(found.get("objects")))
    return Desired(objects, tuple(as_text(name) for name in as_list(found.get("repeated"))))


def _squeezed(plain: bytes) -> bytes:
    return b"z" + zlib.compress(plain, 1) if len(plain) > _SQUEEZE_FROM_BYTES else b"p" + plain


def _unsqueezed(blob: bytes) -> bytes:
    return zlib.decompress(blob[1:]) if blob[:1] == b"z" else blob[1:]
