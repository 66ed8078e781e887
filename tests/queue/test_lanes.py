"""Each row of the failure table of celery.md section 3, and what lanes promise beside it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from broker import until

from gitops.adapters.redis.lanes import RedisLanes
from gitops.jobs import Advance, Compare, Fetch, Queue, Rank, Scan, Sweep
from gitops.model.objects import AppRef, ClusterKey
from gitops.model.revision import RepoKey
from gitops.ports.lanes import Ending, Turn

HOT, COLD = ClusterKey("https://hot:6443"), ClusterKey("https://cold:6443")
MS = timedelta(milliseconds=1)


def app(n: int, cluster: ClusterKey = HOT) -> Compare:
    return Compare(AppRef("argocd", f"app-{n}"), cluster)


@pytest.fixture
def lanes(server) -> RedisLanes:
    made = RedisLanes(server, Queue.DIFF, unclaimed=40 * MS, claimed=60 * MS)
    made.tick("w1", 4)
    return made


def one(handouts) -> Turn:
    assert len(handouts) == 1
    assert len(handouts[0].turns) == 1
    return handouts[0].turns[0]


def repaired(lanes: RedisLanes) -> list[Turn]:
    found: list[Turn] = []

    def tick() -> bool:
        found.extend(turn for handout in lanes.tick().handouts for turn in handout.turns)
        return bool(found)

    until(tick, 3)
    return found


def test_a_nudge_is_handed_out_at_once(lanes):
    turn = one(lanes.nudge(app(1), Rank.WEBHOOK))
    assert turn.job == app(1)


def test_a_second_nudge_before_the_start_is_the_same_turn(lanes):
    turn = one(lanes.nudge(app(1), Rank.WEBHOOK))
    assert lanes.nudge(app(1), Rank.WEBHOOK) == ()
    assert lanes.claim(turn).granted
    assert lanes.done(turn) == ()


def test_a_nudge_while_running_runs_it_once_more(lanes):
    turn = one(lanes.nudge(app(1), Rank.WEBHOOK))
    lanes.claim(turn)
    for _ in range(5):
        assert lanes.nudge(app(1), Rank.WEBHOOK) == ()
    again = one(lanes.done(turn))
    assert again.job == turn.job
    assert again.token != turn.token
    lanes.claim(again)
    assert lanes.done(again) == ()


def test_a_token_starts_once(lanes):
    turn = one(lanes.nudge(app(1), Rank.WEBHOOK))
    assert lanes.claim(turn).granted
    assert not lanes.claim(turn).granted


def test_a_lost_message_comes_back_when_its_lease_ends(lanes):
    lost = one(lanes.nudge(app(1), Rank.WEBHOOK))
    again = repaired(lanes)
    assert [t.job for t in again] == [lost.job]
    assert not lanes.claim(lost).granted
    assert lanes.claim(again[0]).crashes == 0


def test_a_worker_that_dies_in_a_turn_counts_as_a_crash(lanes):
    turn = one(lanes.nudge(app(1), Rank.WEBHOOK))
    for crashes in (0, 1, 2):
        assert lanes.claim(turn).crashes == crashes
        turn = repaired(lanes)[0]


def test_an_end_forgets_the_crashes(lanes):
    lanes.claim(one(lanes.nudge(app(1), Rank.WEBHOOK)))
    turn = repaired(lanes)[0]
    assert lanes.claim(turn).crashes == 1
    lanes.done(turn)
    assert lanes.claim(one(lanes.nudge(app(1), Rank.WEBHOOK))).crashes == 0


def test_a_renewed_turn_stays_and_a_lost_one_says_so(lanes):
    turn = one(lanes.nudge(app(1), Rank.WEBHOOK))
    lanes.claim(turn)
    assert lanes.renew(turn)
    repaired(lanes)
    assert not lanes.renew(turn)


def test_the_end_of_a_turn_that_is_not_ours_changes_nothing(lanes):
    lost = one(lanes.nudge(app(1), Rank.WEBHOOK))
    current = repaired(lanes)[0]
    lanes.claim(current)
    assert lanes.done(lost) == ()
    assert lanes.renew(current)


def test_after_a_flush_an_end_is_harmless_and_the_next_nudge_works(lanes, server):
    turn = one(lanes.nudge(app(1), Rank.WEBHOOK))
    lanes.claim(turn)
    server.call("FLUSHALL")
    assert lanes.done(turn) == ()
    lanes.tick("w1", 4)
    assert lanes.claim(one(lanes.nudge(app(1), Rank.WEBHOOK))).granted


def test_a_turn_that_wants_another_one_at_once_gets_it(lanes):
    turn = one(lanes.nudge(app(1), Rank.WEBHOOK))
    lanes.claim(turn)
    handed = lanes.done(turn, wake=0 * MS)
    again = one(handed) if handed else repaired(lanes)[0]
    assert again.job == turn.job


def test_a_wake_time_is_kept_and_rings_the_bell(lanes, server):
    turn = one(lanes.nudge(app(1), Rank.WEBHOOK))
    lanes.claim(turn)
    assert lanes.done(turn, wake=30 * MS) == ()
    assert server.call("LLEN", "argosy:l:diff:bell") == 1
    assert timedelta(0) < lanes.tick().next_due <= 30 * MS
    assert repaired(lanes)[0].job == app(1)


def test_a_later_nudge_waits_and_an_earlier_one_wins(lanes):
    assert lanes.nudge(app(1), Rank.DRIFT, 10_000 * MS) == ()
    lanes.nudge(app(1), Rank.DRIFT, 20 * MS)
    assert lanes.tick().next_due <= 20 * MS
    assert repaired(lanes)[0].job == app(1)


def test_failures_are_remembered_until_a_success(lanes):
    turn = one(lanes.nudge(app(1), Rank.WEBHOOK))
    lanes.claim(turn)
    lanes.done(turn, Ending.FAILED, 20 * MS)
    turn = repaired(lanes)[0]
    assert lanes.claim(turn).waited == 20 * MS
    lanes.done(turn)
    assert lanes.claim(one(lanes.nudge(app(1), Rank.WEBHOOK))).waited == timedelta(0)


def test_room_is_the_slots_and_two_more(lanes):
    handed = [h for n in range(20) for h in lanes.nudge(app(n, ClusterKey(f"c{n}")), Rank.DRIFT)]
    assert len(handed) == 6


def test_nothing_is_handed_out_while_no_worker_lives(server):
    lanes = RedisLanes(server, Queue.DIFF)
    assert lanes.nudge(app(1), Rank.HUMAN) == ()
    assert one(lanes.tick("w1", 2).handouts).job == app(1)
    lanes.leave("w1", 2)
    assert lanes.nudge(app(2), Rank.HUMAN) == ()


def test_one_lane_never_takes_all_slots(lanes):
    handed = [h for n in range(20) for h in lanes.nudge(app(n), Rank.DRIFT)]
    assert len(handed) == 3
    assert len(lanes.nudge(app(1, COLD), Rank.PERIODIC)) == 1


def test_a_paused_lane_hands_out_nothing_until_it_is_opened(lanes):
    lanes.limit(HOT, cap=0)
    assert lanes.nudge(app(1), Rank.HUMAN) == ()
    assert lanes.depths().held == 1
    lanes.limit(HOT)
    assert one(lanes.take()).job == app(1)


def test_lanes_take_turns_by_weight(server):
    lanes = RedisLanes(server, Queue.DIFF)
    lanes.tick("w1", 4)
    for lane in (HOT, COLD):
        lanes.limit(lane, cap=0)
        for n in range(200):
            lanes.nudge(app(n, lane), Rank.DRIFT)
    lanes.limit(COLD, cap=9)
    lanes.limit(HOT, cap=9, weight=3)
    turns = [t for h in lanes.take() for t in h.turns]
    served = {HOT: 0, COLD: 0}
    while sum(served.values()) < 200:
        turn = turns.pop(0)
        served[turn.job.lane] += 1
        turns += [t for h in lanes.done(turn) for t in h.turns]
    assert 2 <= served[HOT] / served[COLD] <= 4


def test_a_human_goes_before_the_clock(lanes):
    lanes.limit(HOT, cap=0)
    lanes.nudge(app(1), Rank.PERIODIC)
    lanes.nudge(app(2), Rank.DRIFT)
    lanes.nudge(app(3), Rank.HUMAN)
    lanes.limit(HOT, cap=9)
    assert [h.turns[0].job for h in lanes.take()] == [app(3), app(2), app(1)]


def test_a_backlog_travels_in_batches_of_one_verb(lanes):
    lanes.limit(HOT, cap=0)
    for n in range(200):
        lanes.nudge(app(n), Rank.DRIFT)
    lanes.nudge(Scan(HOT), Rank.DRIFT)
    lanes.limit(HOT)
    handouts = lanes.take()
    assert [len(h.turns) for h in handouts] == [25, 25, 25]
    assert {h.name for h in handouts} == {"compare"}


def test_a_message_frees_its_place_when_its_last_turn_ends(lanes):
    lanes.limit(HOT, cap=0)
    for n in range(8):
        lanes.nudge(app(n), Rank.DRIFT)
    lanes.limit(HOT, cap=1)
    batch = lanes.take()[0].turns
    assert len(batch) == 2
    for turn in batch:
        lanes.claim(turn)
    assert lanes.done(batch[0]) == ()
    assert len(lanes.done(batch[1])) == 1


def test_a_batch_handed_back_is_handed_out_again_without_a_crash(lanes):
    turn = one(lanes.nudge(app(1), Rank.WEBHOOK))
    again = one(lanes.done(turn, Ending.BACK))
    assert lanes.claim(again).crashes == 0


def test_a_broken_lane_pauses_and_a_push_probes_it(lanes):
    for _ in range(5):
        turn = one(lanes.nudge(app(1), Rank.DRIFT))
        lanes.claim(turn)
        lanes.done(turn, Ending.BROKEN, 3_600_000 * MS)
    assert lanes.nudge(app(1), Rank.DRIFT) == ()
    probe = one(lanes.nudge(app(2), Rank.WEBHOOK))
    lanes.claim(probe)
    assert lanes.nudge(app(3), Rank.WEBHOOK) == ()  # one probe at a time
    assert len(lanes.done(probe)) == 2  # it answered: the lane is open again


def test_a_broken_lane_leaves_the_others_alone(lanes):
    for _ in range(5):
        turn = one(lanes.nudge(app(1), Rank.DRIFT))
        lanes.claim(turn)
        lanes.done(turn, Ending.BROKEN, 3_600_000 * MS)
    assert len(lanes.nudge(app(1, COLD), Rank.DRIFT)) == 1


ODD = [
    ("a", "b|c"), ("a|b", "c"), ("1:a", "b"), ("", "1:ab"), ("ü\n", "ａ"), ("u\u0308\n", "a"),
]  # fmt: skip


def test_odd_names_stay_apart(lanes):
    lanes.leave("w1", 4)
    lanes.tick("w1", 99)
    jobs = {Fetch(RepoKey(a + b)) for a, b in ODD} | {Compare(AppRef(a, b), ClusterKey(a + b)) for a, b in ODD}
    for job in jobs:
        lanes.nudge(job, Rank.DRIFT, 10 * MS)
    found: set[object] = set()
    until(lambda: found.update(t.job for h in lanes.tick().handouts for t in h.turns) or len(found) >= len(jobs))
    assert found == jobs


def test_queues_do_not_see_each_other(lanes, server):
    apply = RedisLanes(server, Queue.APPLY)
    apply.tick("w1", 1)
    one(lanes.nudge(app(1), Rank.DRIFT))
    assert one(apply.nudge(Advance(AppRef("argocd", "app-1"), HOT), Rank.DRIFT)).job.queue is Queue.APPLY


def test_depths_tell_ready_and_leased_by_rank(lanes):
    lanes.limit(HOT, cap=0)
    lanes.nudge(app(1), Rank.HUMAN)
    lanes.nudge(app(2), Rank.DRIFT)
    lanes.nudge(app(3), Rank.DRIFT, 60_000 * MS)
    one(lanes.nudge(Sweep(), Rank.PERIODIC))
    depths = lanes.depths()
    assert (depths.ready[Rank.HUMAN], depths.ready[Rank.DRIFT], depths.leased, depths.held, depths.due) == (
        1,
        1,
        1,
        1,
        1,
    )
    assert depths.oldest[Rank.DRIFT] < timedelta(seconds=5)


def test_nothing_is_left_over_when_all_is_done(lanes, server):
    turns = [t for n in range(5) for h in lanes.nudge(app(n), Rank.DRIFT) for t in h.turns]
    while turns:
        turn = turns.pop()
        lanes.claim(turn)
        turns += [t for h in lanes.done(turn) for t in h.turns]
    assert {bytes(key).decode().rpartition(":")[2] for key in server.call("KEYS", "*")} <= {"fence", "workers"}


def test_a_cold_start_forgets_jobs_and_keeps_caches(lanes, server):
    lanes.nudge(app(1), Rank.DRIFT)
    server.call("SET", "argosy:d:cache", "kept")
    server.call("RPUSH", "argosy:diff", "an old message")
    lanes.drop_all()
    assert server.call("KEYS", "*") == [b"argosy:d:cache"]
