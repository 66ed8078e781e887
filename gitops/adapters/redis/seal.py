"""Entries that only holders of a key can make, each good in its own place only (S-064).

Whoever has Redis's password can delete entries, swap them, or write what he likes; what he wrote or moved reads as
absent. Not stopped here: an older entry put back under its own key; what it says is checked by its readers.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from typing import TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gitops.errors import InvalidError

SCHEMA = "argosy-1"
"""Part of what is sealed: a new shape of entries makes old ones absent, nothing more."""
_NONCE_BYTES = 12

T = TypeVar("T")
log = logging.getLogger(__name__)


class Seal:
    """AES-GCM with one key of 16, 24 or 32 bytes; safe for all threads."""

    def __init__(self, key: bytes) -> None:
        if len(key) not in (16, 24, 32):
            raise InvalidError(f"has {len(key)} bytes", about="key of the store", hint="this role needs one of 32")
        self._cipher = AESGCM(key)

    def close(self, plain: bytes, *place: str) -> bytes:
        """Seal for a place: the full name of the key and, in a hash, the field."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, _bound_to(place))

    def open(self, sealed: bytes, *place: str) -> bytes | None:
        """What was sealed for this very place, None for anything else; empty `sealed` means there was no entry."""
        if not sealed:
            return None
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound_to(place))
        except (InvalidTag, ValueError):
            log.warning("entry_not_authentic", extra={"place": "/".join(place)})
            return None

    def pack(self, value: object, *place: str) -> bytes:
        """Seal a dataclass or a plain value."""
        return self.close(msgspec.msgpack.encode(value), *place)

    def unpack(self, sealed: bytes, kind: type[T], *place: str) -> T | None:
        """The value of `pack`; None as in `open`, or when it was written by a version with other fields."""
        plain = self.open(sealed, *place)
        if plain is None:
            return None
        try:
            return msgspec.msgpack.decode(plain, type=kind)
        except msgspec.MsgspecError as error:
            log.info("entry_of_another_version", extra={"place": "/".join(place), "error": str(error)})
            return None


def short(name: str) -> str:
    """A part of a key for any text, however odd (S-076): 32 hex digits."""
    return hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _bound_to(place: tuple[str, ...]) -> bytes:
    return "\0".join((SCHEMA, *place)).encode("utf-8", "surrogatepass")
