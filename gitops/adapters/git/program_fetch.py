"""One fetch by the git program: first clones, ssh, old servers, big packs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from gitops.adapters.git.program import GitProgram, Outcome
from gitops.adapters.git.refs import HEAD_COPY
from gitops.errors import InvalidError, RetryableError
from gitops.model.credentials import RepoAccess
from gitops.model.revision import CommitId

_ALL = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
_HEAD = f"+HEAD:{HEAD_COPY}"
_OPTIONS = (
    "fetch", "--quiet", "--prune", "--force", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance",
    "--no-recurse-submodules", "--end-of-options",
)  # fmt: skip
_MISSING_REF = re.compile(r"couldn't find remote ref", re.IGNORECASE)
_WRONG = tuple(
    (re.compile(pattern, re.IGNORECASE), why, hint)
    for pattern, why, hint in (
        (
            r"Authentication failed|could not read (Username|Password)|HTTP 40[13]|error: 40[13]|Permission denied \(",
            "the git server refuses access",
            "correct the credential in the repository Secret",
        ),
        (
            r"Host key verification failed|host key .*(unknown|changed)|REMOTE HOST IDENTIFICATION",
            "the SSH host key is unknown or has changed",
            "put the right key into argocd-ssh-known-hosts-cm",
        ),
        (
            r"certificate (verif|problem|has|subject)|self.signed",
            "TLS: the server's certificate is not trusted",
            "put its CA into argocd-tls-certs-cm",
        ),
        (
            r"repository .*not found|does not appear to be a git repository|HTTP 404|error: 404",
            "repository not found, or not visible with this credential",
            "correct repoURL or the repository Secret",
        ),
        (
            r"redirect|error: 30\d",
            "the git server redirects; redirects are not followed",
            "use the final URL (often with .git)",
        ),
        (r"transport '[^']*' not allowed", "transport not allowed", "use https:// or ssh://"),
    )
)


def fetch_all(
    program: GitProgram, folder: Path, access: RepoAccess, commits: Sequence[CommitId], refs: Sequence[str]
) -> None:
    """Fetch all branches, tags and HEAD with prune, then each further ref and missing commit by name if it can be had.

    Raises:
        InvalidError: repository, credential or host key are not right; says which.
        RetryableError: anything else that git reports.
    """
    outcome = program.run([*_OPTIONS, access.url, *_ALL, _HEAD], folder, access)
    if outcome.code and _MISSING_REF.search(outcome.stderr):  # an empty repository has no HEAD
        outcome = program.run([*_OPTIONS, access.url, *_ALL], folder, access)
    _check(outcome)
    for wanted in [*(f"+{ref}:{ref}" for ref in refs), *commits]:
        # the remote was just reached: what fails now is not to be had, and one app's wish must not stop the others
        program.run([*_without_prune(), access.url, wanted], folder, access)


def _without_prune() -> list[str]:
    return [option for option in _OPTIONS if option != "--prune"]


def _check(outcome: Outcome) -> None:
    if outcome.code == 0:
        return
    for pattern, why, hint in _WRONG:
        if pattern.search(outcome.stderr):
            raise InvalidError(why, hint=hint)
    raise RetryableError(f"git fetch failed: {_last_words(outcome.stderr)}", hint="look at the git server")


def _last_words(stderr: str) -> str:
    """git's own reason on one line, without URLs: they may hold a user name."""
    lines = [line for line in stderr.splitlines() if line.startswith(("fatal:", "error:", "remote:"))] or [stderr]
    text = re.sub(r"\S+://\S+", "<url>", " ".join(lines[-2:]))
    return "".join(c if c.isprintable() else " " for c in text)[:400]
