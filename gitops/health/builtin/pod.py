"""Pod: running and ready, or finished well."""

from __future__ import annotations

from collections.abc import Mapping

from gitops.health.reading import conditions, degraded, healthy, items, number, part, progressing, section, text
from gitops.model.health import Health, HealthVerdict
from gitops.model.objects import Json, JsonMap, as_texts

_IGNORE_RESTARTS = "argocd.argoproj.io/ignore-restart-policy"
_HOOKS = ("argocd.argoproj.io/hook", "helm.sh/hook")
_BAD = ("Error", "BackOff")


def pod(body: Mapping[str, Json]) -> HealthVerdict:
    """A pod that is restarted for ever is judged by why its containers wait, then all by phase."""
    if _runs_for_ever(body):
        stuck = _stuck(body)
        if stuck:
            return degraded(stuck)
    match text(body, "status", "phase"):
        case "Pending":
            return progressing(text(body, "status", "message"))
        case "Succeeded":
            return healthy(text(body, "status", "message"))
        case "Failed":
            return degraded(text(body, "status", "message") or _failure(body))
        case "Running":
            return _running(body)
        case phase:
            return HealthVerdict(Health.UNKNOWN, text(body, "status", "message") or f"phase {phase!r}")


def _runs_for_ever(body: Mapping[str, Json]) -> bool:
    if text(body, "spec", "restartPolicy") == "Always":
        return True
    annotations = as_texts(part(body, "metadata", "annotations"))
    return annotations.get(_IGNORE_RESTARTS) == "true" and not any(annotations.get(name) for name in _HOOKS)


def _statuses(body: Mapping[str, Json]) -> list[JsonMap]:
    return [*items(body, "status", "initContainerStatuses"), *items(body, "status", "containerStatuses")]


def _stuck(body: Mapping[str, Json]) -> str:
    """What the containers that cannot start say, e.g. of ImagePullBackOff or ErrImagePull."""
    told = []
    for status in _statuses(body):
        waiting = section(status, "state", "waiting")
        reason = text(waiting, "reason")
        if reason.startswith("Err") or reason.endswith(_BAD):
            told.append(text(waiting, "message") or f"container {text(status, 'name')!r}: {reason}")
    return ", ".join(told)


def _failure(body: Mapping[str, Json]) -> str:
    """The first container that ended badly."""
    for status in _statuses(body):
        ended = section(status, "state", "terminated")
        name = text(status, "name")
        if not ended:
            continue
        if text(ended, "message"):
            return text(ended, "message")
        if text(ended, "reason") == "OOMKilled":
            return f"container {name!r} ran out of memory (OOMKilled)"
        if number(ended, "exitCode"):
            return f"container {name!r} ended with exit code {number(ended, 'exitCode')}"
    return ""


def _running(body: Mapping[str, Json]) -> HealthVerdict:
    """Ready counts only for pods that are to run for ever; the others are on their way until they end."""
    message = text(body, "status", "message")
    if not _runs_for_ever(body):
        return progressing(message)
    if any(found.type == "Ready" and found.status == "True" for found in conditions(body)):
        return healthy(message)
    for status in items(body, "status", "containerStatuses"):
        if section(status, "lastState", "terminated"):
            return degraded(message or f"container {text(status, 'name')!r} was restarted and is not ready")
    return progressing(message)
