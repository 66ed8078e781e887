"""Verdicts against a real API server: what it makes of an object is what the tables have to agree with."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

import msgspec
import pytest

from cli.bed.cluster import Cluster
from cli.bed.rig import Bed
from gitops.drift.normalise import LAST_APPLIED
from gitops.drift.verdict import Judgement, judge, judge_dry_run
from gitops.model.fingerprint import Verdict
from gitops.model.objects import JsonMap, Manifest, as_map, as_text
from gitops.model.observed import Found, LiveObject
from tests.decisions.drift.server_objects import QUIET, WEB, body

US = "argocd-controller"
TAINT = {"key": "k", "operator": "Exists"}


@dataclass
class Site:
    """A namespace of a real cluster, with the few things people and controllers do to objects."""

    cluster: Cluster
    namespace: str

    def path(self, plural: str, wanted: JsonMap) -> str:
        version = as_text(wanted["apiVersion"])
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        return f"{root}/namespaces/{self.namespace}/{plural}/{as_text(as_map(wanted['metadata'])['name'])}"

    def live(self, plural: str, wanted: JsonMap) -> LiveObject:
        return _live(self.cluster.request("GET", self.path(plural, wanted)).body)

    def apply(self, plural: str, wanted: JsonMap) -> None:
        self.cluster.apply(self.path(plural, wanted), wanted, manager=US)

    def edit(
        self, plural: str, wanted: JsonMap, patch: JsonMap, *, part: str = "", manager: str = "kubectl-edit"
    ) -> None:
        answer = self.cluster.request(
            "PATCH",
            f"{self.path(plural, wanted)}{part}?fieldManager={manager}",
            patch,
            content_type="application/merge-patch+json",
        )
        assert answer.good, answer.body

    def create_client_side(self, plural: str, wanted: JsonMap, manager: str) -> None:
        written = deepcopy(wanted)
        metadata = as_map(written["metadata"])
        metadata["annotations"] = {LAST_APPLIED: msgspec.json.encode(wanted).decode()}
        place = self.path(plural, wanted).rpartition("/")[0]
        answer = self.cluster.request("POST", f"{place}?fieldManager={manager}", written)
        assert answer.good, answer.body

    def first(self, plural: str, wanted: JsonMap) -> Judgement:
        """Our judgement from here."""
        return judge(Manifest(wanted), Found(self.live(plural, wanted)), manager=US)

    def last(self, plural: str, wanted: JsonMap) -> Judgement:
        """Our judgement, the server asked where it has to be."""
        live = self.live(plural, wanted)
        first = judge(Manifest(wanted), Found(live), manager=US)
        if not first.needs_dry_run:
            return first
        answer = self.cluster.apply(f"{self.path(plural, wanted)}?dryRun=All", wanted, manager=US)
        return judge_dry_run(_live(answer.body), live, manager=US, first=first)


def _live(raw: dict[str, object]) -> LiveObject:
    parsed: JsonMap = msgspec.json.decode(msgspec.json.encode(raw))
    return LiveObject(Manifest(parsed))


@pytest.fixture
def site(bed: Bed, namespace: str) -> Iterator[Site]:
    bed.targets[0].ensure_namespace(namespace)
    yield Site(bed.targets[0], namespace)


def web(**spec: object) -> JsonMap:
    changed = deepcopy(WEB)
    as_map(changed["spec"]).update(msgspec.json.decode(msgspec.json.encode(spec)))
    return changed


def with_pod(**pod: object) -> JsonMap:
    changed = deepcopy(WEB)
    as_map(as_map(as_map(changed["spec"])["template"])["spec"]).update(msgspec.json.decode(msgspec.json.encode(pod)))
    return changed


@pytest.mark.parametrize(
    ("plural", "wanted"), QUIET, ids=[f"{o['kind']}-{as_map(o['metadata'])['name']}" for _, o in QUIET]
)
def test_what_we_applied_is_clean_without_asking_again(site: Site, plural: str, wanted: JsonMap) -> None:
    site.apply(plural, wanted)
    judgement = site.first(plural, wanted)
    assert (judgement.verdict, judgement.paths, judgement.needs_dry_run) == (Verdict.CLEAN, (), False)
    assert not judgement.contested


def test_an_empty_text_that_the_server_fills_in_is_clean_after_asking(site: Site) -> None:
    service = body("v1", "Service", "web", spec={"clusterIP": "", "sessionAffinity": "", "ports": [{"port": 80}]})
    site.apply("services", service)
    assert site.first("services", service).needs_dry_run
    assert site.last("services", service).verdict is Verdict.CLEAN


def test_an_edit_is_drift_and_names_who(site: Site) -> None:
    site.apply("deployments", WEB)
    site.edit("deployments", WEB, {"spec": {"replicas": 5}}, part="/scale", manager="kubectl-scale")
    judgement = site.first("deployments", WEB)
    assert (judgement.verdict, judgement.needs_dry_run) == (Verdict.DRIFTED, False)
    assert judgement.why == "spec.replicas was changed by kubectl-scale (Update of scale)"


def test_what_others_add_beside_us_is_no_drift(site: Site) -> None:
    site.apply("deployments", WEB)
    site.edit("deployments", WEB, {"metadata": {"annotations": {"x": "y"}}, "spec": {"progressDeadlineSeconds": 9}})
    judgement = site.first("deployments", WEB)
    assert (judgement.verdict, judgement.needs_dry_run) == (Verdict.CLEAN, False)


def test_a_field_someone_took_away_is_drift(site: Site) -> None:
    settings = body("v1", "ConfigMap", "settings", data={"a": "1", "b": "2"})
    site.apply("configmaps", settings)
    site.edit("configmaps", settings, {"data": {"b": None}})
    judgement = site.last("configmaps", settings)
    assert (judgement.verdict, judgement.paths) == (Verdict.DRIFTED, (("data", "b"),))


def test_an_item_someone_added_to_a_list_without_keys_is_drift(site: Site) -> None:
    wanted = with_pod(tolerations=[TAINT])
    site.apply("deployments", wanted)
    changed = with_pod(tolerations=[TAINT, {**TAINT, "key": "other"}])
    site.edit("deployments", wanted, {"spec": changed["spec"]})
    assert site.first("deployments", wanted).verdict is Verdict.DRIFTED


def test_a_field_someone_added_within_a_list_without_keys_is_drift_after_asking(site: Site) -> None:
    wanted = with_pod(tolerations=[TAINT])
    site.apply("deployments", wanted)
    changed = with_pod(tolerations=[{**TAINT, "effect": "NoExecute", "tolerationSeconds": 30}])
    site.edit("deployments", wanted, {"spec": changed["spec"]})
    first = site.first("deployments", wanted)
    assert (first.needs_dry_run, first.contested) == (True, True)
    assert site.last("deployments", wanted).verdict is Verdict.DRIFTED


def test_a_volume_of_another_kind_is_drift_unless_the_server_says_otherwise(site: Site) -> None:
    site.apply("deployments", WEB)
    site.edit("deployments", WEB, {"spec": with_pod(volumes=[{"name": "t", "hostPath": {"path": "/"}}])["spec"]})
    judgement = site.first("deployments", WEB)
    assert (judgement.verdict, judgement.needs_dry_run) == (Verdict.DRIFTED, True)


def test_a_field_that_left_git_is_drift_until_applied(site: Site) -> None:
    site.apply("deployments", web(revisionHistoryLimit=3))
    judgement = site.first("deployments", WEB)
    assert (judgement.verdict, judgement.needs_dry_run) == (Verdict.DRIFTED, False)
    assert judgement.why == "spec.revisionHistoryLimit left Git and is still in the cluster"
    site.apply("deployments", WEB)
    assert site.first("deployments", WEB).verdict is Verdict.CLEAN


def test_a_container_that_left_git_is_drift_until_applied(site: Site) -> None:
    side = {"name": "side", "image": "b:1"}
    containers = as_map(as_map(as_map(WEB["spec"])["template"])["spec"])["containers"]
    assert isinstance(containers, list)
    site.apply("deployments", with_pod(containers=[*containers, side]))
    assert [str(p[-1]) for p in site.first("deployments", WEB).paths] == ["[name=side]"]
    site.apply("deployments", WEB)
    assert site.first("deployments", WEB).verdict is Verdict.CLEAN


def test_a_new_value_in_git_is_certain(site: Site) -> None:
    site.apply("deployments", WEB)
    judgement = site.first("deployments", web(replicas=4))
    assert (judgement.verdict, judgement.needs_dry_run) == (Verdict.DRIFTED, False)


@pytest.mark.parametrize("manager", ["kubectl-client-side-apply", US])
def test_what_was_applied_client_side_is_clean_at_first_sight(site: Site, manager: str) -> None:
    settings = body("v1", "ConfigMap", "settings", data={"a": "1"})
    site.create_client_side("configmaps", settings, manager)
    assert site.last("configmaps", settings).verdict is Verdict.CLEAN


@pytest.mark.parametrize("manager", ["kubectl-client-side-apply", US])
def test_what_left_git_since_a_client_side_apply_is_drift(site: Site, manager: str) -> None:
    site.create_client_side("configmaps", body("v1", "ConfigMap", "settings", data={"a": "1", "b": "2"}), manager)
    now = body("v1", "ConfigMap", "settings", data={"a": "1"})
    judgement = site.first("configmaps", now)
    assert (judgement.verdict, judgement.paths, judgement.needs_dry_run) == (Verdict.DRIFTED, (("data", "b"),), False)


def test_once_we_applied_a_leftover_annotation_says_nothing(site: Site) -> None:
    settings = body("v1", "ConfigMap", "settings", data={"a": "1"})
    site.apply("configmaps", settings)
    stale = msgspec.json.encode(body("v1", "ConfigMap", "settings", data={"a": "1", "b": "2"})).decode()
    site.edit("configmaps", settings, {"metadata": {"annotations": {LAST_APPLIED: stale}}, "data": {"b": "other"}})
    assert site.last("configmaps", settings).verdict is Verdict.CLEAN
