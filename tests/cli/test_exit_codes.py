"""The exit codes are a contract: scripts and alerts go by them."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.command import BLIND, DRAINED, SLOWISH, environment, fastdiag, written
from tests.cli.conftest import Here
from tests.stack.ports import LOOPBACK, free_port


@pytest.mark.parametrize(
    ("snapshot", "options", "code"),
    [
        (DRAINED, (), 0),
        (DRAINED, ("--fail-on", "warning"), 1),
        (DRAINED, ("--fail-on", "critical"), 1),
        (SLOWISH, ("--fail-on", "warning"), 1),
        (SLOWISH, ("--fail-on", "critical"), 0),
        (BLIND, ("--fail-on", "warning"), 3),
    ],
    ids=["found", "warning-critical", "critical-critical", "warning-warning", "critical-warning", "blind"],
)
def test_a_diagnosis_that_was_made_fails_only_on_demand(
    snapshot: str, options: tuple[str, ...], code: int, here: Here
) -> None:
    written(here.folder, snapshot)
    ran = here.run("diagnose", "snapshot.json", "-f", "json", *options)
    assert (ran.code, ran.err) == (code, "")
    assert ran.document["schema"] == 1


def test_the_process_ends_with_the_code(tmp_path: Path) -> None:
    ran = fastdiag("diagnose", written(tmp_path, DRAINED), "--fail-on", "critical")
    assert (ran.code, ran.err) == (1, "")


def test_nothing_collected_is_a_code_of_its_own_with_a_report(tmp_path: Path) -> None:
    nobody = f"http://{LOOPBACK}:{free_port()}"
    ran = fastdiag(
        "snapshot", "--only", "prometheus", "--prometheus", nobody, "--deadline", "2s", cwd=tmp_path
    )
    assert ran.code == 3
    assert ran.out.startswith("INCONCLUSIVE  ")
    assert "no source yielded a single reading" in ran.out
    assert "failed   prometheus   0 readings" in ran.out
    assert nobody in ran.out


def test_a_defect_is_a_sentence_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "yaml.py").write_text("raise RuntimeError('it broke at postgresql://shop:hunter2@db/shop')")
    ran = fastdiag("explain", "slow-queries", environ={"PYTHONPATH": str(tmp_path)})
    assert (ran.code, ran.out) == (4, "")
    assert ran.err == (
        "internal error: RuntimeError: it broke at postgresql://shop:***@db/shop\n"
        "  hint: this is a defect of fastdiag; FASTDIAG_DEBUG=1 shows where, please report it\n"
    )


def test_who_asks_where_a_defect_is_gets_the_traceback_and_the_same_code(tmp_path: Path) -> None:
    (tmp_path / "yaml.py").write_text("raise RuntimeError('it broke')")
    ran = fastdiag("explain", "x", environ={"PYTHONPATH": str(tmp_path), "FASTDIAG_DEBUG": "1"})
    assert (ran.code, ran.out) == (4, "")
    assert "Traceback (most recent call last)" in ran.err


def test_ctrl_c_ends_a_snapshot_at_once(tmp_path: Path) -> None:
    # A shell that runs its jobs in the background makes them ignore SIGINT; ask for it again.
    program = "import signal, fastdiag.__main__ as m; signal.signal(2, signal.default_int_handler); m.main()"
    with closing(socket.create_server((LOOPBACK, 0))) as silent:
        url = f"http://{LOOPBACK}:{silent.getsockname()[1]}"
        options = ["--only", "prometheus", "--prometheus", url, "--deadline", "50s"]
        with subprocess.Popen(
            [sys.executable, "-c", program, "snapshot", *options],
            cwd=tmp_path,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as command:
            silent.settimeout(30)
            connection, _ = silent.accept()  # it is waiting for an answer now
            command.send_signal(signal.SIGINT)
            out, err = command.communicate(timeout=20)
            connection.close()
    assert (command.returncode, out, err) == (130, b"", b"interrupted\n")
