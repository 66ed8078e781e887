"""Port Fingerprints on Redis: one hash per app, each fingerprint sealed in its place.

Suspects are not sealed: a forged one costs a look, a removed one is found by the next scan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gitops.adapters.redis.connect import Argument, Server, as_pairs
from gitops.adapters.redis.scripts import script
from gitops.adapters.redis.seal import Seal
from gitops.adapters.redis.store import KEPT_S, forget_renderings
from gitops.model.fingerprint import Fingerprint
from gitops.model.objects import ObjectKey

_PRINTS, _SUSPECTS = "argosy:f:", "argosy:s:"


class RedisFingerprints:
    """Entries live for a week after the last `put`; without them objects are compared again, nothing more."""

    def __init__(self, server: Server, key: bytes) -> None:
        self._server = server
        self._seal = Seal(key)

    def fingerprints(self, uid: str) -> dict[ObjectKey, Fingerprint]:
        """See port; what is not authentic is left out."""
        name = _PRINTS + uid
        found = as_pairs(self._server.call("HGETALL", name))
        opened = {field.decode(): self._seal.unpack(v, Fingerprint, name, field.decode()) for field, v in found.items()}
        return {ObjectKey.parse(field): one for field, one in opened.items() if one is not None}

    def put(self, uid: str, changed: Mapping[ObjectKey, Fingerprint], gone: Iterable[ObjectKey] = ()) -> None:
        """See port."""
        name = _PRINTS + uid
        commands: list[tuple[Argument, ...]] = []
        pairs: list[Argument] = []
        for key, one in changed.items():
            pairs += [str(key), self._seal.pack(one, name, str(key))]
        if pairs:
            commands.append(("HSET", name, *pairs))
        fields = [str(key) for key in gone]
        if fields:
            commands.append(("HDEL", name, *fields))
        if commands:
            self._server.together([*commands, ("EXPIRE", name, KEPT_S)])

    def suspect(self, uid: str, seen: Mapping[ObjectKey, str]) -> None:
        """See port."""
        if not seen:
            return
        pairs = [text for key, version in seen.items() for text in (str(key), version)]
        name = _SUSPECTS + uid
        self._server.together([("HSET", name, *pairs), ("EXPIRE", name, KEPT_S)])

    def suspects(self, uid: str) -> dict[ObjectKey, str]:
        """See port."""
        found = as_pairs(self._server.call("HGETALL", _SUSPECTS + uid))
        return {ObjectKey.parse(field.decode()): version.decode() for field, version in found.items()}

    def cleared(self, uid: str, seen: Mapping[ObjectKey, str]) -> None:
        """See port; compared and removed in one step."""
        if not seen:
            return
        pairs = [text for key, version in seen.items() for text in (str(key), version)]
        self._server.script(*script("cleared"), _SUSPECTS + uid, *pairs)

    def forget(self, uid: str) -> None:
        """See port."""
        self._server.call("UNLINK", _PRINTS + uid, _SUSPECTS + uid)
        forget_renderings(self._server, uid)
