"""The command line against a real server: what it prints, and with which code it ends."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from cli import approws
from cli.main import run
from gitops.model.crds.application import Application, HealthStatus, OperationState, SyncResult, SyncStatus
from gitops.model.objects import JsonMap
from tests.api.house import PASSWORD, House, application, house
from tests.api.test_applications import rendered, secret
from tests.api.test_streams import served

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@dataclass
class Shell:
    """A user at a prompt, logged in."""

    place: House
    url: str
    captured: pytest.CaptureFixture[str]

    def says(self, line: str) -> tuple[int, str, str]:
        """Exit code, stdout and stderr of `argosy LINE`."""
        self.captured.readouterr()
        code = run(line.split())
        told = self.captured.readouterr()
        return code, told.out, told.err


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Shell]:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("ARGOSY_SERVER", "ARGOCD_SERVER", "ARGOSY_AUTH_TOKEN", "ARGOCD_AUTH_TOKEN", "ARGOSY_COMPAT"):
        monkeypatch.delenv(name, raising=False)
    place = house()
    with served(place) as url:
        user = Shell(place, url, capsys)
        code, _, told = user.says(f"login {url} --username admin --password {PASSWORD.replace(' ', '%')}")
        assert (code, "Invalid username or password" in told) == (4, True)
        assert run(["login", url, "--username", "admin", "--password", PASSWORD]) == 0
        yield user


def status(place: House, name: str, *, sync: str = "Synced", health: str = "Healthy") -> Application:
    app = place.stored(name)
    after = replace(app.status, sync=SyncStatus(sync, revision="c" * 40), health=HealthStatus(health))
    return place.hub.update(app, replace(app, status=after))


class Worker:
    """Ends every operation as told, as the workers do: begun, then finished."""

    def __init__(self, place: House, ending: str = "Succeeded") -> None:
        self._place = place
        self._ending = ending
        self._count = 0
        place.hub.listen(self._heard)

    def _heard(self, change: str, body: JsonMap) -> None:
        if change == "MODIFIED" and "operation" in body:
            threading.Thread(target=self._works, args=(Application.parse(body),)).start()

    def _works(self, app: Application) -> None:
        assert app.operation is not None
        self._count += 1
        begun = START + timedelta(seconds=self._count)
        state = OperationState(app.operation, "Running", "waiting", SyncResult(revision="c" * 40), started_at=begun)
        running = replace(app, operation=None, status=replace(app.status, operation_state=state))
        running = self._place.hub.update(app, running)
        ended = replace(state, phase=self._ending, message="that is it", finished_at=begun)
        self._place.hub.update(running, replace(running, status=replace(running.status, operation_state=ended)))


def test_a_login_is_remembered_for_its_owner_only(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / ".config/argosy/config"
    assert path.stat().st_mode & 0o777 == 0o600
    config = yaml.safe_load(path.read_text())
    assert sorted(config) == ["contexts", "current-context", "servers", "users"]
    path.chmod(0o644)
    code, _, told = shell.says("app list")
    assert code == 2 and "chmod 600" in told


def test_argocds_own_file_is_read_while_ours_is_absent(shell: Shell, tmp_path: Path) -> None:
    ours, theirs = tmp_path / ".config/argosy/config", tmp_path / ".config/argocd/config"
    theirs.parent.mkdir()
    ours.rename(theirs)
    assert shell.says("account get-user-info")[1] == "Logged In: true\nUsername: admin\nIssuer: argocd\nGroups: \n"


def test_lists_come_as_table_names_json_and_yaml(shell: Shell) -> None:
    shell.place.has(application("shop"))
    status(shell.place, "shop", sync="OutOfSync")
    code, out, _ = shell.says("app list")
    heads, row = out.splitlines()
    assert code == 0
    assert heads.split() == [*approws.WIDE]
    assert row.split()[:8] == [
        "argocd/shop",
        "https://kubernetes.default.svc",
        "shop",
        "default",
        "OutOfSync",
        "Healthy",
        "Manual",
        "<none>",
    ]
    assert shell.says("app list -o name")[1] == "argocd/shop\n"
    assert shell.says("app list -o name -l no=such")[1] == ""
    [listed] = json.loads(shell.says("app list -o json")[1])
    assert (
        listed
        == yaml.safe_load(shell.says("app list -o yaml")[1])[0]
        == json.loads(shell.says("app get shop -o json")[1])
    )


def test_one_app_is_shown_with_its_sync_and_health(shell: Shell) -> None:
    shell.place.has(application("shop"))
    status(shell.place, "shop")
    code, out, _ = shell.says("app get shop")
    assert code == 0
    assert "Sync Status:        Synced to main (ccccccc)" in out
    assert "Health Status:      Healthy" in out


def test_an_app_that_is_not_there_is_forbidden_as_the_server_says(shell: Shell) -> None:
    code, out, told = shell.says("app get nothing")
    assert (code, out) == (5, "")
    assert "permission denied" in told


def test_a_sync_is_followed_to_its_end(shell: Shell) -> None:
    shell.place.has(application("shop"))
    Worker(shell.place)
    code, out, told = shell.says("app sync shop --prune --timeout 10")
    assert code == 0, told
    assert "Phase:              Succeeded" in out and "that is it" in out
    assert "operation Succeeded" in told
    assert shell.says("app sync shop --timeout 10 -q")[0] == 0


def test_a_failed_sync_is_a_no(shell: Shell) -> None:
    shell.place.has(application("shop"))
    Worker(shell.place, ending="Failed")
    assert shell.says("app sync shop --timeout 10")[0] == 1


def test_a_second_sync_meets_the_first(shell: Shell) -> None:
    shell.place.has(application("shop"))
    assert shell.says("app sync shop --async")[0] == 0
    code, _, told = shell.says("app sync shop --async")
    assert code == 7 and "another operation is already in progress" in told


def test_an_operation_that_does_not_end_in_time_is_a_time_out(shell: Shell) -> None:
    shell.place.has(application("shop"))
    code, _, told = shell.says("app sync shop --timeout 1")
    assert code == 3
    assert "waited 1 s for the operation to end (it is not begun)" in told


def test_a_wait_for_what_is_so_already_ends_at_once(shell: Shell) -> None:
    shell.place.has(application("shop"))
    status(shell.place, "shop")
    assert shell.says("app wait shop --timeout 5")[0] == 0
    assert shell.says("app wait shop --degraded --suspended --timeout 1")[0] == 3


def test_a_wait_ends_with_the_change_it_waits_for(shell: Shell) -> None:
    shell.place.has(application("shop"))
    timer = threading.Timer(0.3, status, (shell.place, "shop"))
    timer.start()
    code, _, told = shell.says("app wait shop --sync --health --timeout 10")
    timer.join()
    assert code == 0 and "sync Synced, health Healthy" in told


def test_a_wait_that_ends_without_it_says_what_it_waited_for(shell: Shell) -> None:
    shell.place.has(application("shop"))
    status(shell.place, "shop", sync="OutOfSync", health="Progressing")
    code, out, told = shell.says("app wait shop --timeout 1")
    assert (code, out) == (3, "")
    assert "sync status Synced (it is OutOfSync), and health Healthy (it is Progressing)" in told


def test_a_deleted_app_is_waited_for_until_it_is_gone(shell: Shell) -> None:
    shell.place.has(application("shop"))
    assert shell.says("app delete shop -y --cascade=false --wait")[0] == 0
    assert shell.says("app list -o name")[1] == ""
    assert shell.says("app wait shop --delete --timeout 5")[0] == 0


def test_nothing_is_deleted_without_a_yes(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.place.has(application("shop"))
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    assert shell.says("app delete shop")[0] == 130
    assert shell.place.stored("shop").metadata.deletion_timestamp is None


def test_differences_are_shown_per_object_and_counted_in_the_exit_code(shell: Shell) -> None:
    place = shell.place
    config: JsonMap = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "shop"}}
    rendered(place, {**config, "data": {"a": "2"}}, secret("bmV3"))
    cluster = place.clusters.open(place.ports.config().clusters[0])
    from gitops.model.objects import Manifest

    there: tuple[JsonMap, ...] = ({**config, "data": {"a": "1"}}, secret("b2xk"))
    for body in there:
        cluster.objects[Manifest(body).key] = Manifest(body)
    code, out, _ = shell.says("app diff a")
    assert code == 1
    assert out.splitlines()[0] == "===== /ConfigMap shop/c ======"
    assert "-  a: '1'" in out and "+  a: '2'" in out
    assert "Secret" not in out  # the comparison calls it Synced
    assert shell.says("app diff a --exit-code=false")[0] == 0
    assert shell.says("app diff a --diff-exit-code 9")[0] == 9


def test_an_app_is_created_from_flags_and_from_a_file(shell: Shell, tmp_path: Path) -> None:
    flags = "--repo https://github.com/acme/shop --path apps --dest-server https://kubernetes.default.svc"
    assert shell.says(f"app create shop {flags} --dest-namespace shop --sync-policy automated --self-heal")[0] == 0
    spec = shell.place.stored("shop").spec
    assert spec.is_automated and spec.sync_policy is not None and spec.sync_policy.automated is not None
    assert (spec.sync_policy.automated.self_heal, spec.sync_policy.automated.prune) == (True, False)
    place = tmp_path / "app.yaml"
    place.write_text(yaml.safe_dump(application("other")))
    assert shell.says(f"app create -f {place}")[0] == 0
    assert shell.says(f"app create -f {place} --upsert")[0] == 0
    assert shell.says("app list -o name")[1] == "argocd/other\nargocd/shop\n"
    code, _, told = shell.says("app create bad --repo x --path y --dest-server https://nowhere")
    assert code == 2 and "not registered" in told


def test_history_and_terminate_and_versions(shell: Shell) -> None:
    shell.place.has(application("shop"))
    assert shell.says("app history shop")[1] == "ID  DATE  REVISION\n"
    code, _, told = shell.says("app terminate-op shop")
    assert code == 2 and "No operation is in progress" in told
    assert shell.says("version")[1].splitlines()[1].startswith("server: v3.6.0")


def test_may_i_is_answered_with_yes_no_and_the_exit_code(shell: Shell) -> None:
    assert shell.says("account can-i sync applications default/shop")[:2] == (0, "yes\n")
    run(["login", shell.url, "--username", "bob", "--password", PASSWORD])
    assert shell.says("account can-i sync applications default/shop")[:2] == (1, "no\n")


def test_a_spent_token_and_a_server_that_is_away_have_their_codes(shell: Shell) -> None:
    assert shell.says("app list --auth-token a.b.c")[0] == 4
    assert shell.says("app list --server 127.0.0.1:1 --plaintext")[0] == 8


def test_as_argocd_the_codes_are_argocds(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARGOSY_COMPAT", "argocd")
    assert shell.says("app get nothing")[0] == 20
    assert shell.says("app get")[0] == 1
    shell.place.has(application("shop"))
    assert shell.says("app wait shop --timeout 1")[0] == 20


def test_the_program_itself_talks_to_the_server_that_the_environment_names(shell: Shell) -> None:
    shell.place.has(application("shop"))
    environ = {"PATH": os.environ["PATH"], "ARGOCD_SERVER": shell.url, "ARGOCD_AUTH_TOKEN": shell.place.logs_in().token}
    script = Path(sys.executable).with_name("argosy")
    done = subprocess.run(
        [script, "app", "list", "-o", "name"], env=environ, capture_output=True, text=True, timeout=20
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "argocd/shop\n", "")


@pytest.mark.parametrize("words", [["--help"], ["app", "--help"], ["version", "--client"], ["app", "sync", "--help"]])
def test_help_loads_click_and_little_else(words: list[str]) -> None:
    heavy = ("urllib3", "yaml", "flask", "celery", "kubernetes", "gitops", "rich", "cryptography", "redis")
    told = f"print(len(sys.modules), [m for m in {heavy!r} if m in sys.modules])"
    code = f"import sys; from cli.main import run; run({words!r}); {told}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=True)
    count, _, loaded = done.stdout.splitlines()[-1].partition(" ")
    assert loaded == "[]" and int(count) < 260
