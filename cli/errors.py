"""Exit codes of `argosy`, and the one place that turns an exception into a code and a line (ui-api-cli.md 4.2)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import IntEnum

import click


class Exit(IntEnum):
    """What a caller's script may branch on; stable."""

    DONE = 0
    NO = 1  # the answer is "no": difference found, operation failed, not allowed
    ERROR = 2  # usage or any other error
    TIMED_OUT = 3
    NOT_LOGGED_IN = 4
    FORBIDDEN = 5
    NOT_FOUND = 6
    CONFLICT = 7
    UNREACHABLE = 8
    INTERRUPTED = 130


ARGOCD_ERROR = 20  # what `argocd` returns for API and most other errors


class CommandError(Exception):
    """A command's expected failure; `about` names the object, `hint` the next step (may be empty)."""

    def __init__(self, message: str, *, code: Exit = Exit.ERROR, about: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.about = about
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.about}: {self.message}" if self.about else self.message
        return f"{text}. {self.hint}" if self.hint else text


@dataclass(frozen=True)
class Failure:
    """What the shell gets: a code and one line for stderr; of a bug the traceback is shown too."""

    code: int
    line: str
    bug: bool = False


def failure_of(error: BaseException, *, compat: bool = False) -> Failure:
    """The code and the line for an error; `compat` folds codes 2 to 8 into argocd's 20 (usage becomes 1)."""
    found = _failure_of(error)
    if not compat:
        return found
    if isinstance(error, click.UsageError):
        return Failure(Exit.NO, found.line)
    folded = ARGOCD_ERROR if Exit.ERROR <= found.code <= Exit.UNREACHABLE else found.code
    return Failure(folded, found.line, found.bug)


def _failure_of(error: BaseException) -> Failure:
    match error:
        case CommandError():
            return Failure(error.code, str(error))
        case click.ClickException():
            return Failure(Exit.ERROR, error.format_message())
        case click.Abort() | KeyboardInterrupt():
            return Failure(Exit.INTERRUPTED, "interrupted")
        case TimeoutError():
            return Failure(Exit.TIMED_OUT, f"timed out: {error}")
        case ConnectionError():
            return Failure(Exit.UNREACHABLE, f"server unreachable: {error}")
        case OSError():
            return Failure(Exit.ERROR, str(error))
        case _:
            return Failure(Exit.ERROR, f"internal error, please report it: {type(error).__name__}: {error}", bug=True)


def speaks_argocd(program: str) -> bool:
    """Was the command started as `argocd`, or asked to behave so by ARGOSY_COMPAT=argocd?"""
    return program == "argocd" or os.environ.get("ARGOSY_COMPAT") == "argocd"
