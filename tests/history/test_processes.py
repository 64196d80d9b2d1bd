"""Several processes write at once; one is killed in the middle: what was kept stays kept."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Final

from fastdiag.history.open import open_store
from fastdiag.history.store import HistoryPlace, Keep
from fastdiag.model.target import Secret
from tests.stack.processes import clean_environment

REPOSITORY: Final = Path(__file__).parents[2]
LIMIT_S: Final = 60
WRITERS: Final = 3
RUNS: Final = 15
FOREVER: Final = 10**6


def start(place: HistoryPlace, runs: int, padding: int = 10) -> subprocess.Popen[str]:
    where = place.store.reveal() if isinstance(place.store, Secret) else str(place.store)
    return subprocess.Popen(
        [sys.executable, "-m", "tests.history.writer", where, str(runs), str(padding)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
        env=clean_environment(),
    )


def test_all_that_several_processes_write_at_once_is_there(place: HistoryPlace) -> None:
    writers = [start(place, RUNS) for _ in range(WRITERS)]
    printed = [writer.communicate(timeout=LIMIT_S)[0].split() for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * WRITERS
    ids = {int(id_) for ours in printed for id_ in ours}
    assert len(ids) == WRITERS * RUNS, "each run has a number of its own"
    store = open_store(place)
    assert {one.id for one in store.runs("shop")} == ids
    assert all(store.snapshot(id_) for id_ in ids)
    store.close()


def test_what_a_killed_writer_had_kept_is_there_and_nothing_is_half(tmp_path: Path) -> None:
    place = HistoryPlace(store=tmp_path / "history.sqlite", keep=Keep(age_s=1e9))
    kept: list[int] = []
    for _ in range(3):
        writer = start(place, FOREVER, padding=100_000)
        assert writer.stdout is not None
        kept += [int(writer.stdout.readline()) for _ in range(5)]
        writer.kill()
        writer.communicate(timeout=LIMIT_S)
    store = open_store(place)
    runs = store.runs("shop")
    assert {one.id for one in runs} >= set(kept)
    assert all(store.snapshot(one.id) for one in runs), "a run without its snapshot was half-written"
    assert store.add(runs[0], "{}") > max(kept)
    store.close()
    with sqlite3.connect(tmp_path / "history.sqlite") as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    file.close()


def test_nobody_else_may_read_what_is_kept(tmp_path: Path) -> None:
    mask = os.umask(0)
    try:
        store = open_store(HistoryPlace(store=tmp_path / "state" / "deep" / "history.sqlite"))
    finally:
        os.umask(mask)
    assert (tmp_path / "state" / "deep").stat().st_mode & 0o777 == 0o700
    files = list((tmp_path / "state" / "deep").iterdir())
    assert files
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    store.close()
