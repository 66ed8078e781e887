"""Whole collections as JSON, for the hub's own kinds: complete or an error."""

from __future__ import annotations

from urllib.parse import quote

import orjson

from gitops.adapters.kube.client import Client, Request
from gitops.errors import RetryableError
from gitops.model.objects import Json, JsonMap, as_list, as_map, as_text

PAGE_SIZE = 500


def list_objects(client: Client, path: str, *, kind: str = "", query: str = "") -> tuple[list[JsonMap], str]:
    """All objects of a collection and the list's version, page by page.

    Raises:
        RetryableError: not all of it could be had, or the collection is not served.
    """
    objects: list[JsonMap] = []
    token, version = "", ""
    while True:
        asked = (
            f"limit={PAGE_SIZE}"
            + (f"&continue={quote(token, safe='')}" if token else "")
            + (f"&{query}" if query else "")
        )
        answer = client.send(Request("list", path, kind, path, asked))
        if answer.status == 404:
            raise RetryableError("is not served", about=f"{path} at {client.server}", hint="Install its CRD")
        value: Json = orjson.loads(answer.body)
        page = as_map(value)
        objects += [as_map(entry) for entry in as_list(page.get("items"))]
        meta = as_map(page.get("metadata"))
        token, version = as_text(meta.get("continue")), version or as_text(meta.get("resourceVersion"))
        if not token:
            return objects, version
