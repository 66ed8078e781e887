"""An app whose turns take their worker down with them is put aside, and nobody else is (R-016; design.md 6.10)."""

from __future__ import annotations

from cli.bed.rig import Bed
from tests.bed.fleet import conditions, get, synced, wait_synced
from tests.bed.installation import Installation, wait_for
from tests.faults.conftest import MakeFleet
from tests.faults.yard import Fleet, kill, redis_of, refresh

BUSY = "argosy:l:diff:busy"
LEASE_S = 30.0


def killed_in_its_turn(argosy: Installation, fleet: Fleet, token: bytes | str | None) -> bytes | str | None:
    """Wait until a turn of the first app runs that is not the one of `token`, and kill its worker; the new token."""
    server, member = redis_of(argosy), f"compare|argocd/{fleet.names[0]}"
    wait_for(
        lambda: server.hget(BUSY, member) not in (None, token), "a turn of the poisonous app", limit_s=LEASE_S + 15
    )
    taken = server.hget(BUSY, member)
    kill(argosy, "work")
    return taken


def test_an_app_that_kills_its_worker_twice_is_put_aside_and_the_others_go_on(
    bed: Bed, argosy: Installation, make_fleet: MakeFleet
) -> None:
    poison = make_fleet("poison", 1, targets=bed.targets[1:])
    others = make_fleet("healthy", 3, targets=bed.targets[:1])
    poison.install()
    others.install()
    [name] = poison.names
    bed.pause_server(bed.targets[1].name)  # its turns hang: time to kill the worker in the middle of one
    try:
        refresh(poison, wait=False)
        first = killed_in_its_turn(argosy, poison, None)
        killed_in_its_turn(argosy, poison, first)
        commit = others.push(argosy, "meanwhile")
        took = wait_synced(others.hub, others.names, commit, limit_s=20)
        print(f"the others Synced {took:.1f} s after the second crash")
        wait_for(lambda: "ReconcileQuarantined" in conditions(get(bed.hub, name)), "put aside", limit_s=LEASE_S + 15)
        before = argosy.pids()["work"]
    finally:
        bed.resume_server(bed.targets[1].name)
    refresh(poison)
    wait_for(lambda: "ReconcileQuarantined" not in conditions(get(bed.hub, name)), "lifted when somebody asks")
    wait_for(lambda: synced(get(bed.hub, name)), "Synced again")
    assert argosy.pids()["work"] == before
