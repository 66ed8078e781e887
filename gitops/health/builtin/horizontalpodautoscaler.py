"""HorizontalPodAutoscaler: it can read its metrics and scale (autoscaling v1 and v2)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from gitops.health.reading import Condition, condition, conditions, degraded, healthy, progressing, text
from gitops.model.health import Health, HealthVerdict
from gitops.model.objects import Json, as_list, as_map, as_texts

_V1_CONDITIONS = "autoscaling.alpha.kubernetes.io/conditions"
_FAILED = {
    "AbleToScale": frozenset({"FailedGetScale", "FailedUpdateScale"}),
    "ScalingActive": frozenset(
        {
            "FailedGetResourceMetric", "FailedGetObjectMetric", "FailedGetPodsMetric", "FailedGetExternalMetric",
            "FailedComputeMetricsReplicas", "InvalidSelector",
        }
    ),
}  # fmt: skip
_GOOD = frozenset({"AbleToScale", "ScalingLimited"})


def horizontal_pod_autoscaler(body: Mapping[str, Json]) -> HealthVerdict:
    """Version v1 tells its conditions in an annotation; other versions than v1 and v2 are Unknown."""
    match text(body, "apiVersion"):
        case "autoscaling/v2":
            return _judged(conditions(body))
        case "autoscaling/v1":
            return _version_one(body)
        case other:
            return HealthVerdict(Health.UNKNOWN, f"no rule for HorizontalPodAutoscaler of {other}")


def _version_one(body: Mapping[str, Json]) -> HealthVerdict:
    written = as_texts(as_map(body.get("metadata")).get("annotations")).get(_V1_CONDITIONS, "")
    if not written:
        return progressing("Waiting to Autoscale")
    try:
        raw: Json = json.loads(written)
    except ValueError:
        return HealthVerdict(Health.UNKNOWN, f"annotation {_V1_CONDITIONS} is not JSON")
    return _judged([condition(as_map(item)) for item in as_list(raw)])


def _judged(found: list[Condition]) -> HealthVerdict:
    for one in found:
        if one.reason in _FAILED.get(one.type, frozenset()):
            return degraded(one.message)
    for one in found:
        if one.type in _GOOD and one.status == "True":
            return healthy(one.message)
    return progressing("Waiting to Autoscale")
