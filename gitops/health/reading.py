"""Reading parts of live objects: a part the server left out reads as empty or zero."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gitops.model.health import Health, HealthVerdict
from gitops.model.objects import Json, JsonMap, as_list, as_map, as_text


def part(body: Mapping[str, Json], *names: str) -> Json:
    """What lies under these names, None if any is absent."""
    value: Json = dict(body) if names else None
    for name in names:
        value = as_map(value).get(name)
    return value


def section(body: Mapping[str, Json], *names: str) -> JsonMap:
    """A map, e.g. `section(body, "status")`."""
    return as_map(part(body, *names))


def items(body: Mapping[str, Json], *names: str) -> list[JsonMap]:
    """A list of maps."""
    return [as_map(item) for item in as_list(part(body, *names))]


def text(body: Mapping[str, Json], *names: str) -> str:
    """A text, empty if absent."""
    return as_text(part(body, *names))


def number(body: Mapping[str, Json], *names: str, default: int = 0) -> int:
    """An integer, `default` if absent."""
    value = part(body, *names)
    return value if isinstance(value, int) and not isinstance(value, bool) else default


@dataclass(frozen=True, slots=True)
class Condition:
    """One entry of `status.conditions`."""

    type: str
    status: str
    reason: str
    message: str


def conditions(body: Mapping[str, Json]) -> list[Condition]:
    """`status.conditions`, in the order they are written."""
    return [condition(raw) for raw in items(body, "status", "conditions")]


def condition(raw: Mapping[str, Json]) -> Condition:
    """One condition as written."""
    return Condition(text(raw, "type"), text(raw, "status"), text(raw, "reason"), text(raw, "message"))


def unobserved(body: Mapping[str, Json]) -> bool:
    """Whether the controller has not yet seen the latest spec: its status speaks of an older one."""
    return number(body, "status", "observedGeneration") < number(body, "metadata", "generation")


def healthy(message: str = "") -> HealthVerdict:
    """Healthy, with a message if there is something to tell."""
    return HealthVerdict(Health.HEALTHY, message)


def progressing(message: str) -> HealthVerdict:
    """Progressing, and what is waited for."""
    return HealthVerdict(Health.PROGRESSING, message)


def degraded(message: str) -> HealthVerdict:
    """Degraded, and why."""
    return HealthVerdict(Health.DEGRADED, message)


def suspended(message: str) -> HealthVerdict:
    """Suspended, and by what."""
    return HealthVerdict(Health.SUSPENDED, message)
