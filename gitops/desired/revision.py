"""What a revision text means in a repository (argo-cd.md 1.3, argo-cd-surprises.md "Sources")."""

from __future__ import annotations

import re

from gitops.desired import semver
from gitops.errors import InvalidError
from gitops.model.revision import CommitId, RefTable

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_ABBREVIATED = re.compile(r"[0-9a-f]{7,39}")
_REF = re.compile(r"[A-Za-z0-9_+=@#%!$&'(),;<>{}|.][^\x00-\x20\x7f~^:?*\[\\]*")
_FORBIDDEN = ("..", "@{", "//", "/.")
_LIMIT = 250


def check_revision(text: str) -> None:
    """Return if the text is a commit, a ref name, or a version constraint: nothing git could take for an option.

    Raises:
        InvalidError: it is none of them (S-041).
    """
    if text == "" or is_commit(text) or semver.is_constraint(text) or _is_ref_name(text):
        return
    shown = ascii(text[:80])
    raise InvalidError("not a commit, branch, tag or version constraint", about=f"revision {shown}", hint="correct it")


def _is_ref_name(text: str) -> bool:
    """The rules of git-check-ref-format, and no leading dash in any part's place where an option could stand."""
    if len(text) > _LIMIT or not _REF.fullmatch(text) or not text.isprintable() or text == "@":
        return False
    if text.startswith(".") or text.endswith(("/", ".", ".lock")):
        return False
    return not any(part in text for part in _FORBIDDEN)


def is_commit(text: str) -> bool:
    """Whether the text is a full object id; it then means the object even if a branch has this name (S-058)."""
    return bool(_COMMIT.fullmatch(text))


def is_abbreviated(text: str) -> bool:
    """Whether the text could be the beginning of an object id; asked only when no ref has this name."""
    return bool(_ABBREVIATED.fullmatch(text))


def full_ref(text: str) -> str:
    """The ref to ask the remote for by name because branches and tags do not include it (`refs/pull/7/head`), or ''."""
    if text.startswith("refs/") and not text.startswith(("refs/heads/", "refs/tags/")):
        return text
    return ""


def resolve(text: str, refs: RefTable) -> CommitId:
    """The commit a revision names.

    Empty and `HEAD` mean the default branch, 40 hex digits the object, `refs/...` exactly that ref, a bare name the
    branch before the tag, a constraint such as `1.2.*` the highest tag that fulfils it.

    Raises:
        InvalidError: the remote has no such ref, or the text is not a revision.
    """
    check_revision(text)
    if is_commit(text):
        return CommitId(text)
    found = refs.head if text in ("", "HEAD") else _named(text, refs)
    if found is None:
        raise InvalidError(
            f"revision {text or 'HEAD'!r} not found in the repository",
            hint="push the branch or tag, or correct targetRevision",
        )
    return found


def _named(text: str, refs: RefTable) -> CommitId | None:
    for name in (text,) if text.startswith("refs/") else (f"refs/heads/{text}", f"refs/tags/{text}"):
        if name in refs.refs:
            return refs.refs[name]
    if not semver.is_constraint(text):
        return None
    tags = [name.removeprefix("refs/tags/") for name in refs.refs if name.startswith("refs/tags/")]
    best = semver.highest(text, tags)
    return refs.refs[f"refs/tags/{best}"] if best is not None else None
