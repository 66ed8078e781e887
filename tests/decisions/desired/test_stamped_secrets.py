"""What stamping does to single kinds."""

from __future__ import annotations

from gitops.desired.stamp import Identity, stamp
from gitops.model.config import Settings
from gitops.model.desired import Desired
from gitops.model.objects import JsonMap, Manifest


def test_a_secret_is_applied_as_the_server_stores_it_so_that_removed_keys_are_seen() -> None:
    body: JsonMap = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s"},
        "data": {"kept": "b2xk", "both": "b2xk"},
        "stringData": {"both": "new", "text": "hi"},
    }
    app = Identity("web", "argocd", "argocd")
    (stamped,) = stamp(Desired((Manifest(body),)), app, "web", lambda *_: True, Settings())
    assert "stringData" not in stamped.body
    assert stamped.body["data"] == {"kept": "b2xk", "both": "bmV3", "text": "aGk="}
