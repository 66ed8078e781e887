"""The exit codes of ui-api-cli.md 4.2, and what the shell sees of an error."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from cli.errors import CommandError, Exit, failure_of
from cli.main import run


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CommandError("no such app", code=Exit.NOT_FOUND), 6),
        (CommandError("broken"), 2),
        (click.UsageError("no such option"), 2),
        (click.Abort(), 130),
        (KeyboardInterrupt(), 130),
        (TimeoutError("still Progressing"), 3),
        (ConnectionRefusedError("127.0.0.1:1"), 8),
        (FileNotFoundError("x.yaml"), 2),
        (ZeroDivisionError("a bug"), 2),
    ],
)
def test_every_error_has_its_code(error: BaseException, code: int) -> None:
    assert failure_of(error).code == code


def test_an_error_names_object_problem_and_next_step() -> None:
    error = CommandError("does not exist", code=Exit.NOT_FOUND, about="application web", hint="see `argosy app list`")
    assert failure_of(error).line == "application web: does not exist. see `argosy app list`"


def test_codes_2_to_8_become_20_under_the_compatible_name() -> None:
    folded = {code: failure_of(CommandError("x", code=code), compat=True).code for code in Exit}
    assert folded[Exit.NO] == 1
    assert folded[Exit.INTERRUPTED] == 130
    assert {folded[code] for code in Exit if 2 <= code <= 8} == {20}
    assert failure_of(click.UsageError("no such option"), compat=True).code == 1


def test_an_unknown_command_is_a_usage_error_on_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["nope"]) == Exit.ERROR
    out, err = capfd.readouterr()
    assert out == ""
    assert "No such command 'nope'" in err


def test_loading_the_command_line_loads_no_server_code() -> None:
    loaded = "import sys, cli.main; print([m for m in ('celery', 'flask', 'gitops', 'urllib3') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", loaded], check=True, capture_output=True, text=True, timeout=30)
    assert found.stdout.strip() == "[]"
