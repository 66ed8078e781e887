"""Image, compose file and chart say the same as the code: roles, keys, who gets a credential, which versions."""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from pathlib import Path

import house
import pytest
import yaml
from packaging.version import Version

from cli.up.roles import ROLES
from gitops.settings import VARIABLES
from workers.flower_rules import ACL

CHART = house.ROOT / "charts" / "argosy"
FLEET = frozenset(ROLES) - {"work"}
"""Roles of a fleet; `work` is diff and apply in one, for one machine."""
WITHOUT_HUB = frozenset(role.name for role in ROLES.values() if not role.hub)

FLOORS = {
    "celery": "5.7",
    "flower": "2.0",
    "flask": "3.1.3",
    "werkzeug": "3.1.6",
    "jinja2": "3.1.6",
    "pyjwt": "2.13.0",
    "pyyaml": "6.0.3",
    "redis": "4.5.4",
    "urllib3": "2.6",
    "GitPython": "3.1.60",
}
"""Oldest versions without a known hole (security-reliability.md 2.4 and 2.5, C-11)."""


def mapping(value: object) -> dict[str, object]:
    assert isinstance(value, dict)
    return value


def names(value: object) -> set[str]:
    """Names of a list of networks or secrets, written short or long."""
    assert isinstance(value, list)
    return {str(mapping(entry)["source"]) if isinstance(entry, dict) else str(entry) for entry in value}


def compose() -> dict[str, object]:
    return mapping(yaml.safe_load((house.ROOT / "compose.yaml").read_text(encoding="utf-8")))


def service(role: str) -> dict[str, object]:
    return mapping(mapping(compose()["services"])[role])


def template(name: str) -> str:
    return (CHART / "templates" / f"{name}.yaml").read_text(encoding="utf-8")


def role_arguments(role: str) -> dict[str, str]:
    """What a role's template gives to the template of all roles."""
    found = re.search(r'include "argosy\.role" \((.*)\)', template(role))
    assert found, f"{role}.yaml does not use argosy.role"
    return dict(re.findall(r'"(\w+)" "?([.$\w]+)"?', found[1]))


def kept_keys(role: str) -> set[str]:
    """Names in the keys file that the chart makes for a role."""
    text = template("keys")
    variable = re.search(rf'"{role}" \$(\w+)', text)
    assert variable, f"keys.yaml has no keys for {role}"
    made = re.search(rf"\${variable[1]} := (pick \$all|dict)(.*?)}}}}", text, re.DOTALL)
    assert made, variable[1]
    if made[1] == "dict":
        return set(re.findall(r'"(\w+)"\s+(?:"\w+"|\$[\w.]+)', made[2]))
    return set(re.findall(r'"(\w+)"', made[2]))


def test_compose_has_a_service_for_every_role_and_redis() -> None:
    assert set(mapping(compose()["services"])) == FLEET | {"redis"}
    assert all(service(role)["command"] == ["run", role] for role in FLEET)


def test_chart_has_a_workload_for_every_role_and_redis() -> None:
    assert {role_arguments(role)["name"] for role in FLEET} == FLEET
    assert "kind: StatefulSet" in template("redis")
    sized = set(mapping(yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))["roles"]))
    assert sized == FLEET - {"flower"}


@pytest.mark.parametrize("role", sorted(FLEET))
def test_only_roles_that_need_the_hub_are_given_a_kubeconfig(role: str) -> None:
    given = names(service(role)["secrets"])
    assert ("kubeconfig" in given) == (role not in WITHOUT_HUB)
    assert ("ARGOSY_KUBECONFIG" in mapping(service(role)["environment"])) == (role not in WITHOUT_HUB)
    assert given <= {"kubeconfig", f"keys-{role}"}


@pytest.mark.parametrize("role", sorted(FLEET))
def test_only_roles_that_need_the_hub_are_given_a_token(role: str) -> None:
    assert (role_arguments(role)["hub"] == "true") == (role not in WITHOUT_HUB)
    bound = re.findall(r'range \$role := list (.*?) }}', template("rbac"))
    assert bound
    assert all((f'"{role}"' in roles) == (role not in WITHOUT_HUB) for roles in bound)


def test_no_account_of_the_chart_mounts_a_token_by_itself() -> None:
    parts = (CHART / "templates" / "_parts.tpl").read_text(encoding="utf-8")
    for text in (parts, template("redis")):
        account = text[text.index("kind: ServiceAccount") :]
        assert "automountServiceAccountToken: false" in account.partition("---")[0]


@pytest.mark.parametrize("role", sorted(FLEET))
def test_chart_and_one_machine_hand_out_the_same_keys(role: str) -> None:
    assert kept_keys(role) == {key.partition("=")[0] for key in ROLES[role].keys}


def test_flower_may_do_in_a_fleet_what_it_may_on_one_machine() -> None:
    assert f"}} {ACL}\n" in template("keys")


def test_containers_run_without_rights() -> None:
    for role in FLEET | {"redis"}:
        said = service(role)
        assert (said["user"], said["read_only"], said["cap_drop"]) == ("65532:65532", True, ["ALL"])
        assert said["security_opt"] == ["no-new-privileges:true"]
    assert mapping(mapping(compose()["networks"])["inside"])["internal"] is True
    assert service("beat")["networks"] == ["inside"]


@pytest.mark.parametrize("path", ["compose.yaml", "charts/argosy/templates/_parts.tpl"])
def test_roles_are_told_nothing_but_settings_that_exist(path: str) -> None:
    named = set(re.findall(r"(?<!\{)\b(ARGOSY_\w+)(?=:|, value)", (house.ROOT / path).read_text(encoding="utf-8")))
    assert {"ARGOSY_REDIS_URL", "ARGOSY_KEYS_FILE"} <= named <= {variable.name for variable in VARIABLES}


def test_secrets_of_the_compose_file_are_files_outside_of_it() -> None:
    files = mapping(compose()["secrets"]).values()
    assert all(str(mapping(file)["file"]).startswith("./secrets/") for file in files)


def test_values_are_those_of_their_schema() -> None:
    schema = mapping(json.loads((CHART / "values.schema.json").read_text(encoding="utf-8")))
    values = mapping(yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8")))
    properties = mapping(schema["properties"])
    assert set(values) == set(properties) - {"global"}
    for name, value in values.items():
        known = mapping(properties[name])
        if isinstance(value, dict) and known.get("additionalProperties") is False:
            assert set(value) == set(mapping(known["properties"])), name


def test_every_value_a_template_reads_is_there() -> None:
    values = mapping(yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8")))
    for path in sorted((CHART / "templates").iterdir()):
        for dotted in re.findall(r"\.Values\.([\w.]+)", path.read_text(encoding="utf-8")):
            place: object = values
            for part in dotted.split("."):
                assert isinstance(place, dict), f"{path.name}: {dotted}"
                assert part in place, f"{path.name}: {dotted}"
                place = place[part]


def test_package_chart_image_and_compose_have_one_version() -> None:
    chart = mapping(yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8")))
    assert chart["version"] == chart["appVersion"] == version("argosy")
    assert str(service("api")["image"]).endswith(f":{version('argosy')}}}")


def test_the_chart_brings_our_three_kinds() -> None:
    found = [mapping(yaml.safe_load(p.read_text(encoding="utf-8"))) for p in sorted((CHART / "crds").glob("*.yaml"))]
    kinds = {mapping(mapping(crd["spec"])["names"])["kind"] for crd in found}
    assert kinds == {"Application", "ApplicationSet", "AppProject"}


@pytest.mark.parametrize(("name", "floor"), sorted(FLOORS.items()))
def test_no_dependency_is_older_than_its_last_known_hole(name: str, floor: str) -> None:
    assert Version(version(name)) >= Version(floor)


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_dependency_has_a_hash(lock: str) -> None:
    entries = re.split(r"\n(?=[A-Za-z0-9])", (house.ROOT / lock).read_text(encoding="utf-8"))
    pinned = [entry for entry in entries if "==" in entry.splitlines()[0]]
    assert pinned
    assert [entry.splitlines()[0] for entry in pinned if "--hash=sha256:" not in entry] == []


def test_the_image_installs_what_the_lock_says_and_runs_as_nobody() -> None:
    text = Path(house.ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "--require-hashes -r requirements.lock" in text
    assert re.search(r"^USER 65532", text, re.MULTILINE)
