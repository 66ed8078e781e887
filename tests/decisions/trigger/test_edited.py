"""Which looks an edit of an Application asks for, where that is not plain from the stories."""

from __future__ import annotations

from gitops.model.crds.application import Application
from gitops.trigger.edited import SKIP, Look, looks


def app(**annotations: str) -> Application:
    return Application.parse(
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": "web", "namespace": "argocd", "uid": "u", "annotations": {**annotations}},
            "spec": {"project": "default", "source": {"repoURL": "https://git.example/web", "path": "."}},
        }
    )


def test_a_skipped_application_asks_for_nothing() -> None:
    assert looks(None, app(**{SKIP: "true"})) == frozenset()


def test_an_application_that_is_skipped_no_more_is_fetched_and_compared() -> None:
    assert looks(app(**{SKIP: "true"}), app()) == {Look.FETCH, Look.COMPARE}


def test_an_application_that_did_not_change_asks_for_nothing() -> None:
    assert looks(app(), app()) == frozenset()
