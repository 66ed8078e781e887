"""Which credential a repository is read with for a project (argo-cd.md 8.2-8.4, security-reliability.md S-052)."""

from __future__ import annotations

import re

from gitops.access.repo import Place, place_of, repo_key, shown
from gitops.errors import InvalidError
from gitops.model.credentials import CredentialSet, RepoAccess, RepoCredential

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PORTS = {"https": 443, "http": 80, "ssh": 22}


def choose(credentials: CredentialSet, url: str, project: str) -> RepoAccess:
    """How the repository is reached for an app of `project`; without any Secret it is asked without credentials.

    The Secret of the project goes before one without project, another project's is never used. Only a repository
    Secret without any credential of its own (or no Secret at all) takes over a template's.

    Raises:
        InvalidError: the URL breaks the grammar, or the chosen Secret cannot be used; says why.
    """
    place = place_of(url)
    chosen = _repository(credentials, url, project) or RepoCredential(url=url)
    if not chosen.has_credential and not chosen.error:
        template = _template(credentials, place)
        chosen = _inherited(chosen, template) if template else chosen
    _check(chosen)
    host = place.host.lower().rstrip(".")
    return RepoAccess(url, chosen, credentials.known_hosts, credentials.tls_certs.get(host, ""))


def _repository(credentials: CredentialSet, url: str, project: str) -> RepoCredential | None:
    same = [c for c in credentials.repositories if c.type in ("", "git") and repo_key(c.url) == repo_key(url)]
    for wanted in (project, "") if project else ("",):
        for candidate in same:
            if candidate.project == wanted:
                return candidate
    return None


def _inherited(own: RepoCredential, template: RepoCredential) -> RepoCredential:
    """The template's credential with what the repository's own Secret says about the way there."""
    return RepoCredential(
        url=own.url, type=own.type, project=own.project, name=own.name,
        username=template.username, password=template.password, bearer_token=template.bearer_token,
        ssh_private_key=template.ssh_private_key, tls_client_cert=template.tls_client_cert,
        tls_client_key=template.tls_client_key, insecure=own.insecure or template.insecure,
        force_basic=own.force_basic or template.force_basic, proxy=own.proxy or template.proxy,
        no_proxy=own.no_proxy or template.no_proxy, depth=own.depth, enable_lfs=own.enable_lfs, error=template.error,
    )  # fmt: skip


def _template(credentials: CredentialSet, place: Place) -> RepoCredential | None:
    """The template whose URL is the longest prefix; of equal ones the first."""
    best: tuple[int, RepoCredential] | None = None
    for candidate in credentials.templates:
        length = _prefix_length(candidate.url, place) if candidate.type in ("", "git") else -1
        if length >= 0 and (best is None or length > best[0]):
            best = (length, candidate)
    return best[1] if best else None


def _prefix_length(prefix: str, place: Place) -> int:
    """How many characters of the path a template's URL covers, -1 when it does not fit.

    Scheme, host and port must be equal, the path must end where a segment of the repository's path ends. Argo CD
    compares texts, so that `https://host/org` also serves `https://host/org-evil`: that is refused here on purpose.
    """
    try:
        root = place_of(f"{prefix.rstrip('/')}/.")  # a whole host is a prefix too, so a path is put behind it
    except InvalidError:  # a template that no URL can begin with; the repository is then read without it
        return -1
    if _origin(root) != _origin(place):
        return -1
    wanted, have = _segments(root.path), _segments(place.path)
    return sum(map(len, wanted)) + len(wanted) if have[: len(wanted)] == wanted else -1


def _origin(place: Place) -> tuple[str, str, int]:
    return place.scheme, place.host.lower().rstrip("."), place.port or _PORTS.get(place.scheme, 0)


def _segments(path: str) -> list[str]:
    parts = [part for part in path.lower().split("/") if part not in ("", ".")]
    if parts:
        parts[-1] = parts[-1].removesuffix(".git")
    return parts


def _check(chosen: RepoCredential) -> None:
    """No control character in anything that becomes a header, a config line or a prompt's answer (S-045)."""
    about = f"credential of repository {shown(chosen.url)}"
    if chosen.error:
        raise InvalidError(chosen.error, about=about, hint="correct the repository Secret")
    for name in ("username", "password", "bearer_token", "proxy", "no_proxy"):
        value: str = getattr(chosen, name)
        if _CONTROL.search(value):
            raise InvalidError(f"{name} holds a control character", about=about, hint="correct the repository Secret")
    if bool(chosen.tls_client_cert) != bool(chosen.tls_client_key):
        raise InvalidError("client certificate and key are needed together", about=about, hint="give both or none")
