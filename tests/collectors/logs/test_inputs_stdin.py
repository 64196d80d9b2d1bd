"""Standard input: pipes that end, that never end, that say nothing, and a file in its place."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fastdiag.collectors.logs.lines import MAX_BYTES, Log
from fastdiag.collectors.logs.stdin import NAME, StdinLog, open_stdin
from fastdiag.collectors.sink import SourceFailed
from fastdiag.model.signal import Reason
from tests.cli.command import fastdiag, shell

FOR_S = 0.3


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    yield reader, writer
    os.close(reader)


def stdin(fd: int, told: list[str], for_s: float = FOR_S) -> Log:
    return StdinLog(for_s=for_s, tell=told.append, fd=fd)


def test_a_pipe_is_read_to_its_end(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    os.write(writer, b"one\ntwo")
    os.close(writer)
    told: list[str] = []
    log = stdin(reader, told, for_s=60)
    first = log.first()
    assert [line.text for line in first.lines] == ["one", "two"]
    assert (told, log.more()) == ([], None)


def test_a_pipe_that_never_ends_holds_nobody_up(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    os.write(writer, b"one\n")
    told: list[str] = []
    assert [line.text for line in stdin(reader, told).first().lines] == ["one"]
    assert told == [f"{NAME} had not ended after 0.3 s: what came until then was read"]
    os.close(writer)


def test_a_pipe_that_says_nothing(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    with pytest.raises(SourceFailed, match=r"nothing came of it within 0\.3 s") as told:
        stdin(reader, []).first()
    assert told.value.reason is Reason.ABSENT
    os.close(writer)


def test_an_empty_pipe(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    os.close(writer)
    with pytest.raises(SourceFailed, match="it was empty"):
        stdin(reader, [], for_s=60).first()


def test_of_a_flood_the_newest_is_kept(tmp_path: Path) -> None:
    fed = tmp_path / "flood"
    fed.write_bytes((b"x" * 99 + b"\n") * (MAX_BYTES // 50) + b"last\n")
    with subprocess.Popen(["cat", fed], stdout=subprocess.PIPE) as cat:
        assert cat.stdout is not None
        first = stdin(cat.stdout.fileno(), [], for_s=60).first()
    assert first.is_cut
    assert first.lines[-1].text == "last"
    assert {len(line.text) for line in first.lines[:-1]} == {99}


def test_a_file_in_its_place_costs_no_more_than_its_end(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(b"")
    os.truncate(path, 4 << 30)
    with path.open("ab") as file:
        file.write(b"\nthe end\n")
    with path.open("rb") as file:
        log = open_stdin(60, lambda _: None, fd=file.fileno())
        assert [line.text for line in log.first().lines] == ["the end"]
        log.close()
        os.fstat(file.fileno())  # it is not ours to close


def test_a_descriptor_that_is_none() -> None:
    with pytest.raises(SourceFailed, match="bad file descriptor"):
        stdin(999_999, []).first()


def test_the_command_line_reads_a_pipe(tmp_path: Path) -> None:
    options = ("--only", "logs", "--log", "-", "--deadline", "2s", "-f", "json")
    (source,) = fastdiag("sources", *options, stdin="INFO: started\n", cwd=tmp_path).document["sources"]
    assert (source["name"], source["status"], source["target"]) == ("logs", "ok", NAME)


def test_the_command_line_does_not_wait_for_the_end_of_a_pipe(tmp_path: Path) -> None:
    line = "fastdiag sources --only logs --log - --deadline 1s -f json < <(echo INFO; exec sleep 9 2>&-)"
    (source,) = shell(line, cwd=tmp_path).document["sources"]
    assert source["status"] == "partial"
    assert "had not ended" in source["error"]
