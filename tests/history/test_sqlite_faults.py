"""A file that is damaged, foreign, too new, closed to us, gone, or on a full disk: told, and never lost."""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

import pytest

from fastdiag.errors import HistoryError
from fastdiag.history.open import open_store
from fastdiag.history.place import default_path
from fastdiag.history.sqlite_file import may_share_log
from fastdiag.history.store import HistoryPlace, Keep, Store
from tests.history.runs import mark, run
from tests.stack.processes import MissingServerError, clean_environment

AGES: Final = Keep(age_s=1e9)
PAGE_BYTES: Final = 4096


def opened(path: Path) -> Store:
    return open_store(HistoryPlace(store=path, keep=AGES))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a history with some runs, all of it in the file and none in the log."""
    path = tmp_path / "fastdiag" / "history.sqlite"
    store = opened(path)
    for step in range(30):
        store.add(run(step), f'"{os.urandom(6000).hex()}"')
    store.close()
    assert not Path(f"{path}-wal").exists()
    return path


def trouble(path: Path) -> HistoryError:
    with pytest.raises(HistoryError) as caught:
        _use(path)
    assert caught.value.where == str(path)
    return caught.value


def _use(path: Path) -> None:
    store = opened(path)
    try:
        for one in store.runs(None):
            store.snapshot(one.id)
        store.add(run(100), '"new"')
    finally:
        store.close()


def test_a_damaged_history_is_set_aside_and_a_new_one_begins(file: Path) -> None:
    content = file.read_bytes()
    damaged = content[:PAGE_BYTES] + os.urandom(len(content) - PAGE_BYTES)
    file.write_bytes(damaged)
    error = trouble(file)
    assert "the history is damaged" in error.message
    assert "a new one begins with the next run" in error.message
    asides = sorted(file.parent.glob("history.sqlite.damaged-*"))  # what belongs to it comes after it
    assert asides[0].read_bytes() == damaged, "nothing of it is deleted"
    assert str(asides[0]) in str(error.hint)
    assert not file.exists()
    _use(file)
    with closing(opened(file)) as store:
        assert len(store.runs(None)) == 1


def test_a_history_that_lost_even_its_header_is_set_aside(file: Path) -> None:
    file.write_bytes(b"\0" * len(file.read_bytes()))
    assert "damaged" in trouble(file).message
    assert list(file.parent.glob("history.sqlite.damaged-*"))


def test_a_file_elsewhere_that_may_be_somebody_elses_stays(file: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "history.sqlite"
    elsewhere.write_bytes(b"\0" * 9000)
    assert "no history of fastdiag" in trouble(elsewhere).message
    assert elsewhere.read_bytes() == b"\0" * 9000
    assert file.exists()


def test_who_still_has_a_damaged_file_open_goes_on_in_the_new_one(file: Path) -> None:
    with closing(opened(file)) as watching:
        file.rename(file.with_name("elsewhere"))
        id_ = watching.add(run(200), '"kept"')
        assert watching.snapshot(id_) == '"kept"'
    with closing(opened(file)) as store:
        assert [one.id for one in store.runs(None)] == [id_]


@pytest.mark.parametrize("content", [b"service: shop\n" * 100, b"x"])
def test_somebody_elses_file_is_left_as_it_is(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(content)
    error = trouble(path)
    assert error.message == "this file is no history of fastdiag, and is left as it is"
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_somebody_elses_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    with closing(sqlite3.connect(path)) as theirs:
        theirs.execute("CREATE TABLE orders (id INTEGER)")
    before = path.read_bytes()
    assert "no history of fastdiag" in trouble(path).message
    assert path.read_bytes() == before


def test_a_file_whose_maker_was_killed_before_there_was_a_table_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    with closing(sqlite3.connect(path)) as killed:
        killed.execute("PRAGMA auto_vacuum = INCREMENTAL")  # writes the header, and nothing else
    assert path.stat().st_size > 0
    _use(path)
    with closing(opened(path)) as store:
        assert [one.service for one in store.runs(None)] == [run(100).service]


def test_a_history_of_a_newer_fastdiag_is_refused_and_kept(file: Path) -> None:
    with closing(sqlite3.connect(file)) as theirs:
        theirs.execute("PRAGMA user_version = 7")
    error = trouble(file)
    assert error.message == "a newer fastdiag has written this history: schema 7, and this one knows 1"
    assert str(error.hint).startswith("upgrade fastdiag")
    assert file.exists()


def test_a_row_that_is_none_of_ours_is_told(file: Path) -> None:
    with closing(sqlite3.connect(file)) as theirs:
        theirs.execute("UPDATE run SET body = x'00ff' WHERE id = 7")
        theirs.commit()
    assert "run 7 cannot be read" in trouble(file).message
    assert list(file.parent.glob("*.damaged-*"))


def test_a_writer_that_does_not_end_is_told_as_such(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fastdiag.history.sqlite_file.BUSY_S", 0.2)
    with closing(opened(file)) as store, closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(HistoryError, match="others have been writing"):
            store.add(run(100), "{}")
        assert len(store.runs(None)) == 30, "who only reads does not wait"
        other.execute("ROLLBACK")
        assert store.add(run(100), "{}")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a folder belongs")
    error = trouble(tmp_path / "state" / "history.sqlite")
    assert error.message.startswith("cannot be opened: ")
    assert "--history" in str(error.hint)


def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    assert "cannot be opened: Is a directory" in trouble(tmp_path).message


AS_SOMEBODY_ELSE: Final = """
import os, sys
from pathlib import Path
from fastdiag.history import sqlite
from fastdiag.history.open import open_store
from fastdiag.history.store import HistoryPlace
os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    open_store(HistoryPlace(store=Path(sys.argv[1])))
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_history_that_is_not_ours_to_write_is_told(file: Path) -> None:
    for folder in (file.parent, *file.parent.parents):
        if folder.stat().st_uid == os.geteuid() and len(folder.parts) > 2:
            folder.chmod(0o755)
    said = _run(AS_SOMEBODY_ELSE, file)
    assert said.startswith("HistoryError ")
    assert "cannot be opened: Permission denied" in said


UNTIL_FULL: Final = """
import os, sys
from pathlib import Path
from fastdiag.errors import HistoryError
from fastdiag.history.open import open_store
from fastdiag.history.store import HistoryPlace, Keep
from tests.history.runs import run
store = open_store(HistoryPlace(store=Path(sys.argv[1]), keep=Keep(age_s=1e9)))
kept = []
try:
    for step in range(2000):
        kept.append(store.add(run(step), os.urandom(20000).hex()))
except HistoryError as error:
    print(error.message)
print(len(kept), len(store.runs(None, limit=9999)))
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Yield a real file system of 2 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        raise MissingServerError("a small disk cannot be mounted here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_disk_that_others_have_filled_is_told(small_disk: Path) -> None:
    path = small_disk / "history.sqlite"
    with closing(opened(path)) as store:
        store.add(run(0), '"kept"')
    with suppress(OSError), (small_disk / "core").open("wb", buffering=0) as file:
        while file.write(b"0" * PAGE_BYTES):
            pass
    assert trouble(path).message == "cannot be written: the disk is full"
    (small_disk / "core").unlink()
    with closing(opened(path)) as store:
        assert len(store.runs(None)) == 1


def test_a_full_disk_is_told_and_what_was_kept_stays(small_disk: Path) -> None:
    said, counted = _run(UNTIL_FULL, small_disk / "history.sqlite").splitlines()
    assert said == "cannot be written: the disk is full"
    kept, there = counted.split()
    assert int(kept) > 0
    assert kept == there


def test_a_file_that_may_not_grow_is_told_and_what_was_kept_stays(tmp_path: Path) -> None:
    limit = 1_000_000
    said, counted = _run(
        f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n{UNTIL_FULL}",
        tmp_path / "history.sqlite",
    ).splitlines()
    assert said.startswith("cannot be ")
    kept, there = counted.split()
    assert int(kept) > 0
    assert kept == there
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != limit


def _run(program: str, path: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        env=clean_environment(),
        timeout=60,
        check=True,
    )
    return done.stdout


def test_a_log_is_not_shared_among_machines(tmp_path: Path) -> None:
    mounts = [("/", "ext4"), ("/home", "nfs4"), ("/home/ann/local", "xfs")]
    assert may_share_log(Path("/var/lib/fastdiag/history.sqlite"), mounts)
    assert not may_share_log(Path("/home/ann/history.sqlite"), mounts)
    assert may_share_log(Path("/home/ann/local/history.sqlite"), mounts)
    assert may_share_log(tmp_path, [])


def test_readers_and_a_writer_work_side_by_side_here(file: Path) -> None:
    with closing(sqlite3.connect(file)) as theirs:
        assert theirs.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_the_file_becomes_smaller_when_it_is_pruned(file: Path) -> None:
    before = file.stat().st_size
    with closing(opened(file)) as store:
        store.mark(mark(1, "deploy"))
        store.prune(Keep(age_s=1e9, size_bytes=before // 4))
    assert file.stat().st_size < before // 2


def test_the_default_place_is_the_state_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    if sys.platform == "linux":
        assert default_path() == tmp_path / "fastdiag" / "history.sqlite"
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/fastdiag:/var/lib/other")
    assert default_path() == Path("/var/lib/fastdiag/history.sqlite")
    monkeypatch.delenv("STATE_DIRECTORY")
    monkeypatch.setattr("platformdirs.user_state_path", lambda _: Path("~/.local/state/fastdiag"))
    assert default_path() == Path("/var/lib/fastdiag/history.sqlite"), "a user without a home"
    with closing(open_store(HistoryPlace(store=tmp_path / "own.sqlite"))) as store:
        assert store.where == str(tmp_path / "own.sqlite")
