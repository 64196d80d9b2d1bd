"""The watch without a terminal: one line a look, and recordings of symptoms."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from pathlib import Path

from tests.cli.command import environment, fastdiag, shell
from tests.stack.processes import script

Options = tuple[str, ...]
LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ [A-Z]+ .+ \| [\d.]+ s, .+ of (a core|CPU)")


def test_a_reader_that_has_seen_enough_ends_it(options: Options, tmp_path: Path) -> None:
    ran = shell(f"fastdiag {' '.join(options)} | head -n 1; echo ${{PIPESTATUS[0]}}", cwd=tmp_path)
    first, code = ran.out.splitlines()
    assert LINE.fullmatch(first)
    assert code == "0"
    assert "Traceback" not in ran.err


def test_a_log_on_a_full_disk_ends_it_with_a_sentence(options: Options, tmp_path: Path) -> None:
    ran = shell(f"fastdiag {' '.join(options)} > /dev/full; echo $?", cwd=tmp_path)
    assert ran.out == "2\n"
    complaint = "error: the lines cannot be written to standard output: No space left on device"
    assert complaint in ran.err.splitlines()


def test_sigterm_ends_it_and_under_nohup_a_hangup_does_not(options: Options) -> None:
    command = ("nohup", script("fastdiag"), *options)
    with subprocess.Popen(
        command, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as watch:
        assert watch.stdout is not None
        watch.stdout.readline()
        watch.send_signal(signal.SIGHUP)
        watch.stdout.readline()
        assert watch.poll() is None
        watch.send_signal(signal.SIGTERM)
        _, complaint = watch.communicate(timeout=30)
    assert (watch.returncode, complaint) == (0, b"")


def test_a_symptom_is_recorded_once_and_the_line_says_so(tmp_path: Path) -> None:
    snapshots = tmp_path / "recordings"
    nobody = "--app-url=http://127.0.0.1:9"  # the port of the discard service: nothing listens
    ran = fastdiag(
        *("watch", nobody, "--only=probe", "--every=1s", "--max-cpu=100%", "--looks=2"),
        *("--record", snapshots, "--on=hanging-requests", "--history=off"),
    )
    assert ran.code == 0, ran.err
    first, second = ran.out.splitlines()
    assert all(LINE.match(line) for line in (first, second)), ran.out
    (kept,) = (file for file in snapshots.iterdir() if file.suffix == ".json")
    assert f"recorder: hanging-requests: {kept.name}" in first
    assert "recorder" not in second
    assert ran.err.splitlines()[0] == f"note: snapshots go to {snapshots}"
    assert json.loads(kept.read_text(encoding="utf-8"))["schema"] == 1
