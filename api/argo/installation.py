"""What clients ask before anything else: version and settings (argo-cd.md 11.2, 11.4; ui-api-cli.md 3.1.14)."""

from __future__ import annotations

from importlib.metadata import version

from flask import Response

from api.answer import answer
from api.auth.caller import caller
from api.routes import Open, Route
from api.wiring import Ports
from gitops.model.objects import JsonMap

COMPATIBLE = "v3.6.0"
"""The Argo CD version whose API this is; clients switch features by it."""


class Installation:
    """Version and settings; reduced for callers without a session."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def routes(self) -> tuple[Route, ...]:
        """Both are asked before the login."""
        before_login = Open("clients need it to log in; reduced without a session")
        return (
            Route("GET", "/api/version", self.version, before_login),
            Route("GET", "/api/v1/settings", self.settings, before_login),
        )

    def version(self) -> Response:
        """The compatible version, and our own for those who are logged in."""
        told: JsonMap = {"Version": COMPATIBLE}
        if caller().known:
            told |= {"Argosy": version("argosy"), "Platform": "linux/amd64", "KubectlVersion": "", "HelmVersion": ""}
        return answer(told)

    def settings(self) -> Response:
        """The part of the settings that clients read at start."""
        config = self._ports.config()
        told: JsonMap = {
            "url": config.settings.url,
            "appLabelKey": config.settings.instance_label_key,
            "trackingMethod": config.settings.tracking.value,
            "installationID": config.settings.installation_id,
            "userLoginsDisabled": False,
            "statusBadgeEnabled": False,
            "appsInAnyNamespaceEnabled": False,
            "execEnabled": False,
            "hydratorEnabled": False,
            "help": {},
        }
        if caller().known:
            told |= {
                "passwordPattern": config.settings.password_pattern,
                "controllerNamespace": self._ports.namespace,
                "resourceOverrides": {},
            }
        return answer(told)
