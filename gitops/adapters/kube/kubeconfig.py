"""How this process reaches its own cluster: a kubeconfig file, or the service account of the pod it runs in."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Callable
from pathlib import Path

import yaml

from gitops.adapters.kube.client import Endpoint
from gitops.errors import InvalidError
from gitops.model.config import ClusterCredential
from gitops.model.objects import Json, JsonMap, as_list, as_map, as_text

POD_FOLDER = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def load(path: Path | None = None) -> Endpoint:
    """The endpoint of a kubeconfig's current context, or of the pod we run in when no file is given.

    Raises:
        InvalidError: no such file or entry, or neither a file nor a pod; names what to correct.
    """
    if path is None:
        return in_pod()
    config = _read(path)
    context = as_map(_named(config, "contexts", as_text(config.get("current-context")), path).get("context"))
    cluster = as_map(_named(config, "clusters", as_text(context.get("cluster")), path).get("cluster"))
    user = as_map(_named(config, "users", as_text(context.get("user")), path).get("user"))
    server = as_text(cluster.get("server")).rstrip("/")
    if user.get("exec") or user.get("auth-provider"):
        return Endpoint(server, _credential(cluster, {}, path), _plugin_token(path))
    token_file = as_text(user.get("tokenFile"))
    token = RotatedToken(_beside(path, token_file)) if token_file and not user.get("token") else None
    return Endpoint(server, _credential(cluster, user, path), token)


def in_pod(folder: Path = POD_FOLDER) -> Endpoint:
    """The endpoint of the pod's service account; its token is read again when the kubelet renews it (R-048).

    Raises:
        InvalidError: this process does not run in a pod.
    """
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST", ""), os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    if not host or not (folder / "token").exists():
        raise InvalidError("no kubeconfig is given and this is no pod", hint="Set ARGOSY_KUBECONFIG")
    host = f"[{host}]" if ":" in host else host
    credential = ClusterCredential(ca_data=(folder / "ca.crt").read_bytes())
    return Endpoint(f"https://{host}:{port}", credential, RotatedToken(folder / "token"))


class RotatedToken:
    """A token in a file; a call costs one `stat` and reads the file only when it changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[tuple[int, int], str] = ((0, 0), "")

    def __call__(self) -> str:
        """The token as it is now."""
        try:
            stat = self._path.stat()
            stamp = (stat.st_mtime_ns, stat.st_ino)
            if stamp != self._read[0]:
                self._read = (stamp, self._path.read_text().strip())
        except OSError as error:
            raise InvalidError(f"cannot be read: {error.strerror}", about=str(self._path)) from error
        return self._read[1]


def _plugin_token(path: Path) -> Callable[[], str]:
    """Exec plugins and cloud logins are left to the official client, which is slow to import and rarely needed.

    Plugins that answer with a client certificate instead of a token are not supported.
    """
    from kubernetes import client, config

    found = client.Configuration()
    config.load_kube_config(  # type: ignore[no-untyped-call]  # the official client has no annotations
        config_file=str(path), client_configuration=found
    )

    def token() -> str:
        return str(found.get_api_key_with_prefix("BearerToken", alias="authorization") or "").removeprefix("Bearer ")

    return token


def _read(path: Path) -> JsonMap:
    try:
        loaded: Json = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
    except OSError as error:
        raise InvalidError(f"cannot be read: {error.strerror}", about=f"kubeconfig {path}") from error
    except yaml.YAMLError as error:
        raise InvalidError(f"is no YAML: {error}", about=f"kubeconfig {path}") from error
    return as_map(loaded)


def _named(config: JsonMap, section: str, name: str, path: Path) -> JsonMap:
    for entry in map(as_map, as_list(config.get(section))):
        if entry.get("name") == name:
            return entry
    raise InvalidError(f"{section} has no entry {name!r}", about=f"kubeconfig {path}", hint="Choose a current-context")


def _credential(cluster: JsonMap, user: JsonMap, path: Path) -> ClusterCredential:
    return ClusterCredential(
        bearer_token=as_text(user.get("token")),
        username=as_text(user.get("username")),
        password=as_text(user.get("password")),
        ca_data=_pem(cluster, "certificate-authority", path),
        cert_data=_pem(user, "client-certificate", path),
        key_data=_pem(user, "client-key", path),
        insecure=cluster.get("insecure-skip-tls-verify") is True,
        server_name=as_text(cluster.get("tls-server-name")),
        proxy_url=as_text(cluster.get("proxy-url")),
    )


def _pem(entry: JsonMap, key: str, path: Path) -> bytes:
    inline, file = as_text(entry.get(f"{key}-data")), as_text(entry.get(key))
    try:
        if inline:
            return base64.b64decode(inline, validate=True)
        return _beside(path, file).read_bytes() if file else b""
    except binascii.Error as error:
        raise InvalidError(f"{key}-data is no base64: {error}", about=f"kubeconfig {path}") from error
    except OSError as error:
        raise InvalidError(f"{key} cannot be read: {error.strerror}: {file}", about=f"kubeconfig {path}") from error


def _beside(path: Path, file: str) -> Path:
    """Relative paths in a kubeconfig start at its folder."""
    return path.parent / file
