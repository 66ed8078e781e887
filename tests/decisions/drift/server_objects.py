"""Objects as charts write them, full of empty, false, zero and null values and of other ways to write a value."""

from __future__ import annotations

from gitops.model.objects import Json, JsonMap

POD: JsonMap = {
    "automountServiceAccountToken": False, "hostNetwork": False, "securityContext": {}, "tolerations": [],
    "nodeSelector": {}, "affinity": {}, "priorityClassName": "", "terminationGracePeriodSeconds": 0,
    "volumes": [{"name": "t", "emptyDir": {}}],
    "containers": [{
        "name": "web", "image": "nginx:1", "args": ["--port", "8080"], "command": [], "tty": False,
        "env": [{"name": "A", "value": ""}, {"name": "B", "value": "1"},
                {"name": "C", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "1000m"}}}],
        "ports": [{"containerPort": 80, "hostPort": 0}],
        "resources": {"limits": {"cpu": "1000m", "memory": "1024Mi"}, "requests": {"cpu": 0.5}},
        "volumeMounts": [{"name": "t", "mountPath": "/t", "readOnly": False, "subPath": ""}],
        "readinessProbe": {"httpGet": {"port": 80, "path": "/"}, "initialDelaySeconds": 0},
        "securityContext": {"privileged": False, "capabilities": {}},
    }],
}  # fmt: skip
TEMPLATE: JsonMap = {"metadata": {"creationTimestamp": None, "labels": {"a": "x"}}, "spec": POD}
SELECTOR: JsonMap = {"matchLabels": {"a": "x"}}
CLAIM: JsonMap = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1024Mi"}}}
RBAC = "rbac.authorization.k8s.io/v1"
NET = "networking.k8s.io/v1"


def body(version: str, kind: str, name: str, **parts: Json) -> JsonMap:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **parts}


WEB = body("apps/v1", "Deployment", "web", status={}, spec={
    "replicas": 1, "selector": SELECTOR, "strategy": {}, "paused": False, "minReadySeconds": 0, "template": TEMPLATE,
})  # fmt: skip
WEB["metadata"] = {"name": "web", "creationTimestamp": None, "labels": {}, "annotations": None}

QUIET: list[tuple[str, JsonMap]] = [
    ("deployments", WEB),
    ("statefulsets", body("apps/v1", "StatefulSet", "db", spec={
        "serviceName": "head", "selector": SELECTOR, "updateStrategy": {}, "template": TEMPLATE,
        "volumeClaimTemplates": [{"metadata": {"name": "d", "creationTimestamp": None}, "spec": CLAIM, "status": {}}],
    })),
    ("daemonsets", body("apps/v1", "DaemonSet", "agent", spec={"selector": SELECTOR, "template": TEMPLATE})),
    ("cronjobs", body("batch/v1", "CronJob", "nightly", spec={
        "schedule": "0 0 * * *", "suspend": False, "successfulJobsHistoryLimit": 0,
        "jobTemplate": {"spec": {"template": {"spec": {
            "restartPolicy": "Never", "containers": [{"name": "a", "image": "b"}]}}}},
    })),
    ("configmaps", body("v1", "ConfigMap", "settings", data={"a": "1", "e": ""}, binaryData={})),
    ("configmaps", body("v1", "ConfigMap", "nothing", data=None, immutable=False)),
    ("secrets", body("v1", "Secret", "mixed", stringData={"a": "x"}, data={"b": "eA=="}, type="Opaque")),
    ("secrets", body("v1", "Secret", "broken-lines", data={"b": "e\nA=="})),
    ("services", body("v1", "Service", "web", spec={
        "ports": [{"port": 80, "targetPort": "http"}], "selector": {"a": "x"}, "externalIPs": []})),
    ("services", body("v1", "Service", "head", spec={
        "clusterIP": "None", "publishNotReadyAddresses": False, "ports": [{"port": 80}]})),
    ("serviceaccounts", body("v1", "ServiceAccount", "web", imagePullSecrets=[{"name": "x"}])),
    ("persistentvolumeclaims", body("v1", "PersistentVolumeClaim", "disk", spec={**CLAIM, "storageClassName": ""})),
    ("resourcequotas", body("v1", "ResourceQuota", "quota", spec={"hard": {"pods": 10, "limits.cpu": "2000m"}})),
    ("limitranges", body("v1", "LimitRange", "range", spec={
        "limits": [{"type": "Container", "max": {"cpu": "1000m"}, "default": {"cpu": 0.5}}]})),
    ("roles", body(RBAC, "Role", "none", rules=None)),
    ("roles", body(RBAC, "Role", "empty", rules=[])),
    ("rolebindings", body(RBAC, "RoleBinding", "web", roleRef={
        "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "none"},
        subjects=[{"kind": "ServiceAccount", "name": "web", "namespace": "x"}, {"kind": "User", "name": "u"}])),
    ("networkpolicies", body(NET, "NetworkPolicy", "web", spec={
        "podSelector": {}, "ingress": [{"from": [{"namespaceSelector": {}}], "ports": [{"port": 80}]}, {}]})),
    ("ingresses", body(NET, "Ingress", "web", spec={"tls": [], "rules": [{"host": "a.b", "http": {"paths": [
        {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"number": 80}}}}]}}]})),
    ("poddisruptionbudgets", body("policy/v1", "PodDisruptionBudget", "web", spec={
        "minAvailable": "50%", "selector": SELECTOR})),
    ("horizontalpodautoscalers", body("autoscaling/v2", "HorizontalPodAutoscaler", "web", spec={
        "maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "metrics": [{"type": "Resource", "resource": {
            "name": "cpu", "target": {"type": "AverageValue", "averageValue": "0.5"}}}]})),
]  # fmt: skip
"""Plural and object: after our apply each is clean without asking the server again."""
