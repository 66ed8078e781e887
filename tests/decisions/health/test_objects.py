"""Every row of the health table (argo-cd.md 4.1, 4.2)."""

from __future__ import annotations

import json

import pytest

from gitops.health.object import has_rule, health_of
from gitops.model.objects import GroupKind, Json, JsonMap, Manifest
from gitops.model.observed import LiveObject


def told(kind: str, body: JsonMap) -> str:
    """`Status: message` of an object of `group/version/Kind`."""
    version, _, name = kind.rpartition("/")
    verdict = health_of(LiveObject(Manifest({"apiVersion": version, "kind": name, **body})))
    return f"{verdict.status.value}: {verdict.message}".removesuffix(": ") if verdict else "nothing"


def row(status: JsonMap, *, spec: JsonMap | None = None, generation: int = 1) -> JsonMap:
    return {"metadata": {"generation": generation}, "spec": spec or {}, "status": {"observedGeneration": 1, **status}}


def condition(kind: str, status: str = "True", reason: str = "", message: str = "") -> JsonMap:
    return {"conditions": [{"type": kind, "status": status, "reason": reason, "message": message}]}


ROLLOUT = "Progressing: Waiting for rollout to finish: "
DONE: JsonMap = {"replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}
TWO: JsonMap = {"replicas": 2}


@pytest.mark.parametrize(
    ("body", "health"),
    [
        (row(DONE, spec=TWO), "Healthy"),
        (row({}, spec={**TWO, "paused": True}), "Suspended: Deployment is paused"),
        (row(DONE, spec=TWO, generation=2), ROLLOUT + "the latest generation was not observed yet"),
        (
            row({**DONE, **condition("Progressing", "False", "ProgressDeadlineExceeded", "late")}, spec=TWO),
            "Degraded: late",
        ),
        (row({**DONE, **condition("Progressing", "True", "NewReplicaSetAvailable")}, spec=TWO), "Healthy"),
        (row({**DONE, "updatedReplicas": 1}, spec=TWO), ROLLOUT + "1 of 2 new replicas are updated"),
        (row({**DONE, "replicas": 3}, spec=TWO), ROLLOUT + "1 old replicas are pending termination"),
        (row({**DONE, "availableReplicas": 1}, spec=TWO), ROLLOUT + "1 of 2 updated replicas are available"),
        (row({}, spec={"replicas": 0}), "Healthy"),
        (row({}), ROLLOUT + "0 of 1 new replicas are updated"),
    ],
)
def test_deployment(body: JsonMap, health: str) -> None:
    assert told("apps/v1/Deployment", body) == health


READY: JsonMap = {"readyReplicas": 2, "currentReplicas": 2, "updateRevision": "b", "currentRevision": "b"}


def rolling(partition: int | None) -> JsonMap:
    block: JsonMap = {} if partition is None else {"partition": partition}
    return {**TWO, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": block}}


@pytest.mark.parametrize(
    ("body", "health"),
    [
        (row(READY, spec=TWO), "Healthy: statefulset rolling update complete: 2 pods"),
        (row(READY, spec=TWO, generation=2), "Progressing: Waiting for statefulset spec update to be observed"),
        (row({**READY, "observedGeneration": 0}, spec=TWO, generation=0),
         "Progressing: Waiting for statefulset spec update to be observed"),
        (row({**READY, "readyReplicas": 1}, spec=TWO), "Progressing: Waiting for 1 pods to be ready"),
        (row({**READY, "updatedReplicas": 1}, spec=rolling(0)),
         "Progressing: Waiting for partitioned roll out to finish: 1 of 2 new pods are updated"),
        (row({**READY, "updatedReplicas": 1, "updateRevision": "c"}, spec=rolling(1)),
         "Healthy: partitioned roll out complete: 1 new pods are updated"),
        (row({**READY, "updateRevision": "c", "updatedReplicas": 1}, spec=rolling(None)),
         "Progressing: Waiting for statefulset rolling update to complete: 1 pods at revision c"),
        (row({**READY, "updateRevision": "c"}, spec={**TWO, "updateStrategy": {"type": "OnDelete"}}),
         "Healthy: statefulset has 2 ready pods"),
        (row({**READY, "updateRevision": "c"}, spec=TWO),
         "Progressing: Waiting for statefulset rolling update to complete: 0 pods at revision c"),
    ],
)  # fmt: skip
def test_stateful_set(body: JsonMap, health: str) -> None:
    assert told("apps/v1/StatefulSet", body) == health


NODES: JsonMap = {"desiredNumberScheduled": 3, "updatedNumberScheduled": 3, "numberAvailable": 3}


@pytest.mark.parametrize(
    ("body", "health"),
    [
        (row(NODES), "Healthy"),
        (row(NODES, generation=2), ROLLOUT + "the latest generation was not observed yet"),
        (row({**NODES, "updatedNumberScheduled": 2}), ROLLOUT + "2 of 3 new pods are updated"),
        (row({**NODES, "numberAvailable": 1}), ROLLOUT + "1 of 3 updated pods are available"),
        (row({**NODES, "updatedNumberScheduled": 2}, spec={"updateStrategy": {"type": "OnDelete"}}),
         "Healthy: daemon set has 2 updated pods of 3"),
        (row({}), "Healthy"),
    ],
)  # fmt: skip
def test_daemon_set(body: JsonMap, health: str) -> None:
    assert told("apps/v1/DaemonSet", body) == health


@pytest.mark.parametrize(
    ("body", "health"),
    [
        (row({"availableReplicas": 2}, spec=TWO), "Healthy"),
        (row({"availableReplicas": 1}, spec=TWO), ROLLOUT + "1 of 2 replicas are available"),
        (row({**condition("ReplicaFailure", "True", "x", "quota")}, spec=TWO), "Degraded: quota"),
        (row({**condition("ReplicaFailure", "False"), "availableReplicas": 2}, spec=TWO), "Healthy"),
        (row({"availableReplicas": 2}, spec=TWO, generation=2), ROLLOUT + "the latest generation was not observed yet"),
    ],
)
def test_replica_set(body: JsonMap, health: str) -> None:
    assert told("apps/v1/ReplicaSet", body) == health


BALANCED: JsonMap = {"status": {"loadBalancer": {"ingress": [{"ip": "1.1.1.1"}]}}}
WAITS = "Progressing: Waiting for a load balancer"


@pytest.mark.parametrize(
    ("kind", "body", "health"),
    [
        ("networking.k8s.io/v1/Ingress", BALANCED, "Healthy"),
        ("networking.k8s.io/v1/Ingress", {"status": {"loadBalancer": {"ingress": [{}]}}}, "Healthy"),
        ("networking.k8s.io/v1/Ingress", {"status": {"loadBalancer": {}}}, WAITS),
        ("extensions/v1beta1/Ingress", {}, WAITS),
        ("v1/Service", {"spec": {"type": "LoadBalancer"}}, WAITS),
        ("v1/Service", {"spec": {"type": "LoadBalancer"}, **BALANCED}, "Healthy"),
        ("v1/Service", {"spec": {"type": "ClusterIP"}}, "Healthy"),
        ("v1/PersistentVolumeClaim", {"status": {"phase": "Bound"}}, "Healthy"),
        ("v1/PersistentVolumeClaim", {"status": {"phase": "Pending"}}, "Progressing: phase Pending"),
        ("v1/PersistentVolumeClaim", {"status": {"phase": "Lost"}}, "Degraded: phase Lost"),
        ("v1/PersistentVolumeClaim", {"status": {"phase": "Odd"}}, "Unknown: phase Odd"),
        ("apiregistration.k8s.io/v1/APIService", {"status": condition("Available", "True", "Passed", "ok")},
         "Healthy: Passed: ok"),
        ("apiregistration.k8s.io/v1/APIService", {"status": condition("Available", "False", "Gone", "no")},
         "Progressing: Gone: no"),
        ("apiregistration.k8s.io/v1/APIService", {}, "Progressing: Waiting to be processed"),
        ("argoproj.io/v1alpha1/Workflow", {}, "Progressing"),
        ("argoproj.io/v1alpha1/Workflow", {"status": {"phase": "Pending"}}, "Progressing"),
        ("argoproj.io/v1alpha1/Workflow", {"status": {"phase": "Running", "message": "m"}}, "Progressing: m"),
        ("argoproj.io/v1alpha1/Workflow", {"status": {"phase": "Succeeded"}}, "Healthy"),
        ("argoproj.io/v1alpha1/Workflow", {"status": {"phase": "Failed"}}, "Degraded"),
        ("argoproj.io/v1alpha1/Workflow", {"status": {"phase": "Error"}}, "Degraded"),
        ("argoproj.io/v1alpha1/Workflow", {"status": {"phase": "Odd"}}, "Unknown"),
        ("batch/v1/Job", {"status": {"active": 1}}, "Progressing"),
        ("batch/v1/Job", {"status": condition("Complete", message="done")}, "Healthy: done"),
        ("batch/v1/Job", {"status": condition("Complete", "False")}, "Healthy"),
        ("batch/v1/Job", {"status": condition("Failed", message="BackoffLimitExceeded")},
         "Degraded: BackoffLimitExceeded"),
        ("batch/v1/Job", {"status": condition("Suspended", message="held")}, "Suspended: held"),
        ("batch/v1/Job", {"status": condition("FailureTarget")}, "Progressing"),
        ("batch/v1/CronJob", {"spec": {"suspend": True}}, "Healthy: CronJob is suspended"),
        ("batch/v1/CronJob", {}, "Progressing: Waiting for the first status"),
        ("batch/v1/CronJob",
         {"status": {"lastScheduleTime": "2026-01-01T00:00:00Z", "lastSuccessfulTime": "2026-01-01T00:00:09Z"}},
         "Healthy"),
        ("batch/v1/CronJob",
         {"status": {"lastScheduleTime": "2026-01-02T00:00:00Z", "lastSuccessfulTime": "2026-01-01T00:00:09Z"}},
         "Degraded: the run of 2026-01-02T00:00:00Z has not ended well"),
        ("batch/v1/CronJob", {"status": {"lastScheduleTime": "2026-01-02T00:00:00Z", "active": [{"name": "x"}]}},
         "Healthy: running"),
        ("autoscaling/v2/HorizontalPodAutoscaler", {}, "Progressing: Waiting to Autoscale"),
        ("autoscaling/v2beta2/HorizontalPodAutoscaler", {},
         "Unknown: no rule for HorizontalPodAutoscaler of autoscaling/v2beta2"),
        ("autoscaling/v1/HorizontalPodAutoscaler", {}, "Progressing: Waiting to Autoscale"),
        ("apps/v1beta1/Deployment", {}, "Unknown: no health rule for Deployment of apps/v1beta1"),
        ("v1/ConfigMap", {}, "nothing"),
        ("argoproj.io/v1alpha1/Application", {}, "nothing"),
        ("example.com/v1/Service", {}, "nothing"),
    ],
)  # fmt: skip
def test_kinds_with_a_short_rule(kind: str, body: JsonMap, health: str) -> None:
    assert told(kind, body) == health


SCALER = [
    (condition("AbleToScale", "False", "FailedGetScale", "m"), "Degraded: m"),
    (condition("AbleToScale", "False", "FailedUpdateScale", "m"), "Degraded: m"),
    *[
        (condition("ScalingActive", "False", reason, "m"), "Degraded: m")
        for reason in (
            "FailedGetResourceMetric",
            "FailedGetObjectMetric",
            "FailedGetPodsMetric",
            "FailedGetExternalMetric",
            "FailedComputeMetricsReplicas",
            "InvalidSelector",
        )
    ],
    (condition("ScalingActive", "False", "ScalingDisabled", "m"), "Progressing: Waiting to Autoscale"),
    (condition("AbleToScale", "True", "ReadyForNewScale", "m"), "Healthy: m"),
    (condition("ScalingLimited", "True", "TooFewReplicas", "m"), "Healthy: m"),
    (condition("ScalingLimited", "False", "x", "m"), "Progressing: Waiting to Autoscale"),
]


@pytest.mark.parametrize(("status", "health"), SCALER)
def test_autoscaler_by_its_conditions(status: JsonMap, health: str) -> None:
    assert told("autoscaling/v2/HorizontalPodAutoscaler", {"status": status}) == health
    written = json.dumps(status["conditions"])
    annotated: JsonMap = {"metadata": {"annotations": {"autoscaling.alpha.kubernetes.io/conditions": written}}}
    assert told("autoscaling/v1/HorizontalPodAutoscaler", annotated) == health


def test_a_broken_condition_annotation_is_unknown() -> None:
    body: JsonMap = {"metadata": {"annotations": {"autoscaling.alpha.kubernetes.io/conditions": "{"}}}
    assert told("autoscaling/v1/HorizontalPodAutoscaler", body).startswith("Unknown: annotation")


def pod(phase: str, restart: str = "Always", *, annotations: JsonMap | None = None, **status: Json) -> JsonMap:
    return {
        "metadata": {"annotations": annotations or {}},
        "spec": {"restartPolicy": restart},
        "status": {"phase": phase, **status},
    }


def waiting(reason: str, message: str = "") -> Json:
    return [{"name": "web", "state": {"waiting": {"reason": reason, "message": message}}}]


def ended(**how: Json) -> Json:
    return [{"name": "web", "state": {"terminated": how}}]


IGNORE: JsonMap = {"argocd.argoproj.io/ignore-restart-policy": "true"}
RESTARTED: Json = [{"name": "web", "lastState": {"terminated": {"exitCode": 1}}}]
IS_READY: JsonMap = {"type": "Ready", "status": "True"}


@pytest.mark.parametrize(
    ("body", "health"),
    [
        (pod("Pending"), "Progressing"),
        (pod("Pending", message="wait"), "Progressing: wait"),
        (pod("Pending", containerStatuses=waiting("ImagePullBackOff", "no image")), "Degraded: no image"),
        (pod("Pending", containerStatuses=waiting("ErrImagePull")), "Degraded: container 'web': ErrImagePull"),
        (pod("Pending", initContainerStatuses=waiting("CreateContainerConfigError")),
         "Degraded: container 'web': CreateContainerConfigError"),
        (pod("Running", containerStatuses=waiting("CrashLoopBackOff", "back-off")), "Degraded: back-off"),
        (pod("Pending", containerStatuses=waiting("ContainerCreating")), "Progressing"),
        (pod("Pending", "Never", containerStatuses=waiting("ErrImagePull")), "Progressing"),
        (pod("Pending", "Never", annotations=IGNORE, containerStatuses=waiting("ErrImagePull", "x")), "Degraded: x"),
        (pod("Pending", "Never", annotations={**IGNORE, "argocd.argoproj.io/hook": "Sync"},
             containerStatuses=waiting("ErrImagePull")), "Progressing"),
        (pod("Succeeded"), "Healthy"),
        (pod("Failed", message="evicted"), "Degraded: evicted"),
        (pod("Failed", containerStatuses=ended(message="boom", exitCode=1)), "Degraded: boom"),
        (pod("Failed", containerStatuses=ended(reason="OOMKilled", exitCode=137)),
         "Degraded: container 'web' ran out of memory (OOMKilled)"),
        (pod("Failed", containerStatuses=ended(exitCode=3)), "Degraded: container 'web' ended with exit code 3"),
        (pod("Failed", containerStatuses=ended(exitCode=0)), "Degraded"),
        (pod("Failed", containerStatuses=[{"name": "web"}]), "Degraded"),
        (pod("Running", conditions=[IS_READY]), "Healthy"),
        (pod("Running", conditions=[{**IS_READY, "status": "False"}]), "Progressing"),
        (pod("Running", containerStatuses=RESTARTED), "Degraded: container 'web' was restarted and is not ready"),
        (pod("Running", conditions=[IS_READY], containerStatuses=RESTARTED), "Healthy"),
        (pod("Running", "Never", conditions=[IS_READY]), "Progressing"),
        (pod("Running", "OnFailure"), "Progressing"),
        (pod("Running", "Never", annotations=IGNORE, conditions=[IS_READY]), "Healthy"),
        (pod("Odd"), "Unknown: phase 'Odd'"),
        (pod(""), "Unknown: phase ''"),
    ],
)  # fmt: skip
def test_pod(body: JsonMap, health: str) -> None:
    assert told("v1/Pod", body) == health


DELETING: JsonMap = {"deletionTimestamp": "2026-01-01T00:00:00Z"}


def test_a_deletion_is_pending_whatever_the_kind() -> None:
    assert told("v1/ConfigMap", {"metadata": DELETING}) == "Progressing: Pending deletion"
    assert told("apps/v1/Deployment", {"metadata": DELETING}) == "Progressing: Pending deletion"


def test_a_hook_held_by_its_finalizer_is_judged_by_its_rule() -> None:
    held: JsonMap = {**DELETING, "finalizers": ["argocd.argoproj.io/hook-finalizer"]}
    assert told("batch/v1/Job", {"metadata": held, "status": condition("Complete")}) == "Healthy"


@pytest.mark.parametrize(
    ("group", "kind", "ruled"),
    [("apps", "Deployment", True), ("", "Pod", True), ("", "ConfigMap", False), ("example.com", "Deployment", False)],
)
def test_kinds_with_a_rule_are_known(group: str, kind: str, ruled: bool) -> None:
    assert has_rule(GroupKind(group, kind)) is ruled
