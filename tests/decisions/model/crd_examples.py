"""Objects as Argo CD exports them, written from argo-cd.md sections 1, 2, 7 and 18."""

from __future__ import annotations

from gitops.model.objects import Json, JsonMap

SHA = "53e28ff20cc530b9ada2173fbbd64d48338583ba"


def git_source() -> JsonMap:
    return {"repoURL": "https://git.example.com/shop.git", "path": "deploy/web", "targetRevision": "main"}


def resource(number: int) -> JsonMap:
    return {
        "group": "apps",
        "kind": "Deployment",
        "name": f"web-{number}",
        "namespace": "shop",
        "status": "Synced",
        "version": "v1",
        "health": {"status": "Healthy"},
    }


def history(number: int) -> JsonMap:
    return {
        "deployStartedAt": "2026-01-31T11:59:58Z",
        "deployedAt": "2026-01-31T12:00:00Z",
        "id": number,
        "initiatedBy": {"automated": True},
        "revision": SHA,
        "source": git_source(),
    }


def result(number: int) -> JsonMap:
    return {
        "group": "apps",
        "hookPhase": "Running",
        "kind": "Deployment",
        "message": "deployment.apps/web configured",
        "name": f"web-{number}",
        "namespace": "shop",
        "status": "Synced",
        "syncPhase": "Sync",
        "version": "v1",
    }


def application() -> JsonMap:
    """An automated app with prune and self-heal spelled out as false, a finished operation and a full history."""
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {
            "name": "web",
            "namespace": "argocd",
            "uid": "b0d1b3f2-0000-4000-8000-000000000001",
            "resourceVersion": "4711",
            "generation": 42,
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "labels": {"team": "shop"},
            "annotations": {"argocd.argoproj.io/refresh": "normal"},
            "finalizers": ["resources-finalizer.argocd.argoproj.io"],
            "managedFields": [{"manager": "argocd-application-controller", "operation": "Update"}],
        },
        "spec": {
            "project": "default",
            "source": git_source(),
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "shop"},
            "syncPolicy": {
                "automated": {"prune": False, "selfHeal": False},
                "syncOptions": ["CreateNamespace=true"],
                "retry": {"limit": 0, "backoff": {"duration": "5s", "factor": 2, "maxDuration": "3m"}},
            },
            "ignoreDifferences": [{"group": "apps", "kind": "Deployment", "jsonPointers": ["/spec/replicas"]}],
            "revisionHistoryLimit": 0,
        },
        "status": {
            "controllerNamespace": "argocd",
            "health": {"status": "Healthy", "lastTransitionTime": "2026-01-31T12:00:01Z"},
            "history": [history(n) for n in range(10)],
            "operationState": {
                "operation": {
                    "initiatedBy": {"automated": True},
                    "retry": {"limit": 5},
                    "sync": {"revision": SHA, "syncOptions": ["CreateNamespace=true"]},
                },
                "phase": "Succeeded",
                "message": "successfully synced (all tasks run)",
                "startedAt": "2026-01-31T11:59:58Z",
                "finishedAt": "2026-01-31T12:00:00Z",
                "syncResult": {"resources": [result(n) for n in range(3)], "revision": SHA, "source": git_source()},
            },
            "reconciledAt": "2026-01-31T12:00:01Z",
            "resourceHealthSource": "appTree",
            "resources": [resource(n) for n in range(10)],
            "sourceType": "Directory",
            "summary": {"images": ["example.com/web:1"], "externalURLs": ["https://shop.example.com"]},
            "sync": {
                "status": "Synced",
                "revision": SHA,
                "comparedTo": {
                    "source": git_source(),
                    "destination": {"server": "https://kubernetes.default.svc", "namespace": "shop"},
                },
            },
        },
    }


def new_application(**spec: Json) -> JsonMap:
    """An app as a user writes it, before any controller saw it."""
    body: JsonMap = {
        "project": "default",
        "source": git_source(),
        "destination": {"server": "https://kubernetes.default.svc", "namespace": "shop"},
    }
    body.update(spec)
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "web", "namespace": "argocd"},
        "spec": {k: v for k, v in body.items() if v is not None},
    }


def tools_source() -> JsonMap:
    """Every field of every tool block at once (no real app may have this)."""
    return {
        "repoURL": "https://charts.example.com",
        "chart": "web",
        "targetRevision": "1.2.*",
        "ref": "values",
        "name": "main",
        "tagPrefix": "web-",
        "helm": {
            "releaseName": "web",
            "valueFiles": ["$values/prod.yaml"],
            "values": "a: 1\n",
            "valuesObject": {"replicas": 2, "list": [1, None, {"x": 1.5}]},
            "parameters": [{"name": "image.tag", "value": "1", "forceString": True}],
            "fileParameters": [{"name": "conf", "path": "files/conf"}],
            "version": "v3",
            "passCredentials": True,
            "ignoreMissingValueFiles": True,
            "skipCrds": True,
            "skipTests": True,
            "skipSchemaValidation": True,
            "namespace": "other",
            "kubeVersion": "1.31",
            "apiVersions": ["traefik.io/v1alpha1/TLSOption"],
        },
        "kustomize": {
            "namePrefix": "a-",
            "nameSuffix": "-b",
            "images": ["old=new:1"],
            "replicas": [{"name": "web", "count": 3}, {"name": "db", "count": "2"}],
            "commonLabels": {"a": "b"},
            "labelWithoutSelector": True,
            "labelIncludeTemplates": True,
            "forceCommonLabels": True,
            "commonAnnotations": {"c": "d"},
            "forceCommonAnnotations": True,
            "commonAnnotationsEnvsubst": True,
            "namespace": "shop",
            "patches": [{"path": "p.yaml", "target": {"kind": "Deployment"}, "options": {"allowNameChange": True}}],
            "components": ["../c"],
            "ignoreMissingComponents": True,
            "version": "v5",
            "kubeVersion": "1.31",
            "apiVersions": ["v1"],
        },
        "directory": {
            "recurse": True,
            "include": "*.yaml",
            "exclude": "{a,b}.yaml",
            "jsonnet": {
                "extVars": [{"name": "a", "value": "b"}],
                "tlas": [{"name": "a", "value": "1+1", "code": True}],
                "libs": ["lib"],
            },
        },
        "plugin": {
            "name": "cmp",
            "env": [{"name": "FOO", "value": ""}],
            "parameters": [
                {"name": "a", "string": ""},
                {"name": "b", "array": []},
                {"name": "c", "map": {"k": "v"}},
            ],
        },
    }


def project() -> JsonMap:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AppProject",
        "metadata": {"name": "shop", "namespace": "argocd", "generation": 1},
        "spec": {
            "description": "the shop",
            "sourceRepos": ["https://git.example.com/**"],
            "destinations": [{"server": "*", "namespace": "shop-*"}, {"name": "prod", "namespace": "shop"}],
            "clusterResourceWhitelist": [{"group": "", "kind": "Namespace", "name": "shop-*"}],
            "namespaceResourceBlacklist": [{"group": "", "kind": "ResourceQuota"}],
            "namespaceResourceWhitelist": [],
            "sourceNamespaces": ["team-*"],
            "roles": [
                {
                    "name": "ci",
                    "policies": ["p, proj:shop:ci, applications, sync, shop/*, allow"],
                    "groups": ["builders"],
                    "jwtTokens": [{"iat": 1769860800, "id": "t1"}],
                }
            ],
            "syncWindows": [
                {"kind": "deny", "schedule": "0 22 * * *", "duration": "8h", "applications": ["*"], "manualSync": True}
            ],
            "orphanedResources": {"warn": False},
            "signatureKeys": [{"keyID": "4AEE18F83AFDEB23"}],
            "destinationServiceAccounts": [
                {"server": "*", "namespace": "shop-*", "defaultServiceAccount": "deployer"},
            ],
            "permitOnlyProjectScopedClusters": True,
        },
        "status": {"jwtTokensByRole": {"ci": {"items": [{"iat": 1769860800, "id": "t1"}]}}},
    }


def application_set() -> JsonMap:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ApplicationSet",
        "metadata": {"name": "teams", "namespace": "argocd"},
        "spec": {
            "goTemplate": True,
            "goTemplateOptions": ["missingkey=error"],
            "generators": [{"list": {"elements": [{"team": "a"}]}}],
            "template": {"metadata": {"name": "{{.team}}"}, "spec": {"project": "default", "source": git_source()}},
            "syncPolicy": {"preserveResourcesOnDeletion": False, "applicationsSync": "create-only"},
            "strategy": {"type": "RollingSync", "rollingSync": {"steps": []}},
            "ignoreApplicationDifferences": [{"jsonPointers": ["/spec/source/targetRevision"]}],
        },
    }
