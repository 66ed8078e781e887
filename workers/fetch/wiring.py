"""Settings to ports, for the role that runs git: no cluster among them."""

from __future__ import annotations

from gitops.adapters.clock import SystemClock
from gitops.adapters.git.mirror import Mirrors
from gitops.adapters.redis.facts import RedisFacts
from gitops.adapters.redis.index import RedisIndex
from gitops.adapters.redis.metrics import RedisCounters
from gitops.adapters.redis.store import RedisDesireds
from gitops.adapters.redis.vault import RedisVault
from gitops.desired.inputs import Limits
from gitops.desired.wanted import Wishes
from gitops.reconcile.rendering import FetchPorts
from gitops.settings import RoleSettings
from workers.station import Station

REQUESTS = "argocd_git_request_total"


def fetch_ports(settings: RoleSettings, here: Station) -> FetchPorts:
    """What the fetch step of this worker may use."""
    counters = RedisCounters(here.server)

    def count(repo: str, request_type: str) -> None:
        counters.add(REQUESTS, {"repo": repo, "request_type": request_type})

    return FetchPorts(
        index=RedisIndex(here.server, settings.keys.cache),
        vault=RedisVault(here.server, settings.keys.vault),
        desireds=RedisDesireds(here.server, settings.keys.cache),
        facts=RedisFacts(here.server),
        sources=Mirrors(settings.data_dir, allow_http=settings.repo_allow_http, observer=count),
        queue=here.queue,
        clock=SystemClock(),
        wishes=Wishes(Limits(), allow_http=settings.repo_allow_http),
    )
