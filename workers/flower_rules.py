"""What Flower's own Redis user may do: hear events, read the length of queues. Apart from Flower, slow to load."""

from __future__ import annotations

PREFIX = "argosy:"
"""Before every key of Celery's; the same as in gitops/adapters/celery/carrier.py (a test compares them)."""

ACL = " ".join(
    (
        "resetkeys",
        "resetchannels",
        "-@all",
        "+ping +info +client|setinfo +client|setname +select +hello",
        # Where events arrive, and how long the queues are.
        "+subscribe +psubscribe +unsubscribe +punsubscribe +llen",
        # PSUBSCRIBE is allowed for exactly the pattern that is named: Kombu's, in database 0.
        f"&{PREFIX}/0.celeryev/*",
        *(f"%R~{PREFIX}{queue}" for queue in ("fetch", "diff", "apply")),
        # Kombu writes down who listens to events; nobody of ours reads it.
        "+sadd +srem +smembers +del +multi +exec +discard",
        f"~{PREFIX}_kombu.binding*.celeryev*",
        f"~{PREFIX}celeryev.*",
    )
)
"""Rules of Flower's Redis user, to be put after `ACL SETUSER <user> reset on ><password>`."""
