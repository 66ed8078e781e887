"""What the command line asks of server code without a server. With cli/run.py the only file that may load it."""

from __future__ import annotations


def flower_rule() -> str:
    """What Flower's Redis user may do, as it stands in a Redis configuration after `user flower on ><password>`."""
    from workers.flower_rules import ACL

    return ACL
