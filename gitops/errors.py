"""What went wrong, sorted by what the caller does next.

`RetryableError`: ask again later. `InvalidError`: wait for a new commit or spec. `RefusedError`: wait for a changed
project or permission. Anything else is a bug and stays loud. A message names the object, the value and the next step.
"""

from __future__ import annotations

from datetime import timedelta


class ArgosyError(Exception):
    """An expected failure; `about` names the object, `hint` the next step (may be empty)."""

    def __init__(self, message: str, *, about: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.about = about
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.about}: {self.message}" if self.about else self.message
        return f"{text}. {self.hint}" if self.hint else text


class RetryableError(ArgosyError):
    """The outside did not answer as it should; the same call may succeed later, not before `retry_after`."""

    def __init__(self, message: str, *, about: str = "", hint: str = "", retry_after: timedelta | None = None) -> None:
        super().__init__(message, about=about, hint=hint)
        self.retry_after = retry_after


class ConflictError(RetryableError):
    """Someone else wrote the object since it was read (HTTP 409); read again, decide again."""


class InvalidError(ArgosyError):
    """The input cannot be used as it is: only a new commit, spec or setting helps."""


class RefusedError(ArgosyError):
    """Not allowed: only a changed project, permission or window helps."""


class LeaseLostError(ArgosyError):
    """This turn is no longer ours; stop before the next write. Whoever holds the lease goes on."""
