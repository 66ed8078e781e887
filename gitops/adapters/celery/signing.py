"""Signed messages: the only content a worker accepts (celery.md section 7, S-065 to S-068).

A body is `<key id>.<HMAC-SHA256>.<JSON>`. The first key signs, all verify, so a key is changed by putting the new one
in front. The mark is checked before the JSON is read.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence

from kombu.serialization import registry

from gitops.errors import InvalidError, RefusedError
from gitops.model.objects import Json

NAME = "argosy"
CONTENT_TYPE = "application/x-argosy"


class Signer:
    """Signs with the first of `keys` and accepts all of them."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) < 16 for key in keys):
            raise InvalidError("need at least one key of 16 bytes", about="message keys", hint="see the keys file")
        self._keys = {_key_id(key): key for key in keys}
        self._first = _key_id(keys[0])

    def dumps(self, value: Json) -> str:
        """The signed text of a JSON value."""
        text = json.dumps(value, separators=(",", ":"))
        return f"{self._first}.{_mark(self._keys[self._first], text)}.{text}"

    def loads(self, body: str | bytes) -> Json:
        """The value of a signed text.

        Raises:
            RefusedError: not signed with one of our keys; never says more than that.
        """
        signed = body if isinstance(body, str) else bytes(body).decode("utf-8", "replace")
        key_id, _, rest = signed.partition(".")
        mark, _, text = rest.partition(".")
        key = self._keys.get(key_id)
        if key is None or not hmac.compare_digest(_mark(key, text).encode(), mark.encode()):
            raise RefusedError("not signed with a key of this installation", about="message")
        value: Json = json.loads(text)
        return value


def register(signer: Signer) -> None:
    """Make Kombu use the signer for content `argosy`, in this whole process; a second call replaces the first."""
    registry.register(NAME, signer.dumps, signer.loads, CONTENT_TYPE, "utf-8")  # type: ignore[no-untyped-call]  # Kombu


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"id:" + key).hexdigest()[:8]


def _mark(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
