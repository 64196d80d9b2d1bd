"""Units of the journal: journal files as journald writes them, read by the real journalctl.

systemd-journal-remote (a package of its own) makes the files; without it only the refusals are tested.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fastdiag.collectors.logs.journal import JournalLog
from fastdiag.collectors.logs.lines import MAX_LINES, Batch
from fastdiag.collectors.sink import SourceFailed
from fastdiag.model.log_place import LogUnit
from fastdiag.model.signal import Reason

WRITER = next(
    filter(Path.exists, (Path(f"{base}/systemd/systemd-journal-remote") for base in ("/lib", "/usr/lib"))),
    None,
)
HOUR_S = 3600.0
needs_writer = pytest.mark.skipif(
    WRITER is None or shutil.which("journalctl") is None, reason="takes systemd-journal-remote"
)
Write = Callable[[list[tuple[float, bytes]]], Path]


def entry(at: float, message: bytes, unit: str) -> bytes:
    """Return an entry in the export format, in which journals travel."""
    fields = {
        "__REALTIME_TIMESTAMP": int(at * 1e6),
        "__MONOTONIC_TIMESTAMP": int((at - NOW + 100 * HOUR_S) * 1e6),
        "_BOOT_ID": "0123456789abcdef0123456789abcdef",
        "_SYSTEMD_UNIT": unit,
    }
    head = "".join(f"{name}={value}\n" for name, value in fields.items()).encode()
    return head + b"MESSAGE\n" + struct.pack("<Q", len(message)) + message + b"\n\n"


NOW = time.time()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return what adds entries of shop.service to a journal, and returns its folder."""
    parts: list[bytes] = []

    def written(entries: list[tuple[float, bytes]]) -> Path:
        parts.extend(entry(at, message, "shop.service") for at, message in entries)
        file = tmp_path / "in.export"
        file.write_bytes(b"".join(parts))
        folder = tmp_path / "journal"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        subprocess.run(
            [str(WRITER), "-o", str(folder / "shop.journal"), str(file)], check=True, capture_output=True
        )
        return folder

    return written


def journal(
    folder: Path, unit: str = "shop.service", since: float = NOW - HOUR_S, until: float | None = None
) -> JournalLog:
    return JournalLog(
        unit=LogUnit(unit=unit),
        since=since,
        until=until,
        deadline=time.monotonic() + 30,
        arguments=(f"--directory={folder}",),
    )


def texts(batch: Batch | None) -> list[str]:
    assert batch is not None
    return [line.text for line in batch.lines]


@needs_writer
def test_entries_come_oldest_first_with_their_time_and_those_that_were_added_after(write: Write) -> None:
    entries = [(NOW - 60, b"one"), (NOW - 50.25, b"two")]
    log = journal(write(entries))
    first = log.first()
    assert texts(first) == ["one", "two"]
    assert [line.at for line in first.lines] == [pytest.approx(NOW - 60), pytest.approx(NOW - 50.25)]
    assert (first.since, first.is_cut) == (NOW - HOUR_S, False)
    write([(time.time(), b"three")])
    assert texts(log.more()) == ["three"]


@needs_writer
def test_a_traceback_is_several_lines_and_foreign_bytes_are_harmless(write: Write) -> None:
    folder = write(
        [
            (NOW - 9, b"Traceback:\n  File\nTimeoutError"),
            (NOW - 8, b"\xff\x1b[31mred"),
            (NOW - 7, b"x" * 9000),
        ]
    )
    found = texts(journal(folder).first())
    assert found[:3] == ["Traceback:", "  File", "TimeoutError"]
    assert found[3] == "\N{REPLACEMENT CHARACTER}red"
    assert found[4] == "x" * 9000  # journalctl leaves such messages out unless it is told not to


@needs_writer
def test_a_moment_of_the_past(write: Write) -> None:
    folder = write([(NOW - 900, b"before"), (NOW - 600, b"then"), (NOW - 10, b"after")])
    log = journal(folder, since=NOW - 700, until=NOW - 500)
    first = log.first()
    assert texts(first) == ["then"]
    assert (first.until, log.more()) == (NOW - 500, None)


@needs_writer
def test_what_was_written_before_the_stretch_is_not_read_but_the_unit_is_known(write: Write) -> None:
    log = journal(write([(NOW - 10 * HOUR_S, b"long ago")]))
    assert texts(log.first()) == []


@needs_writer
def test_a_unit_that_nobody_knows(write: Write) -> None:
    with pytest.raises(SourceFailed, match="no entry of such a unit") as told:
        journal(write([(NOW, b"one")]), unit="shopp.service").first()
    assert told.value.reason is Reason.ABSENT


@needs_writer
def test_units_may_be_meant_by_a_pattern(write: Write) -> None:
    assert texts(journal(write([(NOW, b"one")]), unit="sh*.service").first()) == ["one"]


def program(folder: Path, text: str) -> str:
    """Put a journalctl into a folder; return a PATH on which it stands first."""
    path = folder / "journalctl"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


@pytest.mark.parametrize(
    ("said", "reason", "hint"),
    [
        ("No journal files were opened due to insufficient permissions.", Reason.DENIED, "systemd-journal"),
        (
            "Hint: You are currently not seeing messages from other users and the system.",
            Reason.DENIED,
            "root",
        ),
        ("No journal files were found.", Reason.ABSENT, "journald"),
        ("Failed to add match: Invalid argument", Reason.FAILED, "by hand"),
    ],
)
def test_refusals(
    said: str, reason: Reason, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", program(tmp_path, f"echo '{said}' >&2; exit 1"))
    with pytest.raises(SourceFailed) as told:
        journal(tmp_path).first()
    assert told.value.reason is reason
    assert hint in str(told.value.hint)


def test_no_journalctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceFailed, match="there is no journalctl here") as told:
        journal(tmp_path).first()
    assert told.value.reason is Reason.ABSENT


def test_one_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", program(tmp_path, "exec sleep 60"))
    log = JournalLog(unit=LogUnit(unit="shop.service"), since=NOW, deadline=time.monotonic() + 0.2)
    with pytest.raises(SourceFailed) as told:
        log.first()
    assert told.value.reason is Reason.TIMED_OUT


def test_a_flood_is_cut_to_the_newest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = '{"__REALTIME_TIMESTAMP":"%d","MESSAGE":"m"}'
    flood = tmp_path / "flood"
    flood.write_text("".join(f"{line % (2_000_000_000 - number)}\n" for number in range(MAX_LINES + 10)))
    monkeypatch.setenv("PATH", program(tmp_path, f"exec cat {flood}"))
    first = journal(tmp_path).first()
    assert (len(first.lines), first.is_cut) == (MAX_LINES, True)
    assert first.lines[-1].at == 2000.0
