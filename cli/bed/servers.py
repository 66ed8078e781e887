"""The command lines of etcd and of the API servers: what makes them light, private and told apart.

etcd answers only to the bed's own certificate; each API server has its own prefix in it. An API server listens on
127.0.0.1 alone, unless it has slices: Linux reaches 127.0.0.2 … only through a server bound to all addresses.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from cli.bed.files import write_private
from cli.bed.pki import Pki
from cli.bed.plan import BedPlan, ClusterPlan, users_of
from cli.bed.programs import Program

_QUOTA_BYTES = 8 << 30
_ENVIRONMENT = {"GOGC": "300"}  # measured: ready a second earlier (4.8 instead of 5.9 s) for 100 MB more
# Requests of the server to itself and health probes would drown what tests and benchmarks look for.
_AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "None", "users": ["system:apiserver"]},
        {"level": "None", "nonResourceURLs": ["/readyz*", "/livez*", "/healthz*"]},
        {"level": "Metadata"},
    ],
}


def etcd(binary: Path, folder: Path, plan: BedPlan, pki: Pki, *, fsync: bool) -> Program:
    """The one etcd of a bed; without `fsync` it is faster and loses data with the machine's power."""
    client, peer = f"https://127.0.0.1:{plan.etcd_port}", f"https://127.0.0.1:{plan.peer_port}"
    flags = {
        "name": "bed",
        "data-dir": str(folder / "etcd"),
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": f"bed={peer}",
        "quota-backend-bytes": str(_QUOTA_BYTES),
        "log-level": "warn",
    }
    for side in ("", "peer-"):
        flags |= {f"{side}cert-file": str(pki.certificate), f"{side}key-file": str(pki.key)}
        flags |= {f"{side}trusted-ca-file": str(pki.authority), f"{side}client-cert-auth": "true"}
    return Program("etcd", [str(binary), *_flags(flags), *([] if fsync else ["--unsafe-no-fsync"])])


def api_server_name(server: str) -> str:
    """Name of the API server's program."""
    return f"apiserver-{server}"


def api_server(
    binary: Path, folder: Path, plan: BedPlan, server: ClusterPlan, pki: Pki, *, controllers: bool
) -> Program:
    """The API server of one cluster; writes its token and audit policy files."""
    home = folder / server.name
    write_private(home / "tokens.csv", _token_file(plan, server.name))
    write_private(home / "audit-policy.yaml", json.dumps(_AUDIT_POLICY))
    address = "0.0.0.0" if plan.slices_of(server.name) else "127.0.0.1"  # noqa: S104 (slices: see the module's docstring)
    flags = {
        "etcd-servers": f"https://127.0.0.1:{plan.etcd_port}",
        "etcd-prefix": f"/{server.name}",
        "etcd-cafile": str(pki.authority),
        "etcd-certfile": str(pki.certificate),
        "etcd-keyfile": str(pki.key),
        "secure-port": str(server.port),
        "bind-address": address,
        "advertise-address": "127.0.0.1",
        "endpoint-reconciler-type": "none",  # nobody routes to the Service `kubernetes` here
        "tls-cert-file": str(pki.certificate),
        "tls-private-key-file": str(pki.key),
        "cert-dir": str(home),
        "service-account-key-file": str(pki.token_key),
        "service-account-signing-key-file": str(pki.token_key),
        "service-account-issuer": "https://kubernetes.default.svc",
        "token-auth-file": str(home / "tokens.csv"),
        "authorization-mode": "RBAC",
        "service-cluster-ip-range": "10.0.0.0/24",
        "allow-privileged": "true",
        "audit-policy-file": str(home / "audit-policy.yaml"),
        "audit-log-path": str(home / "audit.log"),
        "audit-log-maxsize": "1000",  # MB: a test reads one file, not a rotation
        "event-ttl": "10m",
        "profiling": "false",
        "goaway-chance": "0",
    }
    if not controllers:
        flags["disable-admission-plugins"] = "ServiceAccount"  # nobody would create the default account
    return Program(api_server_name(server.name), [str(binary), *_flags(flags)], _ENVIRONMENT)


def _flags(flags: dict[str, str]) -> list[str]:
    return [f"--{name}={text}" for name, text in flags.items()]


def _token_file(plan: BedPlan, server: str) -> str:
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    for user, group in users_of(plan, server).items():
        row = [plan.tokens[server][user], user, user]
        rows.writerow([*row, group] if group else row)
    return out.getvalue()
