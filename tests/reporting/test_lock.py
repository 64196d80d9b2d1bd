"""One report at a time: other processes are kept out, and whoever is killed leaves nothing locked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from fastdiag.config import Settings
from fastdiag.reporting.lock import RunningError, alone, lock_file

HOLDER: Final = """\
import sys
from pathlib import Path
from fastdiag.reporting.lock import alone
with alone(Path(sys.argv[1])) as trouble:
    print(trouble, flush=True)
    sys.stdin.read()
"""


@contextmanager
def holding(file: Path) -> Iterator[subprocess.Popen[str]]:
    """Hold a lock in another process until it is left, or ended."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "None\n"
        try:
            yield process
        finally:
            process.kill()


def test_another_process_is_named(tmp_path: Path) -> None:
    file = tmp_path / "report.lock"
    with holding(file) as process, pytest.raises(RunningError) as raised, alone(file):
        pass
    assert f"process {process.pid}, since 20" in raised.value.message
    assert "--if-running skip" in (raised.value.hint or "")


def test_whoever_is_killed_leaves_nothing_locked(tmp_path: Path) -> None:
    file = tmp_path / "report.lock"
    with holding(file) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        with alone(file) as trouble:
            assert trouble is None


def test_waiting_ends_when_the_other_does(tmp_path: Path) -> None:
    file = tmp_path / "report.lock"
    with holding(file) as process:
        process.terminate()
        with alone(file, wait_s=30) as trouble:
            assert trouble is None


def test_after_a_report_comes_the_next(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "down" / "report.lock"
    for _ in range(2):
        with alone(file) as trouble:
            assert trouble is None


def test_where_nothing_can_be_locked_the_report_goes_on(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("not a folder", encoding="utf-8")
    with alone(tmp_path / "state" / "report.lock") as trouble:
        assert trouble is not None
        assert "cannot be locked" in trouble


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine", encoding="utf-8")
    (tmp_path / "report.lock").symlink_to(precious)
    with alone(tmp_path / "report.lock") as trouble:
        assert trouble is not None
    assert precious.read_text(encoding="utf-8") == "mine"


def test_services_do_not_keep_each_other_out(tmp_path: Path) -> None:
    shop = Settings(service="shop")
    same = replace(shop, app_url="http://127.0.0.1:8000")
    assert lock_file(shop, tmp_path) == lock_file(same, tmp_path)
    others = [Settings(service="pay"), Settings(), Settings(pid=7), Settings(selector='job="shop"')]
    assert len({lock_file(one, tmp_path) for one in (shop, *others)}) == 5


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "x" * 300, "läden", "", "\udcff", ".."])
def test_the_name_of_a_service_is_no_path(name: str, tmp_path: Path) -> None:
    file = lock_file(Settings(service=name), tmp_path)
    assert file.parent == tmp_path
    assert len(file.name) < 100
    with alone(file) as trouble:
        assert trouble is None
