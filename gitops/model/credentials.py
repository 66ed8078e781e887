"""Repository credentials as values (argo-cd.md 8.2-8.4). They exist in `watch` and in fetch workers only."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RepoCredential:
    """A repository Secret, or a template (repo-creds) whose `url` is a prefix."""

    url: str
    type: str = "git"
    project: str = ""
    name: str = ""
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    bearer_token: str = field(default="", repr=False)
    ssh_private_key: str = field(default="", repr=False)
    tls_client_cert: str = field(default="", repr=False)
    tls_client_key: str = field(default="", repr=False)
    insecure: bool = False
    force_basic: bool = False
    proxy: str = ""
    no_proxy: str = ""
    depth: int = 0
    enable_lfs: bool = False
    error: str = ""
    """Why the Secret cannot be used (a value that does not parse, an unsupported identity), else empty."""

    @property
    def has_credential(self) -> bool:
        """Whether anything here identifies us; templates are asked only when this is false."""
        return bool(self.password or self.username or self.bearer_token or self.ssh_private_key or self.tls_client_cert)


@dataclass(frozen=True, slots=True)
class CredentialSet:
    """All repository credentials of the hub, sealed by `watch` for the fetch workers."""

    repositories: tuple[RepoCredential, ...] = ()
    templates: tuple[RepoCredential, ...] = ()
    known_hosts: str = ""
    tls_certs: dict[str, str] = field(default_factory=dict)
    """Host name without port -> PEM bundle that alone is trusted for it."""


@dataclass(frozen=True, slots=True)
class RepoAccess:
    """How one repository is reached for one project: the chosen credential and the trust that applies to its host."""

    url: str
    credential: RepoCredential = field(repr=False)
    known_hosts: str = ""
    ca_bundle: str = ""
