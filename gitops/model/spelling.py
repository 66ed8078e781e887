"""How values are spelled in ConfigMaps and Secrets: Go's booleans and durations, Kubernetes' sizes, comma lists."""

from __future__ import annotations

import base64
import binascii
import re

from gitops.errors import InvalidError
from gitops.model.objects import JsonMap, as_map, as_text, as_texts

_TRUE = frozenset(("1", "t", "T", "TRUE", "true", "True"))
_FALSE = frozenset(("0", "f", "F", "FALSE", "false", "False"))

_DURATION = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}

_SIZE = re.compile(r"(\d+(?:\.\d+)?)([kMGT]i?|Ki)?")
_BYTES = {
    "k": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "Ki": 2**10,
    "ki": 2**10,
    "Mi": 2**20,
    "Gi": 2**30,
    "Ti": 2**40,
}


def about(kind: str, body: JsonMap) -> str:
    """`Kind namespace/name`, how messages name an object; items of lists do not say their kind themselves."""
    meta = as_map(body.get("metadata"))
    return f"{kind} {as_text(meta.get('namespace'))}/{as_text(meta.get('name'))}"


def config_texts(body: JsonMap) -> dict[str, str]:
    """`data` of a ConfigMap; empty for the empty object that stands for an absent one."""
    return as_texts(body.get("data"))


def secret_texts(body: JsonMap) -> dict[str, str]:
    """`data` of a Secret, decoded.

    Raises:
        InvalidError: a value is no base64 or no UTF-8; the message names the key, never the value.
    """
    out = {}
    for key, value in as_texts(body.get("data")).items():
        try:
            out[key] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise InvalidError(
                f"key {key} is no base64 of UTF-8 text", about=about("Secret", body), hint="write it again"
            ) from error
    return out


def flag(text: str) -> bool:
    """A boolean as Go's ParseBool reads it; empty is false.

    Raises:
        InvalidError: something else. The message has no value in it, as it may come from a Secret.
    """
    if text in _TRUE:
        return True
    if text in _FALSE or not text:
        return False
    raise InvalidError("must be true or false")


def integer(text: str) -> int:
    """A whole number, possibly negative; empty is 0.

    Raises:
        InvalidError: something else; no value in the message.
    """
    try:
        return int(text) if text else 0
    except ValueError as error:
        raise InvalidError("must be a whole number") from error


def duration_s(text: str) -> float:
    """A Go duration (`1h30m`, `500ms`, `-` not allowed) or plain seconds, in seconds.

    Raises:
        InvalidError: something else, also empty text.
    """
    if text.isascii() and text.isdecimal():
        return float(text)
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise InvalidError("must be a duration like 120s or 1h30m, or seconds")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def size_bytes(text: str) -> int:
    """A Kubernetes quantity of bytes (`10M`, `1Gi`, `1024`).

    Raises:
        InvalidError: something else.
    """
    found = _SIZE.fullmatch(text)
    if found is None:
        raise InvalidError("must be a size like 10M or 1Gi")
    return int(float(found[1]) * _BYTES.get(found[2] or "", 1))


def comma_list(text: str) -> tuple[str, ...]:
    """The parts between commas, trimmed, without empty ones."""
    return tuple(part.strip() for part in text.split(",") if part.strip())
