"""What a route is: method, path, view and the permission it declares. Nothing is served without one (bar rule 10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from flask import Flask, Response

from api.auth.caller import caller

View: TypeAlias = Callable[..., Response]


@dataclass(frozen=True, slots=True)
class Open:
    """Anybody may call it; `why` says what keeps that harmless."""

    why: str


@dataclass(frozen=True, slots=True)
class Login:
    """Anybody with a session may call it."""


@dataclass(frozen=True, slots=True)
class Needs:
    """The view asks for this permission on the object it finds; an answer given without asking is a bug."""

    resource: str
    action: str


Access: TypeAlias = Open | Login | Needs


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path."""

    method: str
    rule: str
    view: View
    access: Access


class UncheckedError(Exception):
    """A view answered without asking for the permission that its route declares."""


def install(app: Flask, routes: tuple[Route, ...]) -> None:
    """Serve the routes, each behind its declared access; no method is added by Flask itself."""
    for number, route in enumerate(routes):
        name = f"{number}:{route.method} {route.rule}"
        app.add_url_rule(
            route.rule,
            name,
            guarded(route),
            methods=[route.method],
            provide_automatic_options=False,
            strict_slashes=True,
        )


def guarded(route: Route) -> View:
    """The view behind its access."""

    def view(**parts: str) -> Response:
        if isinstance(route.access, Open):
            return route.view(**parts)
        caller().demand_login()
        response = route.view(**parts)
        if isinstance(route.access, Needs) and (route.access.resource, route.access.action) not in caller().asked:
            raise UncheckedError(f"{route.method} {route.rule}")
        return response

    return view
