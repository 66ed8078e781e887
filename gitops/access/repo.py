"""Repository URLs: which ones may be used at all, and when two of them mean the same repository."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gitops.errors import InvalidError
from gitops.model.revision import RepoKey

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_SCP = re.compile(r"(?:(?P<user>[^/@:]*)@)?(?P<host>[^/@:]+):(?P<path>.*)", re.DOTALL)
_AUTHORITY = re.compile(r"(?:(?P<info>[^@]*)@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[^:@\[\]]*)(?::(?P<port>[0-9]{1,5}))?")
_HOST = re.compile(r"\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_.])?")
_USER = re.compile(r"[A-Za-z0-9_.+%=][A-Za-z0-9_.+%=~-]*")
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]")
_SCP_USER = re.compile(r"[^/:@]+@[^@]+")
_LIMIT = 2048
_TRANSPORTS = ("https", "http", "ssh")


@dataclass(frozen=True, slots=True)
class Place:
    """A repository URL in parts; `port` is 0 when the scheme's own is meant, `path` begins without a slash."""

    scheme: str
    user: str
    host: str
    port: int
    path: str


def repo_key(url: str) -> RepoKey:
    """The name under which a repository is known, however its URL is written (the same-URL test of argo-cd.md 8.2).

    Case, outer spaces, a trailing slash, `.git` and the difference between `git@host:path` and `ssh://git@host/path`
    do not count. Never raises: a URL that may not be used has a key too, so that its apps are found and told so.
    """
    text = url.strip().lower()
    if text.startswith("ssh://"):
        text = text.removeprefix("ssh://")
    elif not _SCHEME.match(text) and _SCP_USER.fullmatch(text):
        text = text.replace(":", "/", 1)
    return RepoKey(text.rstrip("/").removesuffix(".git"))


def place_of(url: str) -> Place:
    """The parts of a git URL (https, http, ssh or `user@host:path`).

    Raises:
        InvalidError: the URL breaks the grammar of S-040 ... S-045; the text never shows a password.
    """
    if not url or len(url) > _LIMIT or _UNPRINTABLE.search(url):
        raise _refused(url, "it is empty, too long, or holds a space or control character")
    scheme = _SCHEME.match(url)
    if scheme is None:
        return _scp(url)
    if scheme[1].lower() not in _TRANSPORTS:
        raise _refused(url, f"transport not allowed: {scheme[1]}; use https:// or ssh://")
    authority, slash, path = url[scheme.end() :].partition("/")
    found = _AUTHORITY.fullmatch(authority)
    if found is None or not slash or not path:
        raise _refused(url, "it is not scheme://host/path")
    info, host, port = found["info"], found["host"], int(found["port"] or 0)
    user, colon, _ = (info or "").partition(":")
    if colon:
        raise _refused(url, "a URL must not hold a password: put it into a repository Secret")
    return _checked(url, Place(scheme[1].lower(), user, host, port, path))


def _scp(url: str) -> Place:
    found = _SCP.fullmatch(url)
    if found is None or not found["path"] or url.startswith(("/", ".", "~")):
        raise _refused(url, "transport not allowed: use https:// or ssh://")
    if found["path"].startswith(":"):
        raise _refused(url, "transport not allowed: use https:// or ssh://")
    return _checked(url, Place("ssh", found["user"] or "", found["host"], 0, found["path"]))


def _checked(url: str, place: Place) -> Place:
    if not _HOST.fullmatch(place.host):
        raise _refused(url, f"{place.host!r} is not a host name")
    if place.user and not _USER.fullmatch(place.user):
        raise _refused(url, "the user name holds a character that is not allowed")
    if place.port > 65535:
        raise _refused(url, f"{place.port} is not a port")
    if place.path.startswith("-"):
        raise _refused(url, "the path begins with a dash")
    return place


def check_url(url: str, *, allow_http: bool) -> None:
    """Return if git may be given this URL.

    Raises:
        InvalidError: another transport than https and ssh (and http, if allowed), a password, or a character that the
            URL of a repository does not need (S-040 ... S-045).
    """
    if place_of(url).scheme == "http" and not allow_http:
        raise _refused(url, "transport not allowed: http; use https:// or ssh://, or let the admin allow plain http")


def shown(url: str) -> str:
    """The URL as logs and errors may show it: no password, no control character, at most 200 characters."""
    text = re.sub(r"(://)[^/@]*:[^/@]*@", r"\1***@", url)
    return _UNPRINTABLE.sub("?", text)[:200]


def _refused(url: str, why: str) -> InvalidError:
    return InvalidError(why, about=f"repository URL {shown(url)!r}", hint="correct spec.source.repoURL")
