"""List and get Applications (argo-cd.md 11.2; surprises 20-24)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from flask import Response, request

from api.answer import answer
from api.argo.fields import select_items
from api.argo.lookup import changed, project_of, visible
from api.argo.selector import parse
from api.auth.caller import caller
from api.errors import ApiError, Code
from api.routes import Needs, Route
from api.wiring import Ports
from gitops.model.crds.application import Application
from gitops.model.objects import REFRESH, JsonMap, as_list, as_map, as_text, as_texts

REFRESH_WAIT_S = 60.0
"""How long a get with `refresh` waits for the comparison."""


class Reading:
    """Routes that change nothing but the refresh annotation."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def routes(self) -> tuple[Route, ...]:
        """List and get."""
        needs = Needs("applications", "get")
        return (
            Route("GET", "/api/v1/applications", self.list, needs),
            Route("GET", "/api/v1/applications/<name>", self.get, needs),
        )

    def list(self) -> Response:
        """All Applications the caller may see, filtered; `items` is null when there are none."""
        wanted = Filter.of_request()
        sees = caller().may("applications", "get")
        found = [body for body in self._ports.apps.all() if sees and wanted.accepts(body)]
        items = select_items(found, request.args.get("fields", ""))
        version: JsonMap = {"resourceVersion": self._ports.apps.version}
        return answer({"metadata": version, "items": items or None})

    def get(self, name: str) -> Response:
        """One Application; with `refresh` after it was compared again, at most 60 s later."""
        project, namespace = project_asked(), request.args.get("appNamespace", "")
        ref, body = visible(self._ports, name, project=project, namespace=namespace)
        asked = request.args.get("refresh", "")
        if not asked:
            return answer(body)
        changed(self._ports, ref, partial(_refresh, kind="hard" if asked == "hard" else "normal"))
        try:
            seen = self._ports.apps.wait_for(ref, _refreshed, REFRESH_WAIT_S)
        except TimeoutError as error:
            text = f"application {name} was not compared within {REFRESH_WAIT_S:.0f} s; it will be, look again later"
            raise ApiError(Code.DEADLINE, text) from error
        return answer(seen or body)


def project_asked() -> str:
    """The `project` of a request on one app; more than one is refused (surprises 22)."""
    asked = [value for value in request.args.getlist("project") + request.args.getlist("projects") if value]
    if len(set(asked)) > 1:
        raise ApiError(Code.INVALID, f"found 2 or more projects: {', '.join(sorted(set(asked)))}")
    return asked[0] if asked else ""


class Filter:
    """What a list or stream request asks for; empty parameters count as absent."""

    def __init__(self, *, name: str, projects: frozenset[str], repo: str, namespace: str, selector: str) -> None:
        self.name = name
        self._projects = projects
        self._repo = repo
        self._namespace = namespace
        self._labels = parse(selector)

    @classmethod
    def of_request(cls) -> Filter:
        """Read the query; `project` wins over `projects` (surprises 22)."""
        legacy = frozenset(filter(None, request.args.getlist("project")))
        return cls(
            name=request.args.get("name", ""),
            projects=legacy or frozenset(filter(None, request.args.getlist("projects"))),
            repo=request.args.get("repo", ""),
            namespace=request.args.get("appNamespace", ""),
            selector=request.args.get("selector", ""),
        )

    def accepts(self, body: JsonMap) -> bool:
        """Whether an Application is asked for."""
        metadata = as_map(body.get("metadata"))
        return (
            self.name in ("", metadata.get("name"))
            and self._namespace in ("", metadata.get("namespace"))
            and (not self._projects or project_of(body) in self._projects)
            and (not self._repo or self._repo in _repositories(body))
            and self._labels(as_texts(metadata.get("labels")))
        )


def _repositories(body: JsonMap) -> set[str]:
    spec = as_map(body.get("spec"))
    sources = [as_map(spec.get("source")), *map(as_map, as_list(spec.get("sources")))]
    return {as_text(source.get("repoURL")) for source in sources}


def _refresh(app: Application, kind: str) -> Application:
    annotations = {**app.metadata.annotations, REFRESH: kind}
    return replace(app, metadata=replace(app.metadata, annotations=annotations))


def _refreshed(body: JsonMap | None) -> bool:
    return body is None or REFRESH not in as_texts(as_map(body.get("metadata")).get("annotations"))
