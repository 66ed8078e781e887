"""What a role process reads from its environment and its keys file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gitops import settings
from gitops.errors import InvalidError
from gitops.settings import Keys, Process

KEYS = {"redis_password": "pw", "message": ["00ff", "11"], "cache": "aa", "later": 1}


def environ(folder: Path, **more: str) -> dict[str, str]:
    keys = folder / "keys.json"
    keys.write_text(json.dumps(KEYS))
    keys.chmod(0o600)
    needed = {"ARGOSY_REDIS_URL": "redis://localhost/0", "ARGOSY_KEYS_FILE": str(keys), "ARGOSY_DATA_DIR": str(folder)}
    return needed | more


def test_a_role_gets_its_keys_and_the_defaults(tmp_path: Path) -> None:
    process = Process.parse("fetch", environ(tmp_path))
    assert process.keys == Keys(redis_password="pw", message=(b"\x00\xff", b"\x11"), cache=b"\xaa")
    assert (process.namespace, process.port, process.kubeconfig) == ("argocd", 8080, None)
    assert not (process.read_only or process.take_over or process.repo_allow_http)


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("ARGOSY_REDIS_URL", "", "ARGOSY_REDIS_URL: is not set"),
        ("ARGOSY_PORT", "80o", "ARGOSY_PORT: '80o' is no number"),
        ("ARGOSY_PORT", "70000", "ARGOSY_PORT: '70000' is no number from 0 to 65535"),
        ("ARGOSY_READ_ONLY", "yes", "ARGOSY_READ_ONLY: 'yes' is no flag"),
        ("ARGOSY_LOG_LEVEL", "loud", "ARGOSY_LOG_LEVEL: 'loud' is no log level"),
        ("ARGOSY_KEYS_FILE", "/nowhere", "ARGOSY_KEYS_FILE=/nowhere: cannot be read"),
    ],
)
def test_a_wrong_variable_is_refused_by_name_and_value(tmp_path: Path, name: str, value: str, named: str) -> None:
    with pytest.raises(InvalidError) as caught:
        Process.parse("fetch", environ(tmp_path) | {name: value})
    assert named in str(caught.value)
    assert caught.value.hint


def test_an_unknown_role_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match="unknown role 'sleep'"):
        Process.parse("sleep", environ(tmp_path))


def test_a_keys_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    given = environ(tmp_path)
    Path(given["ARGOSY_KEYS_FILE"]).chmod(0o604)
    with pytest.raises(InvalidError, match="other users may read it"):
        Process.parse("fetch", given)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"message": "aa"}', '{"cache": "xyz"}', '{"vault": 5}', '{"redis_password": 1}']
)
def test_a_broken_keys_file_is_refused_without_showing_its_values(text: str) -> None:
    with pytest.raises(InvalidError) as caught:
        Keys.parse(text, "keys.json")
    assert "keys.json" in str(caught.value)
    assert "xyz" not in str(caught.value)


def test_keys_never_show_in_a_log(tmp_path: Path) -> None:
    assert "pw" not in repr(Process.parse("fetch", environ(tmp_path)))


def test_the_reference_page_is_current() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"
    assert page.read_text(encoding="utf-8") == settings.table(), "run `make docs`"
