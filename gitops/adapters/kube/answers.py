"""What an API server's answer means to the caller: fine, absent, or one of the errors that say what to do next.

Statuses that need reading between the lines were tried on Kubernetes 1.36.1: server-side apply reports a wrong field as
a 500 without a reason, and a 404 for a path that is not served is not the 404 of an absent object.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import msgspec

from gitops.errors import ArgosyError, ConflictError, InvalidError, RefusedError, RetryableError

NOT_FOUND = 404
TEXT_LIMIT = 2000
"""Longest server message we pass on, in characters."""

_FAULTS_OF_THE_OBJECT = (
    "failed to create typed patch object",
    "failed to create typed live object",
    "failed to convert new object",
    "failed to update managed fields",
)
"""Beginnings of 500 answers to server-side apply that no repetition cures."""


class GoneError(RetryableError):
    """The version asked for is compacted away (HTTP 410): list again, without a version or continue token."""


class Cause(msgspec.Struct, frozen=True):
    """One entry of a Status' `details.causes`."""

    reason: str = ""
    message: str = ""
    field: str = ""


class Details(msgspec.Struct, frozen=True, rename={"retry_after": "retryAfterSeconds"}):
    """A Status' `details`."""

    name: str = ""
    kind: str = ""
    causes: list[Cause] | None = None
    retry_after: int = 0


class Status(msgspec.Struct, frozen=True):
    """metav1.Status, as far as we read it."""

    message: str = ""
    reason: str = ""
    code: int = 0
    details: Details | None = None


_STATUS = msgspec.json.Decoder(Status)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole response; `retry_after_s` is 0 where the server named none, `date` is the server's clock as written."""

    status: int
    body: bytes = field(repr=False)
    retry_after_s: float = 0.0
    date: str = ""

    @property
    def absent(self) -> bool:
        """The server says that exactly the object asked for does not exist (not merely: nothing at this path)."""
        if self.status != NOT_FOUND:
            return False
        status = status_of(self.body)
        return status.reason == "NotFound" and status.details is not None and bool(status.details.name)


def status_of(body: bytes) -> Status:
    """The Status in a body; one with only a message where the body is something else (a proxy's page, plain text)."""
    try:
        return _STATUS.decode(body)
    except msgspec.DecodeError:  # not JSON or not a Status: proxies and the plain 404 of the mux answer in text
        return Status(message=body[:200].decode("utf-8", "replace").strip())


def worth_repeating(answer: Answer) -> bool:
    """Whether the same request may be answered better in a moment (R-039)."""
    if answer.status not in (500, 502, 503, 504):
        return False
    return not (answer.status == 500 and _object_is_wrong(status_of(answer.body)))


def error_of(answer: Answer, *, about: str, secret: bool) -> ArgosyError:
    """The error a status >= 400 stands for; with `secret`, no text the server made of the object is kept (S-136)."""
    status = status_of(answer.body)
    text = _scrubbed(status, answer.status) if secret else status.message[:TEXT_LIMIT] or f"HTTP {answer.status}"
    match answer.status:
        case 401:
            return RefusedError(text, about=about, hint="The cluster refused our credential; renew it")
        case 403:
            return _forbidden(status, text, about)
        case 409:
            return ConflictError(text, about=about)
        case 410:
            return GoneError(text, about=about)
        case code if code == 429 or (code >= 500 and not _object_is_wrong(status)):
            return RetryableError(text, about=about, retry_after=_pause(answer, status))
    return InvalidError(text, about=about)


def _forbidden(status: Status, text: str, about: str) -> ArgosyError:
    """A namespace on its way out answers 403 as well, and only waiting helps (R-106)."""
    causes = status.details.causes if status.details else None
    if any(cause.reason == "NamespaceTerminating" for cause in causes or ()):
        return RetryableError(text, about=about, retry_after=timedelta(seconds=10))
    return RefusedError(text, about=about, hint="Our account lacks this permission")


def _pause(answer: Answer, status: Status) -> timedelta | None:
    seconds = answer.retry_after_s or (status.details.retry_after if status.details else 0)
    return timedelta(seconds=seconds) if seconds else None


def _object_is_wrong(status: Status) -> bool:
    return status.message.startswith(_FAULTS_OF_THE_OBJECT)


def _scrubbed(status: Status, code: int) -> str:
    """Reason and field paths, which the server writes from the schema and never from the values."""
    causes = (status.details.causes if status.details else None) or []
    fields = ", ".join(sorted({cause.field for cause in causes if cause.field}))
    reason = status.reason or ("wrong field" if _object_is_wrong(status) else f"HTTP {code}")
    where = f" at {fields}" if fields else ""
    return f"the server refused the Secret: {reason}{where} (its text is withheld)"
