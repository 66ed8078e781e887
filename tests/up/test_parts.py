"""Parts of `argosy up`: back-off, lines, logs, keys."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cli.up import backoff, keys, output
from cli.up.folder import Folder


def test_the_wait_doubles_from_half_a_second_to_thirty() -> None:
    waits = [0.0]
    for _ in range(8):
        waits.append(backoff.restart_delay(waits[-1], ran_s=1))
    assert waits[1:] == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_a_minute_of_health_starts_the_wait_over() -> None:
    assert backoff.restart_delay(30, ran_s=60) == 0.5


def test_chunks_become_whole_lines() -> None:
    lines = output.Lines()
    assert lines.feed(b"a\nb") == [b"a"]
    assert lines.feed(b"c\r\n\n") == [b"bc", b""]
    assert lines.feed(b"end") == []
    assert lines.last() == [b"end"]


def test_a_line_without_an_end_does_not_fill_the_memory() -> None:
    lines = output.Lines()
    cut = lines.feed(b"x" * (output.LINE_LIMIT_BYTES + 1))
    assert [len(line) for line in cut] == [output.LINE_LIMIT_BYTES + 1]
    assert lines.last() == []


def test_a_full_log_makes_room_and_keeps_one_older_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "LOG_LIMIT_BYTES", 100)
    log = output.LogFile(tmp_path / "role.log")
    for number in range(30):
        log.write(b"line %d" % number)
    log.close()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["role.log", "role.log.1"]
    assert (tmp_path / "role.log").read_text().endswith("line 29\n")
    assert all(p.stat().st_size <= 100 for p in tmp_path.iterdir())


def test_keys_are_made_once_and_are_for_this_user_alone(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "d")
    os.umask(0)
    folder.make()
    made = keys.load_or_make(folder.keys)
    assert keys.load_or_make(folder.keys) == made
    assert folder.keys_file("all").stat().st_mode & 0o777 == 0o600
    assert folder.keys.stat().st_mode & 0o777 == 0o700


def test_a_role_is_handed_only_the_keys_it_may_have(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "d")
    folder.make()
    made = keys.load_or_make(folder.keys)
    path = keys.hand_out(folder.keys, "flower", made, ("flower_user", "redis_password=flower_redis_password"))
    assert json.loads(path.read_text()) == {
        "flower_user": "argosy",
        "redis_password": made["flower_redis_password"],
    }
