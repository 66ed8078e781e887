"""The Flask application: every route there is, behind the gate."""

from __future__ import annotations

from flask import Flask

from api import errors, gate, routes
from api.argo.editing import Editing
from api.argo.installation import Installation
from api.argo.reading import Reading
from api.argo.resources import Resources
from api.argo.session import Sessions
from api.argo.syncing import Syncing
from api.health import Health
from api.metrics import Metrics
from api.stream import Streams
from api.webhook import Webhook
from api.wiring import Ports

PARTS = (Webhook, Health, Metrics, Installation, Sessions, Reading, Editing, Syncing, Resources, Streams)


def table(ports: Ports) -> tuple[routes.Route, ...]:
    """All routes; a test walks them and fails on one without a permission."""
    return tuple(route for part in PARTS for route in part(ports).routes())


def create_app(ports: Ports) -> Flask:
    """The WSGI application; opens nothing, starts nothing."""
    app = Flask("api", static_folder=None)
    app.url_map.merge_slashes = False
    errors.install(app)
    gate.install(app, ports)
    routes.install(app, table(ports))
    return app
