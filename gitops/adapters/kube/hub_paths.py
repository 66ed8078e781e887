"""Where the hub keeps our kinds."""

from __future__ import annotations

from urllib.parse import quote

from gitops.model.objects import AppRef

GROUP_PATH = "/apis/argoproj.io/v1alpha1"
CLUSTER_SECRETS = "labelSelector=argocd.argoproj.io%2Fsecret-type%3Dcluster"
REPOSITORY_SECRETS = "labelSelector=argocd.argoproj.io%2Fsecret-type%20in%20(repository%2Crepo-creds)"
"""Label selectors for `follow_objects` and lists of Secrets."""


class Paths:
    """Collections of one control namespace, for requests and for `follow_objects`."""

    def __init__(self, namespace: str) -> None:
        ours, core = (
            f"{GROUP_PATH}/namespaces/{quote(namespace, safe='')}",
            f"/api/v1/namespaces/{quote(namespace, safe='')}",
        )
        self.applications = f"{ours}/applications"
        self.projects = f"{ours}/appprojects"
        self.secrets = f"{core}/secrets"
        self.config_maps = f"{core}/configmaps"

    def application(self, ref: AppRef) -> str:
        """One Application, in whichever namespace it is."""
        return f"{GROUP_PATH}/namespaces/{quote(ref.namespace, safe='')}/applications/{quote(ref.name, safe='')}"

    def config_map(self, name: str) -> str:
        """One ConfigMap."""
        return f"{self.config_maps}/{name}"

    def secret(self, name: str) -> str:
        """One Secret."""
        return f"{self.secrets}/{name}"

    def project(self, name: str) -> str:
        """One AppProject."""
        return f"{self.projects}/{name}"
