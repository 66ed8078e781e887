"""Port `Clusters`: one client per registered cluster, kept while its record stays the same."""

from __future__ import annotations

import threading
from dataclasses import replace

from gitops.adapters.kube.client import Client, Endpoint, Observer, unobserved
from gitops.adapters.kube.cluster import KubeCluster
from gitops.errors import InvalidError
from gitops.model.config import ClusterRecord
from gitops.model.objects import IN_CLUSTER, ClusterKey


class KubeClusters:
    """All clusters of this process; `hub` is our own identity, which the in-cluster target uses without another."""

    def __init__(self, hub: Endpoint, *, read_only: bool = False, observer: Observer = unobserved) -> None:
        self._hub = hub
        self._read_only = read_only
        self._observer = observer
        self._lock = threading.Lock()
        self._open: dict[ClusterKey, KubeCluster] = {}

    def open(self, record: ClusterRecord) -> KubeCluster:
        """See the port. A changed record gets a new client; the old one's connections end with its last user.

        Raises:
            InvalidError: the record cannot be used; its `error` says why.
        """
        if record.error:
            raise InvalidError(record.error, about=f"cluster {record.name}")
        with self._lock:
            known = self._open.get(record.key)
            if known is None or known.record != record:
                client = Client(self._endpoint(record), observer=self._observer)
                known = self._open[record.key] = KubeCluster(record, client, read_only=self._read_only)
            return known

    def _endpoint(self, record: ClusterRecord) -> Endpoint:
        identified = record.credential.bearer_token or record.credential.username or record.credential.cert_data
        if record.key != IN_CLUSTER:
            return Endpoint(record.key, record.credential)
        if not identified:
            return self._hub
        own = self._hub.credential  # another identity, but the TLS settings of the pod (argo-cd.md 8.1)
        trusting = replace(record.credential, ca_data=own.ca_data, insecure=own.insecure, server_name=own.server_name)
        return Endpoint(self._hub.server, replace(trusting, proxy_url=own.proxy_url))
