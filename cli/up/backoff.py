"""When a program that ended is started again."""

from __future__ import annotations

FIRST_S = 0.5
LAST_S = 30.0
HEALTHY_S = 60.0


def restart_delay(previous_s: float, ran_s: float) -> float:
    """Seconds to wait before the next start: 0.5, doubling to 30; from the beginning after a run of 60 s."""
    if ran_s >= HEALTHY_S or previous_s <= 0:
        return FIRST_S
    return min(previous_s * 2, LAST_S)
