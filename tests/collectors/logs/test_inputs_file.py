"""Files as they are on disk: huge, rotated under our eyes, packed, closed to us, or no files at all."""

from __future__ import annotations

import gzip
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fastdiag.collectors.logs.lines import MAX_BYTES, MAX_LINE_CHARS, MAX_LINES, Batch, line_of
from fastdiag.collectors.logs.tail import FileLog
from fastdiag.collectors.sink import SourceFailed
from fastdiag.model.signal import Reason

GIB = 1 << 30
CLOCK_TICK_S = 0.02
NOBODY = 65534


@contextmanager
def opened(path: Path, *, is_live: bool = False) -> Iterator[FileLog]:
    log = FileLog(path=path, name=str(path), is_live=is_live)
    try:
        yield log
    finally:
        log.close()


def texts(batch: Batch | None) -> list[str]:
    assert batch is not None
    return [line.text for line in batch.lines]


def refused(path: Path) -> SourceFailed:
    with opened(path) as log, pytest.raises(SourceFailed) as told:
        log.first()
    assert told.value.hint
    return told.value


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "app.log"


def append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def test_the_end_first_and_then_what_was_added(path: Path) -> None:
    append(path, "one\n\ntwo\r\n")
    with opened(path) as log:
        first = log.first()
        append(path, "three\nfour\n")
        more = log.more()
        assert (texts(first), texts(more)) == (["one", "two"], ["three", "four"])
        assert (first.since, first.is_cut) == (None, False)
        assert more is not None
        assert more.since == first.until <= more.until
        assert all(line.at is None for line in (*first.lines, *more.lines))


def test_no_line_that_the_service_wrote_is_older_than_its_file(path: Path) -> None:
    before = time.time() - CLOCK_TICK_S
    append(path, "one\n")
    os.utime(path, (0, 0))
    with opened(path, is_live=True) as log:
        since = log.first().since
        if since is None:
            pytest.skip("this file system does not keep when a file was made")
        assert before <= since <= time.time()
    with opened(path) as copied:
        assert copied.first().since is None


def test_nothing_added_is_an_empty_look(path: Path) -> None:
    append(path, "one\n")
    with opened(path) as log:
        log.first()
        assert texts(log.more()) == []


def test_a_line_that_was_half_written_is_told_once(path: Path) -> None:
    append(path, "one\nWORKER TIM")
    with opened(path) as log:
        assert texts(log.first()) == ["one", "WORKER TIM"]
        append(path, "EOUT\nthree\n")
        assert texts(log.more()) == ["three"]


def test_of_a_huge_file_only_the_end_is_read(path: Path) -> None:
    path.touch()
    os.truncate(path, 8 * GIB)  # sparse: it takes no room, and a read of it all would take minutes
    append(path, "\nthe end\n")
    with opened(path) as log:
        first = log.first()
        assert texts(first) == ["the end"]
        assert first.is_cut


def test_the_first_line_of_a_cut_end_is_whole(path: Path) -> None:
    line = "x" * 99 + "\n"
    append(path, line * (MAX_BYTES // 100 + 5))
    with opened(path) as log:
        first = log.first()
        assert first.is_cut
        assert {len(text) for text in texts(first)} == {99}


def test_so_many_lines_and_no_more(path: Path) -> None:
    append(path, "".join(f"{number}\n" for number in range(MAX_LINES + 7)))
    with opened(path) as log:
        first = log.first()
        assert (texts(first)[0], len(first.lines), first.is_cut) == ("7", MAX_LINES, True)


def test_a_flood_between_the_looks_is_bounded_too(path: Path) -> None:
    append(path, "before\n")
    with opened(path) as log:
        log.first()
        append(path, ("x" * 999 + "\n") * (MAX_BYTES // 1000 + 9) + "last\n")
        more = log.more()
        assert more is not None
        assert more.is_cut
        assert texts(more)[-1] == "last"
        assert sum(len(text) + 1 for text in texts(more)) <= MAX_BYTES


def test_rotation_between_the_looks_loses_nothing(path: Path) -> None:
    append(path, "one\n")
    with opened(path) as log:
        log.first()
        append(path, "to the old one\n")
        path.rename(path.with_suffix(".log.1"))
        append(path.with_suffix(".log.1"), "by a writer that has not reopened yet\n")
        append(path, "to the new one\n")
        told = ["to the old one", "by a writer that has not reopened yet", "to the new one"]
        assert texts(log.more()) == told


def test_a_file_that_was_moved_away_and_not_made_again_yet(path: Path) -> None:
    append(path, "one\n")
    with opened(path) as log:
        log.first()
        append(path, "two\n")
        path.rename(path.with_suffix(".log.1"))
        assert texts(log.more()) == ["two"]


def test_what_was_rotated_away_a_moment_ago_is_read_first(path: Path) -> None:
    append(Path(f"{path}.1"), "old\n")
    append(path, "new\n")
    with opened(path) as log:
        assert texts(log.first()) == ["old", "new"]
        append(path, "newer\n")
        assert texts(log.more()) == ["newer"]


def test_both_files_together_are_bounded(path: Path) -> None:
    append(Path(f"{path}.1"), ("x" * 999 + "\n") * (MAX_BYTES // 1000 + 9))
    append(path, "new\n")
    with opened(path) as log:
        first = log.first()
        assert (first.is_cut, texts(first)[-1]) == (True, "new")
        assert sum(len(text) + 1 for text in texts(first)) <= MAX_BYTES


@pytest.mark.parametrize("content", [b"old\n", gzip.compress(b"now\n")], ids=["of yesterday", "packed"])
def test_other_files_that_were_rotated_away_are_not(path: Path, content: bytes) -> None:
    older = Path(f"{path}.1")
    older.write_bytes(content)
    if content == b"old\n":
        os.utime(older, (0, time.time() - 86400))
    append(path, "new\n")
    with opened(path) as log:
        assert texts(log.first()) == ["new"]


@pytest.mark.parametrize("new", ["new\n", "new\n" * 50], ids=["shorter than before", "longer than before"])
def test_a_file_that_was_emptied_in_place(path: Path, new: str) -> None:
    append(path, "old line\n" * 10)
    with opened(path) as log:
        log.first()
        os.truncate(path, 0)
        append(path, new)
        assert texts(log.more()) == new.split()


def test_the_hole_that_a_truncation_leaves_is_passed_over(path: Path) -> None:
    path.write_bytes(b"\0" * 5000 + b"ERROR: real\n")
    with opened(path) as log:
        assert texts(log.first()) == ["ERROR: real"]


def test_hostile_and_binary_content_is_harmless_text(path: Path) -> None:
    path.write_bytes(
        b"\x1b]0;title\x07\x1b[31mERROR\x1b[0m:\x1b[2J \xff\xfe \xe2\x80\xa8x\n" + os.urandom(4000) + b"\n"
    )
    with opened(path) as log:
        found = texts(log.first())
        assert found[0] == "ERROR: \N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}  x"
        assert not any(char < " " or "\x7f" <= char <= "\x9f" for text in found for char in text)


def test_a_line_without_end_is_cut() -> None:
    assert len(line_of(b"x" * 10 * MAX_LINE_CHARS).text) == MAX_LINE_CHARS


def test_a_link_is_followed(path: Path, tmp_path: Path) -> None:
    append(path, "one\n")
    link = tmp_path / "current"
    link.symlink_to(path)
    with opened(link) as log:
        assert texts(log.first()) == ["one"]


def test_an_empty_file_has_no_lines(path: Path) -> None:
    path.touch()
    with opened(path) as log:
        assert texts(log.first()) == []


def test_what_is_not_there(path: Path) -> None:
    assert refused(path).reason is Reason.ABSENT
    path.touch()
    assert refused(path / "below a file").reason is Reason.ABSENT
    assert refused(Path("app\0.log")).reason is Reason.ABSENT


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)  # opening it would wait for a writer
    assert "a named pipe" in refused(pipe).detail
    assert "--log -" in str(refused(pipe).hint)
    assert "a directory" in refused(tmp_path).detail
    assert "a device" in refused(Path("/dev/zero")).detail
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        assert "a socket" in refused(tmp_path / "socket").detail


def test_a_link_in_a_circle(tmp_path: Path) -> None:
    circle = tmp_path / "circle"
    circle.symlink_to(circle)
    assert refused(circle).reason is Reason.FAILED


def test_a_packed_file_is_refused_with_what_unpacks_it(tmp_path: Path) -> None:
    packed = tmp_path / "app.log.1.gz"
    packed.write_bytes(gzip.compress(b"QueuePool limit\n"))
    failure = refused(packed)
    assert failure.detail == "it is compressed (gzip)"
    assert failure.hint == f"`zcat {packed} | tail -n 20000 | fastdiag snapshot --log -`"


@pytest.mark.skipif(os.geteuid() != 0, reason="takes another user")
def test_a_file_that_is_closed_to_us(path: Path) -> None:
    append(path, "one\n")
    path.chmod(0o600)
    os.seteuid(NOBODY)
    try:
        failure = refused(path)
    finally:
        os.seteuid(0)
    assert failure.reason is Reason.DENIED
    assert str(failure.hint).startswith("run as root, or as ")
