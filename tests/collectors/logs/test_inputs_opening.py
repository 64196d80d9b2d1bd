"""Several logs at once: what is opened, what is told of those that cannot be, and the past."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from fastdiag.collectors.logs.opening import MAX_LOGS, Look, look_again, look_first, open_logs
from fastdiag.collectors.sink import Sink, SourceFailed, SourceSkipped
from fastdiag.model.log_place import LogFile, LogPlace, LogUnit, LokiQuery
from fastdiag.model.signal import Catalogue, Missing, Reason
from fastdiag.model.target import NO_PAST, Secret, Target
from tests.collectors.logs.loki_server import LokiServer, serving


def sink(for_s: float = 10.0) -> Sink:
    return Sink("logs", Catalogue({}), time.monotonic() + for_s)


def file(path: Path, text: str = "one\n") -> LogFile:
    path.write_text(text)
    return LogFile(path=path, name=path.name)


def seen(looks: tuple[Look, ...]) -> dict[str, list[str]]:
    return {look.log.name: [line.text for line in look.batch.lines] for look in looks}


def test_two_looks_at_each(tmp_path: Path) -> None:
    places = (file(tmp_path / "a.log"), file(tmp_path / "b.log", "two\n"))
    ours = sink()
    with open_logs(Target(logs=places), ours) as logs:
        first = look_first(logs, ours)
        with (tmp_path / "b.log").open("a") as file_b:
            file_b.write("three\n")
        again = look_again(first, ours)
    assert seen(first) == {"a.log": ["one"], "b.log": ["two"]}
    assert seen(again) == {"a.log": [], "b.log": ["three"]}
    assert (ours.target, ours.requests, ours.problems) == ("a.log, b.log", 4, [])


def test_one_that_cannot_be_read_costs_the_others_nothing(tmp_path: Path) -> None:
    missing = LogFile(path=tmp_path / "missing.log", name="missing.log")
    ours = sink()
    with open_logs(Target(logs=(missing, file(tmp_path / "a.log"))), ours) as logs:
        first = look_first(logs, ours)
        assert seen(look_again(first, ours)) == {"a.log": []}
    assert seen(first) == {"a.log": ["one"]}
    assert (ours.problems, ours.hint) == (["missing.log: there is no such file"], "check the path")


def test_when_none_can_be_read_the_source_failed(tmp_path: Path) -> None:
    missing = LogFile(path=tmp_path / "missing.log", name="missing.log")
    ours = sink()
    with open_logs(Target(logs=(missing,)), ours) as logs, pytest.raises(SourceFailed) as told:
        look_first(logs, ours)
    assert (told.value.reason, told.value.detail) == (Reason.ABSENT, "missing.log: there is no such file")


def test_two_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    places = (file(tmp_path / "a/app.log"), file(tmp_path / "b/app.log", "two\n"))
    ours = sink()
    with open_logs(Target(logs=places), ours) as logs:
        first = look_first(logs, ours)
    assert seen(first) == {str(tmp_path / "a/app.log"): ["one"], str(tmp_path / "b/app.log"): ["two"]}


def test_more_than_can_be_read(tmp_path: Path) -> None:
    places = tuple(file(tmp_path / f"{number}.log") for number in range(MAX_LOGS + 1))
    ours = sink()
    with open_logs(Target(logs=places), ours) as logs:
        assert len(look_first(logs, ours)) == MAX_LOGS
    assert ours.problems == [f"only {MAX_LOGS} of {MAX_LOGS + 1} logs were read"]


def refused(target: Target) -> SourceFailed:
    with pytest.raises(SourceFailed) as told, open_logs(target, sink()):
        pass
    return told.value


def test_no_log() -> None:
    assert isinstance(refused(Target()), SourceSkipped)
    piped = Missing(Reason.NOT_CONFIGURED, "the output of pid 41 goes to a pipe")
    failure = refused(Target(lost_output=piped))
    assert isinstance(failure, SourceSkipped)
    assert failure.detail == piped.detail
    assert "kubectl logs POD | fastdiag snapshot --log -" in str(failure.hint)


def test_a_service_whose_logs_are_closed_to_us() -> None:
    failure = refused(Target(lost_output=Missing(Reason.DENIED, "where pid 41 logs may not be looked up")))
    assert failure.reason is Reason.DENIED
    assert "as root" in str(failure.hint)


@pytest.mark.parametrize("places", [(), (LogFile(path=Path("a.log"), name="a.log"),)])
def test_files_are_not_asked_about_the_past(places: tuple[LogPlace, ...]) -> None:
    failure = refused(Target(logs=places, at=1_790_000_000.0))
    assert isinstance(failure, SourceSkipped)
    assert failure.detail == NO_PAST


def test_stores_are() -> None:
    at = 1_790_000_000.0
    stream = [(at - 4000, "long before"), (at - 10, "then"), (at + 10, "after")]
    with serving(LokiServer(streams=[stream])) as server:
        places = (LokiQuery(query='{app="shop"}'), LogFile(path=Path("a.log"), name="a.log"))
        ours = sink()
        with open_logs(Target(logs=places, loki=Secret(server.url), at=at), ours) as logs:
            (look,) = look_first(logs, ours)
    assert [line.text for line in look.batch.lines] == ["then"]
    assert (look.batch.since, look.batch.until) == (at - 3600, at)
    with open_logs(Target(logs=(LogUnit(unit="shop"),), at=at), sink()) as (journal,):
        assert journal.name == "journal:shop"
