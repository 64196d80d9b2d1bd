"""The line of a crontab: what cron and the shell make of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from fastdiag.errors import ConfigError
from fastdiag.model.schedule import Job, Variable
from fastdiag.schedule.cron import MAX_LINE_CHARS, crontab
from tests.schedule.jobs import HOSTILE, echoing, environment_heard, heard, job
from tests.stack.processes import MissingServerError

HALVES = (HOSTILE[:16], HOSTILE[16:])
"""All of them are longer than a line may be."""


def as_cron_runs_it(line: str) -> str:
    r"""Return the command that cron hands to the shell: it takes `\%` for a percent sign, a bare one ends it.

    After do_command.c of Vixie cron: a backslash that is escaped itself escapes nothing.
    """
    command = line.split(None, 5)[5]
    done, escaped = "", False
    for char in command:
        if escaped and char == "%":
            done = done[:-1]
        assert char != "%" or escaped, "cron would end the command here"
        escaped = char == "\\" and not escaped
        done += char
    return done


def last(text: str) -> str:
    *comments, line = text.splitlines()
    assert all(comment.startswith("#") for comment in comments)
    return line


def run(one: Job, folder: Path) -> str:
    """Run the line with a logger that keeps what it is told; return that."""
    if shutil.which("timeout") is None:
        raise MissingServerError("timeout is not installed (Debian: coreutils)")
    logger = folder / "logger"
    logger.write_text(f"#!/bin/sh\necho \"$@\" > '{folder}/tag'\ncat > '{folder}/logged'\n")
    logger.chmod(0o755)
    environ = {"PATH": f"{folder}:{os.defpath}", "HOME": str(folder)}
    command = as_cron_runs_it(last(crontab(one)))
    subprocess.run(["/bin/sh", "-c", command], check=True, timeout=20, env=environ, cwd="/")
    return (folder / "logged").read_text()


@pytest.mark.parametrize("words", HALVES)
def test_every_word_arrives_as_it_is(words: tuple[str, ...], tmp_path: Path) -> None:
    logged = run(job(program=(str(echoing(tmp_path)),), arguments=words), tmp_path)
    assert heard(tmp_path) == words
    assert sorted(logged.splitlines()) == ["a note", "the result"], "cron would send it by mail"
    assert (tmp_path / "tag").read_text() == "-t fastdiag-shop\n"


@pytest.mark.parametrize("value", ["a b'c", "100%\\%$HOME", "postgresql://fastdiag@db/shop"])
def test_variables_arrive_as_they_are(value: str, tmp_path: Path) -> None:
    run(
        job(program=(str(echoing(tmp_path)),), variables=(Variable(name="DATABASE_URL", value=value),)),
        tmp_path,
    )
    assert environment_heard(tmp_path)["DATABASE_URL"] == value


def test_secrets_come_from_a_file_and_stand_in_no_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fastdiag.schedule.places.CONFIGURATION", str(tmp_path))
    (tmp_path / "fastdiag-shop.env").write_text("PGPASSWORD='Kr0k0 dil$42'\n")
    one = job(program=(str(echoing(tmp_path)),), variables=(Variable(name="PGPASSWORD"),))
    run(one, tmp_path)
    assert environment_heard(tmp_path)["PGPASSWORD"] == "Kr0k0 dil$42"
    assert "# PGPASSWORD\n" in crontab(one)


def test_a_run_that_hangs_is_ended() -> None:
    assert " timeout -k 10 120 " in last(crontab(job()))


def test_with_a_user_it_is_a_line_for_the_system() -> None:
    assert last(crontab(job(user="www-data"))).startswith("3-59/15 * * * * www-data nice -n 5 ")


def test_a_line_that_cron_would_not_read_is_refused() -> None:
    with pytest.raises(ConfigError, match=f"cron reads {MAX_LINE_CHARS}") as caught:
        crontab(job(arguments=("report", "x" * 1000)))
    assert "fastdiag.yaml" in str(caught.value.hint)


@pytest.mark.parametrize("words", HALVES)
def test_crontab_itself_finds_nothing_wrong(words: tuple[str, ...], tmp_path: Path) -> None:
    program = shutil.which("crontab")
    if program is None:
        raise MissingServerError("crontab is not installed (Debian: apt install cron)")
    table = tmp_path / "table"
    table.write_text(crontab(job(arguments=words, variables=(Variable(name="PGPASSWORD"),))))
    check = [program, "-n", str(table)]
    done = subprocess.run(check, capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, re.sub(r".*successfully.*\n", "", done.stdout + done.stderr)) == (0, "")
