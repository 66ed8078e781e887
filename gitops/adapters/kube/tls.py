"""TLS of one cluster from PEM bytes in memory."""

from __future__ import annotations

import ssl
import tempfile

from gitops.errors import InvalidError
from gitops.model.config import ClusterCredential


def context_of(credential: ClusterCredential, about: str) -> ssl.SSLContext:
    """A client context that trusts the given CA (else the system's) and carries the client certificate if there is one.

    Raises:
        InvalidError: a PEM does not parse; only another credential helps.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        _trust(context, credential)
        if credential.cert_data:
            _identify(context, credential)
    except (ssl.SSLError, UnicodeDecodeError) as error:
        raise InvalidError(
            f"certificate, key or CA cannot be used: {error}", about=about, hint="Correct the cluster's tlsClientConfig"
        ) from error
    return context


def _trust(context: ssl.SSLContext, credential: ClusterCredential) -> None:
    if credential.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif credential.ca_data:
        context.load_verify_locations(cadata=credential.ca_data.decode("ascii"))
    else:
        context.load_default_certs()


def _identify(context: ssl.SSLContext, credential: ClusterCredential) -> None:
    """OpenSSL reads client keys from files only: one of mode 0600, gone before this returns."""
    with tempfile.NamedTemporaryFile(prefix="argosy-") as file:
        file.write(credential.cert_data + b"\n" + credential.key_data)
        file.flush()
        context.load_cert_chain(file.name)
