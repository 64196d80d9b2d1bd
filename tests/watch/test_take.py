"""One look, with real sources: a server that hangs holds up one thread and not one a look."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fastdiag import pipeline
from fastdiag.config import Settings
from fastdiag.errors import FastdiagError
from fastdiag.model.snapshot import SourceStatus
from fastdiag.recorder import Recorder
from fastdiag.watch.take import OnSymptoms, Taker, still_out
from tests.render.diagnoses import HEALTHY, POOL_DRAINED


@contextmanager
def out(source: str) -> Iterator[threading.Event]:
    """Stand for a source whose call has not come back: `gather` has abandoned its thread."""
    home = threading.Event()
    thread = threading.Thread(target=home.wait, name=f"collect-{source}", daemon=True)
    thread.start()
    try:
        yield home
    finally:
        home.set()
        thread.join()


def taker(*sources: str) -> Taker:
    settings = Settings(sources=sources, deadline_s=1.0, app_url="http://127.0.0.1:9", pid=os.getpid())
    return Taker(settings=settings, table=pipeline.open_table(settings))


def test_a_source_that_is_still_out_is_not_asked_again_and_is_told_as_failed() -> None:
    look = taker("probe", "host")
    with out("probe"):
        assert still_out() == {"probe"}
        taken = look(lambda _: None)
        states = {state.name: state for state in taken.diagnosis.snapshot.sources}
        assert states["probe"].status is SourceStatus.FAILED
        assert "no answer since an earlier look" in (states["probe"].error or "")
        assert states["host"].readings
        assert still_out() == {"probe"}
    assert still_out() == frozenset()
    again = look(lambda _: None)
    assert "earlier look" not in str([state.error for state in again.diagnosis.snapshot.sources])


def test_with_every_source_out_there_is_no_look() -> None:
    with out("probe"), pytest.raises(FastdiagError, match="no source has come home"):
        taker("probe")(lambda _: None)


def test_a_symptom_that_is_waited_for_is_recorded_and_others_are_not(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "recordings")
    assert OnSymptoms(recorder=recorder, symptoms=frozenset({"error-spike"})).record(POOL_DRAINED) == ()
    (told,) = OnSymptoms(recorder=recorder, symptoms=frozenset({"hanging-requests"})).record(POOL_DRAINED)
    assert told.startswith("hanging-requests: ")
    assert told.endswith(".json")
    assert OnSymptoms(recorder=recorder).record(POOL_DRAINED) == (), "covered by the one of a moment ago"
    assert OnSymptoms(recorder=recorder).record(HEALTHY) == ()


def test_a_directory_that_has_gone_is_told_and_does_not_end_the_watch(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "recordings")
    for left in (tmp_path / "recordings").iterdir():
        left.unlink()
    (tmp_path / "recordings").rmdir()
    (tmp_path / "recordings").write_text("a file is in its place", encoding="utf-8")
    told = OnSymptoms(recorder=recorder).record(POOL_DRAINED)
    assert any("was not recorded" in sentence for sentence in told)
