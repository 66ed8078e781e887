"""What the demo deploys: the files of its repository, and the Application that points at them."""

from __future__ import annotations

import json

from cli.wire import Json, Object

NAME = "hello"
"""Of the repository, the Application, its namespace and its objects."""

APPLICATION = f"/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/{NAME}"
APPLICATIONS = APPLICATION.rpartition("/")[0]
CONFIG_MAP = f"/api/v1/namespaces/{NAME}/configmaps/{NAME}"
CONFIG_MAPS = CONFIG_MAP.rpartition("/")[0]
HUB_ITSELF = "https://kubernetes.default.svc"


def config_map(greeting: str) -> dict[str, str]:
    """The file that a push changes."""
    return {"app/config.json": _text("v1", "ConfigMap", data={"greeting": greeting})}


def files(greeting: str) -> dict[str, str]:
    """All files of the first commit: a ConfigMap, a Service and a Deployment of two Pods."""
    label: Json = {"app": NAME}
    ports: Json = [{"port": 80, "targetPort": 8080}]
    template: Json = {
        "metadata": {"labels": label},
        "spec": {"containers": [{"name": "web", "image": "example.org/hello:1", "envFrom": [_greeting()]}]},
    }
    deployment: Json = {"replicas": 2, "selector": {"matchLabels": label}, "template": template}
    return config_map(greeting) | {
        "app/service.json": _text("v1", "Service", spec={"selector": label, "ports": ports}),
        "app/deployment.json": _text("apps/v1", "Deployment", spec=deployment),
    }


def application(repository: str) -> Object:
    """Automated, with prune and self-heal; deleting it deletes what it deployed."""
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": NAME, "namespace": "argocd", "finalizers": ["resources-finalizer.argocd.argoproj.io"]},
        "spec": {
            "project": "default",
            "source": {"repoURL": repository, "path": "app", "targetRevision": "main"},
            "destination": {"server": HUB_ITSELF, "namespace": NAME},
            "syncPolicy": {"automated": {"prune": True, "selfHeal": True}},
        },
    }


def webhook_secret(secret: str) -> Object:
    """The entry of argocd-secret with which GitHub's pushes are signed."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "argocd-secret", "namespace": "argocd", "labels": {"app.kubernetes.io/part-of": "argocd"},
        },
        "stringData": {"webhook.github.secret": secret},
    }  # fmt: skip


def _greeting() -> Json:
    return {"configMapRef": {"name": NAME}}


def _text(version: str, kind: str, **content: Json) -> str:
    return json.dumps({"apiVersion": version, "kind": kind, "metadata": {"name": NAME}, **content}, indent=2) + "\n"
