"""Settings to ports, for the roles that hold cluster credentials: diff, apply, work and watch; never for fetch."""

from __future__ import annotations

from gitops.adapters.clock import SystemClock
from gitops.adapters.kube.client import Client
from gitops.adapters.kube.clusters import KubeClusters
from gitops.adapters.kube.hub import KubeHub
from gitops.adapters.kube.kubeconfig import load
from gitops.adapters.redis.facts import RedisFacts
from gitops.adapters.redis.fingerprints import RedisFingerprints
from gitops.adapters.redis.index import RedisIndex
from gitops.adapters.redis.metrics import RedisCounters
from gitops.adapters.redis.store import RedisDesireds
from gitops.adapters.redis.vault import RedisVault
from gitops.reconcile.ports import Ports
from gitops.settings import RoleSettings
from workers.station import Station
from workers.tally import Tally


def ports_of(settings: RoleSettings, here: Station) -> Ports:
    """What the steps of this process may use.

    Raises:
        InvalidError: no usable kubeconfig.
    """
    counters = RedisCounters(here.server)
    endpoint = load(settings.kubeconfig)
    tally = Tally(counters)
    hub = KubeHub(Client(endpoint, observer=tally.hub), settings.namespace, read_only=settings.read_only)
    return Ports(
        hub=hub,
        clusters=KubeClusters(endpoint, read_only=settings.read_only, observer=tally.target),
        desireds=RedisDesireds(here.server, settings.keys.cache),
        fingerprints=RedisFingerprints(here.server, settings.keys.cache),
        facts=RedisFacts(here.server),
        queue=here.queue,
        counters=counters,
        clock=SystemClock(),
        read_only=settings.read_only,
    )


def index_of(settings: RoleSettings, here: Station) -> RedisIndex:
    """The app index, which only `watch` writes."""
    return RedisIndex(here.server, settings.keys.cache)


def vault_of(settings: RoleSettings, here: Station) -> RedisVault:
    """The sealed credentials, which only `watch` writes."""
    return RedisVault(here.server, settings.keys.vault)
