"""Stdout carries the result and nothing else, whoever reads it and however poor the terminal is."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cli.command import DRAINED, environment, fastdiag, shell, written
from tests.cli.conftest import Here
from tests.stack.processes import script

ESCAPE = "\x1b"
BLOCK = "█"


@pytest.fixture
def drained(tmp_path: Path) -> Path:
    return written(tmp_path, DRAINED)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Write a snapshot whose JSON does not fit into the buffer of a pipe."""
    parts = [{"labels": {"handler": f"/a/long/path/{number}"}, "value": 5} for number in range(2000)]
    signals = {"http.latency.p95": {"value": 4.0, "by": parts}, "service.cpu": {"value": 0.2}}
    return written(tmp_path, json.dumps({"schema": 1, "signals": signals}), "large.json")


def on_a_terminal(*arguments: str | Path, environ: Mapping[str, str], stream: str = "stdout") -> str:
    """Run `fastdiag` with one of its streams on a pseudo-terminal, and return what the terminal got."""
    ours, theirs = pty.openpty()
    streams: dict[str, int] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, stream: theirs}
    with subprocess.Popen(
        [script("fastdiag"), *map(str, arguments)],
        env=environment(environ),
        stdin=subprocess.DEVNULL,
        **streams,
    ) as command:
        os.close(theirs)
        got = b""
        with suppress(OSError):  # Linux tells the end of a terminal so
            while chunk := os.read(ours, 65536):
                got += chunk
        command.wait(timeout=30)
    os.close(ours)
    return got.decode().replace("\r\n", "\n")


def test_a_pipe_gets_neither_colour_nor_progress(drained: Path) -> None:
    ran = fastdiag("diagnose", drained)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("CRITICAL  ")
    assert ESCAPE not in ran.out


def test_a_terminal_gets_colour(drained: Path) -> None:
    out = on_a_terminal("diagnose", drained, environ={"TERM": "xterm"})
    assert f"{ESCAPE}[1;31mCRITICAL" in out


@pytest.mark.parametrize("environ", [{"TERM": "xterm", "NO_COLOR": "1"}, {"TERM": "dumb"}, {}])
def test_a_terminal_without_colours_gets_the_same_words(environ: dict[str, str], drained: Path) -> None:
    plain = on_a_terminal("diagnose", drained, environ={**environ, "COLUMNS": "80"})
    coloured = on_a_terminal("diagnose", drained, environ={"TERM": "xterm", "COLUMNS": "80"})
    assert ESCAPE not in plain
    assert re.sub(rf"{ESCAPE}\[[\d;]*m", "", coloured) == plain


def test_explanations_follow_the_terminal_too() -> None:
    out = on_a_terminal("explain", "slow-queries", environ={"TERM": "xterm", "COLUMNS": "60"})
    assert f"{ESCAPE}[1m" in out
    plain = re.sub(rf"{ESCAPE}\[[\d;]*m", "", out).splitlines()
    prose = [line for line in plain if not line.startswith(("   psql", "   http"))]
    assert max(map(len, prose)) <= 60


def test_a_narrow_screen_is_not_overrun(drained: Path) -> None:
    wide = fastdiag("diagnose", drained, environ={"COLUMNS": "40"}).out.splitlines()
    commands = ("psql", "grep", "fastdiag snapshot", "fastdiag 0", "ss -")  # never broken: to be copied
    assert max(len(line) for line in wide if not any(word in line for word in commands)) <= 40


@pytest.mark.parametrize("columns", ["0", "-5", "many", ""])
def test_a_width_that_is_none_is_ignored(
    columns: str, drained: Path, here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = here.run("diagnose", str(drained))
    monkeypatch.setenv("COLUMNS", columns)
    assert here.run("diagnose", str(drained)) == usual


def test_a_terminal_sees_progress_on_stderr_only(tmp_path: Path) -> None:
    options = ("snapshot", "--only", "workers", "--deadline", "1s", "-o", tmp_path / "x.json")
    assert "weighing the evidence" in on_a_terminal(*options, environ={"TERM": "xterm"}, stream="stderr")
    assert on_a_terminal(*options, environ={"TERM": "xterm"}, stream="stdout") == ""


@pytest.mark.parametrize("environ", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "POSIX", "PYTHONUTF8": "0"}])
def test_a_stream_without_block_characters_gets_bars_of_ascii(environ: dict[str, str], drained: Path) -> None:
    ran = fastdiag("diagnose", drained, environ={**environ, "PYTHONCOERCECLOCALE": "0"})
    assert (ran.code, ran.err) == (0, "")
    assert "#" in ran.out
    assert ran.out.isascii()
    assert BLOCK in fastdiag("diagnose", drained).out


@pytest.mark.parametrize("form", ["json", "markdown"])
def test_a_document_is_utf_8_whatever_the_terminal_is(form: str, tmp_path: Path) -> None:
    snapshot = written(tmp_path, DRAINED.replace('"signals"', '"service": "bücher", "signals"'))
    ascii_only = fastdiag("diagnose", snapshot, "-f", form, environ={"PYTHONIOENCODING": "ascii"})
    assert "bücher" in ascii_only.out
    assert ascii_only == fastdiag("diagnose", snapshot, "-f", form)


def test_what_stands_in_a_file_is_what_a_pipe_gets(drained: Path, tmp_path: Path) -> None:
    piped = fastdiag("diagnose", drained).out
    assert shell("fastdiag diagnose snapshot.json > redirected.txt", cwd=tmp_path).code == 0
    written_itself = fastdiag("diagnose", drained, "-o", tmp_path / "itself.txt")
    assert (written_itself.out, written_itself.err) == ("", "")
    assert (tmp_path / "redirected.txt").read_text() == piped
    assert (tmp_path / "itself.txt").read_text() == piped


@pytest.mark.parametrize(
    ("name", "begin"), [("x.json", "{"), ("x.MD", "#"), ("x.markdown", "#"), ("x.txt", "CRITICAL")]
)
def test_the_suffix_chooses_the_format(name: str, begin: str, drained: Path, tmp_path: Path) -> None:
    assert fastdiag("diagnose", drained, "-o", tmp_path / name).code == 0
    assert (tmp_path / name).read_text().startswith(begin)


def test_a_dash_is_standard_output(drained: Path, tmp_path: Path) -> None:
    assert fastdiag("diagnose", drained, "-o", "-", cwd=tmp_path).out == fastdiag("diagnose", drained).out
    assert not (tmp_path / "-").exists()


@pytest.mark.parametrize(("options", "code"), [("", 0), ("--fail-on critical", 1)])
def test_a_reader_who_has_seen_enough_changes_nothing(
    options: str, code: int, large: Path, tmp_path: Path
) -> None:
    line = f"fastdiag diagnose {large.name} -f json {options} | head -1; echo ${{PIPESTATUS[0]}}"
    ran = shell(line, cwd=tmp_path)
    assert (ran.out, ran.err) == (f"{{\n{code}\n", "")


def test_help_for_nobody_is_no_finding(tmp_path: Path) -> None:
    ran = shell("(sleep 1; fastdiag snapshot --help; echo $? >&2) | true", cwd=tmp_path)
    assert ran.err == "0\n"


def test_a_closed_stdout_is_no_defect(drained: Path, tmp_path: Path) -> None:
    ran = shell(f"fastdiag diagnose {drained.name} --fail-on critical >&-", cwd=tmp_path)
    assert (ran.code, ran.out, ran.err) == (1, "", "")


def test_complaints_never_end_up_in_the_result(tmp_path: Path) -> None:
    ran = shell("fastdiag diagnose nowhere.json 2>&-", cwd=tmp_path)
    assert (ran.code, ran.out, ran.err) == (2, "", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this platform has no /dev/full")
def test_a_full_disk_under_stdout_is_a_sentence(drained: Path, tmp_path: Path) -> None:
    ran = shell(f"fastdiag diagnose {drained.name} > /dev/full", cwd=tmp_path)
    assert ran.code == 2
    assert ran.err == (
        "error: the result cannot be written to standard output: No space left on device\n"
        "  hint: `--output FILE` writes it elsewhere\n"
    )
