"""The certificates of one test-bed: an authority of its own, one certificate for all its servers, and the token key.

Validity is a fixed span, so that no clock is asked; the authority is trusted by this bed's kubeconfigs only.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from cli.bed.files import write_private

_FROM = datetime(2024, 1, 1, tzinfo=UTC)
_UNTIL = datetime(2049, 12, 31, tzinfo=UTC)
MIN_ADDRESSES = 50
_HOST_NAMES = ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc")


@dataclass(frozen=True)
class Pki:
    """Paths of the PEM files in one folder, all 0600."""

    folder: Path

    @property
    def authority(self) -> Path:
        """Certificate of the authority."""
        return self.folder / "ca.crt"

    @property
    def certificate(self) -> Path:
        """Certificate of every server of the bed, for server and client use."""
        return self.folder / "bed.crt"

    @property
    def key(self) -> Path:
        """Key of `certificate`."""
        return self.folder / "bed.key"

    @property
    def token_key(self) -> Path:
        """Private key that signs service account tokens."""
        return self.folder / "service-account.key"


def ensure_pki(folder: Path, addresses: int) -> Pki:
    """Make the files unless they are there; valid for localhost and at least `addresses` addresses from 127.0.0.1 on.

    A folder made for fewer addresses is made anew, which invalidates its old kubeconfigs.
    """
    pki = Pki(folder)
    if pki.token_key.exists() and _covers(pki.certificate, addresses):
        return pki
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _authority(authority_key)
    server_key = ec.generate_private_key(ec.SECP256R1())
    server = _server(server_key, authority, authority_key, max(addresses, MIN_ADDRESSES))
    write_private(pki.authority, authority.public_bytes(serialization.Encoding.PEM))
    write_private(pki.certificate, server.public_bytes(serialization.Encoding.PEM))
    write_private(pki.key, _pem(server_key))
    write_private(pki.token_key, _pem(ec.generate_private_key(ec.SECP256R1())))
    return pki


def _covers(path: Path, addresses: int) -> bool:
    if not path.exists():
        return False
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return len(names.get_values_for_type(x509.IPAddress)) >= addresses


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _begun(subject: str, issuer: str, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    return (
        _begun("argosy bed authority", "argosy bed authority", key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(authority=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _server(
    key: ec.EllipticCurvePrivateKey, issuer: x509.Certificate, issuer_key: ec.EllipticCurvePrivateKey, addresses: int
) -> x509.Certificate:
    first = ipaddress.IPv4Address("127.0.0.1")
    names: list[x509.GeneralName] = [x509.DNSName(name) for name in _HOST_NAMES]
    names += [x509.IPAddress(first + offset) for offset in range(addresses)]
    purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    issued_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    return (
        _begun("argosy bed", "argosy bed authority", key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(issued_by, critical=False)
        .sign(issuer_key, hashes.SHA256())
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    # Kubernetes takes a private key file as the public half too, but not in PKCS 8.
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
