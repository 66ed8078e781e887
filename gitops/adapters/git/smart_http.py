"""Git over HTTP in process: two requests on a connection that stays open.

Measured on a repository of 200 app folders behind `git http-backend`, one new commit: git program 97 ms, libgit2 125 ms
(two writes per request meet delayed acknowledgements), this client about 25 ms. It speaks protocol version 2 only and
takes small answers only; for everything else the caller falls back to the git program.
"""

from __future__ import annotations

import ssl
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

import urllib3

from gitops.adapters.git import wire
from gitops.adapters.git.program import authorization
from gitops.errors import InvalidError, RetryableError
from gitops.model.credentials import RepoAccess

ANSWER_LIMIT = 32 * 1024 * 1024
WALL_S = 60.0
_SLOWEST_BYTES_S = 1_000
_SLOW_S = 30.0
_TIMEOUT = urllib3.Timeout(connect=10.0, read=30.0)
_CLIENTS = 64
_CHUNK = 65_536

Observer = Callable[[str, str], None]
"""(repository URL, `ls-remote` or `fetch`): called before each request of that kind, for the metrics."""


class NotHereError(RetryableError):
    """This client does not do that (old protocol, big answer): the git program does."""


class _Body(Protocol):
    """What is used of urllib3's response."""

    def read(self, _amt: int, /) -> bytes:
        """At most so many bytes, none at the end."""

    def release_conn(self) -> None:
        """Give the connection back to the pool."""


class SmartHttp:
    """Clients by repository and credential, with their open connections; safe for use by several threads."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._lock = threading.Lock()
        self._remotes: OrderedDict[RepoAccess, _Remote] = OrderedDict()

    def refs(self, access: RepoAccess, refs: Sequence[str]) -> list[wire.RemoteRef]:
        """The remote's branches, tags, HEAD and the given refs; one request once the server is known.

        Raises:
            NotHereError: the server does not speak version 2, or sends more than fits here.
            InvalidError: no such repository, a redirect, or a wrong credential.
            RetryableError: the server did not answer as it should.
        """
        remote = self._remote(access)
        remote.greet()
        self._observer(access.url, "ls-remote")
        return wire.refs_of(remote.ask(wire.list_request(refs)))

    def pack(self, access: RepoAccess, wants: Iterable[str], haves: Iterable[str]) -> bytes:
        """A thin pack with what the wanted commits add to those we have.

        Raises:
            NotHereError, InvalidError, RetryableError: as `refs`.
        """
        self._observer(access.url, "fetch")
        return wire.pack_of(self._remote(access).ask(wire.fetch_request(wants, haves)))

    def _remote(self, access: RepoAccess) -> _Remote:
        with self._lock:
            found = self._remotes.pop(access, None) or _Remote(access)
            self._remotes[access] = found
            if len(self._remotes) > _CLIENTS:
                self._remotes.popitem(last=False)
            return found


class _Remote:
    """One repository as one credential sees it."""

    def __init__(self, access: RepoAccess) -> None:
        self._pool = _pool(access)
        self._url = _bare(access.url)
        self._headers = {"User-Agent": "git/2.39.5 argosy", "Git-Protocol": "version=2", "Accept-Encoding": "identity"}
        header = authorization(access)
        if header:
            self._headers["Authorization"] = header
        self._greeted = False

    def greet(self) -> None:
        """Learn once whether the server speaks version 2; a server that stops doing so fails the next request."""
        if self._greeted:
            return
        answer = self._request("GET", "info/refs?service=git-upload-pack", None)
        if not wire.speaks_version_2(answer):
            raise NotHereError("the server does not speak git protocol version 2")
        self._greeted = True

    def ask(self, body: bytes) -> bytes:
        """The answer to one command of version 2."""
        return self._request("POST", "git-upload-pack", body)

    def _request(self, method: str, path: str, body: bytes | None) -> bytes:
        headers = dict(self._headers)
        if body is not None:
            headers["Content-Type"] = "application/x-git-upload-pack-request"
            headers["Accept"] = "application/x-git-upload-pack-result"
        try:
            answer = self._pool.request(
                method, f"{self._url}/{path}", body=body, headers=headers, redirect=False, preload_content=False,
                timeout=_TIMEOUT, retries=_ONCE_MORE,
            )  # fmt: skip
            _check_status(answer.status, answer.headers.get("Location", ""))
            return _read(answer)
        except urllib3.exceptions.SSLError as error:
            raise InvalidError(
                f"TLS: {_cause(error)}", hint="put the CA into argocd-tls-certs-cm, or correct the server's certificate"
            ) from error
        except urllib3.exceptions.HTTPError as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise InvalidError(
                    "TLS: the server's certificate is not trusted", hint="put its CA into argocd-tls-certs-cm"
                ) from error
            raise RetryableError(f"no answer from the git server: {_cause(error)}") from error


_ONCE_MORE = urllib3.Retry(total=1, connect=1, read=1, redirect=0, status=0, other=0, allowed_methods=None)
"""A kept connection may have been closed by the server in the meantime; both commands only read."""


def _cause(error: Exception) -> str:
    """The kind of failure in words that carry no URL and no header."""
    reason = getattr(error, "reason", None) or error
    return type(reason).__name__.removesuffix("Error").removesuffix("Exception") + _short(str(reason))


def _short(text: str) -> str:
    tail = text.rpartition(": ")[2]
    return f" ({wire.printable(tail.encode())[:120]})" if tail else ""


def _check_status(status: int, location: str) -> None:
    if status == 200:
        return
    if status in (401, 403):
        raise InvalidError(
            f"the git server refuses access (HTTP {status})", hint="correct the credential in the repository Secret"
        )
    if status in (404, 410):
        raise InvalidError(
            "repository not found, or not visible with this credential", hint="correct repoURL or Secret"
        )
    if 300 <= status < 400:
        host = urlsplit(location).hostname or "another place"
        raise InvalidError(
            f"the git server redirects to {host[:200]}; redirects are not followed",
            hint="use the final URL (often with .git)",
        )
    raise RetryableError(f"the git server answered HTTP {status}")


def _read(answer: _Body) -> bytes:
    """The whole body, within size, total time and a lowest rate (R-068)."""
    start = time.monotonic()
    parts: list[bytes] = []
    size = 0
    while part := answer.read(_CHUNK):
        parts.append(part)
        size += len(part)
        spent = time.monotonic() - start
        if size > ANSWER_LIMIT:
            raise NotHereError(f"the answer is larger than {ANSWER_LIMIT} bytes")
        if spent > WALL_S or (spent > _SLOW_S and size < spent * _SLOWEST_BYTES_S):
            raise RetryableError(f"the git server sent {size} bytes in {spent:.0f} s, which is too slow")
    answer.release_conn()
    return b"".join(parts)


def _bare(url: str) -> str:
    """The URL without user info (the header carries the credential) and without a trailing slash."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))


def _pool(access: RepoAccess) -> urllib3.PoolManager:
    own = access.credential
    host = urlsplit(access.url).hostname or ""
    context = _context(access)
    if own.proxy and not _excepted(host, own.no_proxy):
        return urllib3.ProxyManager(own.proxy, num_pools=2, maxsize=2, ssl_context=context)
    return urllib3.PoolManager(num_pools=2, maxsize=2, ssl_context=context)


def _excepted(host: str, no_proxy: str) -> bool:
    names = [name.strip().lstrip(".") for name in no_proxy.split(",") if name.strip()]
    return any(name == "*" or host == name or host.endswith(f".{name}") for name in names)


def _context(access: RepoAccess) -> ssl.SSLContext:
    """TLS 1.2 or newer; a host with its own bundle trusts nothing else; unchecked only where the Secret says so."""
    own = access.credential
    context = ssl.create_default_context(cadata=access.ca_bundle or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if own.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if own.tls_client_cert:
        with tempfile.TemporaryDirectory(prefix="argosy-cert-") as folder:
            pair = Path(folder) / "pair.pem"
            pair.touch(mode=0o600)
            pair.write_text(f"{own.tls_client_cert.rstrip()}\n{own.tls_client_key.rstrip()}\n", encoding="utf-8")
            context.load_cert_chain(pair)
    return context
