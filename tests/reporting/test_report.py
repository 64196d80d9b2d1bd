"""Reports of a real Prometheus and a real history, and of files; and what is left when one is lost."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from fastdiag import pipeline
from fastdiag.config import Settings
from fastdiag.errors import FastdiagError
from fastdiag.model.changes import Trend
from fastdiag.model.course import Stage, Told
from fastdiag.model.diagnosis import Diagnosis
from fastdiag.model.history_place import HistoryPlace
from fastdiag.model.moment import iso_of
from fastdiag.model.quantity import Unit
from fastdiag.model.report import Report
from fastdiag.model.rule import Rulebook
from fastdiag.model.signal import Reading
from fastdiag.model.snapshot import Snapshot
from fastdiag.model.target import Secret
from fastdiag.reporting.make import Wishes, make_report, report_of
from fastdiag.reporting.past import Present, join
from tests.reporting.conftest import Shop
from tests.reporting.proxy import without_ranges

OVER_S: Final = 7200.0
MONDAY: Final = 1_790_000_000.0
POOL: Final = "db-pool-exhaustion"


def of_shop(shop: Shop, *, at: float | None = None) -> Settings:
    return Settings(service="shop", prometheus=Secret(shop.url), sources=("prometheus",), at=at)


def wishes(place: Path | None = None, mark: str | None = None) -> Wishes:
    return Wishes(history=HistoryPlace(store=place) if place else None, over_s=OVER_S, mark=mark)


def live(shop: Shop, place: Path | None = None, mark: str | None = None) -> Report:
    return make_report(of_shop(shop), wishes(place, mark)).report


# --- from Prometheus --------------------------------------------------------------------------


def test_the_story_of_a_drained_pool_is_told_from_the_servers_memory(shop: Shop) -> None:
    report = live(shop)
    assert report.sequence is not None
    assert [step.stage for step in report.sequence.steps] == [
        Stage.TRAFFIC_UP,
        Stage.LATENCY_CREEPS,
        Stage.CPU_FLAT,
        Stage.POOL_EMPTY,
        Stage.TIMEOUTS_APPEAR,
    ]
    assert {course.told for course in report.courses} == {Told.PROMETHEUS}
    thresholds = {course.signal: course.threshold for course in report.courses}
    assert thresholds["http.latency.p95"] == 1.0
    assert thresholds["db.pool.utilization"] == pytest.approx(0.95)
    assert thresholds["http.rps"] is None
    assert report.diagnosis.causes[0].id == POOL
    assert report.courses[0].signal == "db.pool.utilization"  # what speaks for it comes first
    assert report.headroom is not None
    assert (report.since, report.past.runs, report.no_courses) == (None, (), None)


def test_the_second_report_tells_what_changed_and_what_recurs(shop: Shop, tmp_path: Path) -> None:
    place = tmp_path / "history.sqlite"
    first = live(shop, place)
    assert (first.past.trouble, first.past.runs) == (None, ())
    second = live(shop, place, mark="deploy v1.2")
    assert second.past.trouble is None
    assert second.past.where == str(place)
    assert [run.service for run in second.past.runs] == ["shop"]
    assert second.since is not None
    assert second.since.trend is Trend.SAME
    assert [mark.text for mark in second.past.marks] == ["deploy v1.2"]
    (pool,) = [one for one in second.past.recurrences if one.id == POOL]
    assert (pool.runs, pool.is_present) == (2, True)


def test_a_cause_that_the_report_of_a_deploy_is_the_first_to_find_began_after_it(
    shop: Shop, tmp_path: Path
) -> None:
    report = live(shop, tmp_path / "history.sqlite", mark="deploy v1.2")
    (pool,) = [one for one in report.past.recurrences if one.id == POOL]
    assert pool.last_mark is not None
    assert pool.last_mark.text == "deploy v1.2"


def test_where_range_queries_are_forbidden_the_history_tells(shop: Shop, tmp_path: Path) -> None:
    place = tmp_path / "history.sqlite"
    with without_ranges(shop.url) as url:
        settings = replace(of_shop(shop), prometheus=Secret(url))
        first, second = (make_report(settings, wishes(place)).report for _ in range(2))
    assert first.courses == ()
    assert "no two diagnoses" in (first.no_courses or "")
    (note,) = [note for note in first.notes if "over time" in note]
    assert "Prometheus does not tell db.pool.utilization, " in note
    assert {course.told for course in second.courses} == {Told.HISTORY}


def test_a_look_at_the_past_leaves_no_trace(shop: Shop, tmp_path: Path) -> None:
    place = tmp_path / "history.sqlite"
    past = of_shop(shop, at=shop.story.at(55))
    made = make_report(past, wishes(place)).report
    assert made.sequence is None
    assert max(at for course in made.courses for at, _ in course.points) <= shop.story.at(55)
    assert live(shop, place).past.runs == ()


# --- losing the history -----------------------------------------------------------------------


def test_a_folder_that_is_closed_costs_the_history_and_no_more(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    report = live(shop, tmp_path / "file" / "history.sqlite")
    assert report.past.trouble is not None
    assert report.past.trouble.startswith(
        f"the history: {tmp_path / 'file' / 'history.sqlite'}: cannot be opened"
    )
    assert report.past.trouble.endswith(
        "(keep the history elsewhere: `history:` in fastdiag.yaml, or --history)"
    )
    assert report.sequence is not None


def test_a_database_that_is_down_costs_the_history_and_shows_no_secret(shop: Shop) -> None:
    dsn = Secret("postgresql://keeper:s3cr3t-w0rd@127.0.0.1:1/history")
    made = make_report(of_shop(shop), Wishes(history=HistoryPlace(store=dsn), over_s=OVER_S))
    assert made.report.past.trouble is not None
    assert "s3cr3t-w0rd" not in made.report.past.trouble
    assert made.report.sequence is not None


def test_a_file_of_something_else_is_told_and_the_report_comes(shop: Shop, tmp_path: Path) -> None:
    place = tmp_path / "history.sqlite"
    place.write_bytes(b"this is no database, and never was" * 100)
    report = live(shop, place)
    assert report.past.trouble is not None
    assert report.diagnosis.causes


# --- from history, and from files -------------------------------------------------------------


def snapshot(number: int, *, waiting: float, latency_s: float = 0.1, service: str = "shop") -> Snapshot:
    """Return what was seen at an hour of Monday."""
    values = {
        "http.latency.p95": (Unit.SECONDS, latency_s),
        "service.cpu": (Unit.RATIO, 0.2),
        "db.pool.waiting": (Unit.COUNT, waiting),
        "db.pool.utilization": (Unit.RATIO, 1.0 if waiting else 0.3),
        "http.errors.ratio": (Unit.RATIO, 0.0),
    }
    readings = {
        name: Reading(signal=name, unit=unit, source="given", value=value)
        for name, (unit, value) in values.items()
    }
    return Snapshot(
        service=service, taken_at=iso_of(MONDAY + 600 * number), window_s=300, readings=readings, missing={}
    )


def monday() -> list[Snapshot]:
    calm = [snapshot(number, waiting=0) for number in range(5)]
    return [*calm, *(snapshot(number, waiting=9, latency_s=4) for number in range(5, 8))]


def of_files(saved: Sequence[Snapshot], rulebook: Rulebook, place: Path | None = None) -> Report:
    return report_of(saved, rulebook, wishes(place)).report


def test_of_several_files_the_latest_is_reported_and_the_others_are_its_past(rulebook: Rulebook) -> None:
    report = of_files(list(reversed(monday())), rulebook)
    assert report.diagnosis.causes[0].id == POOL
    assert len(report.past.runs) == 7
    assert report.since is not None
    assert report.since.before.snapshot.taken_at == monday()[-2].taken_at
    (waiting,) = [course for course in report.courses if course.signal == "db.pool.waiting"]
    assert waiting.told is Told.HISTORY
    assert [value for _, value in waiting.points] == [0.0] * 5 + [9.0] * 3
    assert report.sequence is not None
    assert {Stage.LATENCY_CREEPS, Stage.POOL_EMPTY} < {step.stage for step in report.sequence.steps}


def test_a_stretch_in_which_nobody_looked_is_a_gap(rulebook: Rulebook) -> None:
    seen = [*monday()[:3], *monday()[6:]]
    (waiting,) = [c for c in of_files(seen, rulebook).courses if c.signal == "db.pool.waiting"]
    assert [value for _, value in waiting.points] == [0.0, 0.0, 0.0, None, 9.0, 9.0]


def test_files_are_not_kept_however_often_they_are_reported(rulebook: Rulebook, tmp_path: Path) -> None:
    place = tmp_path / "history.sqlite"
    for _ in range(2):
        assert of_files(monday()[:1], rulebook, place).past.runs == ()


def test_a_file_is_compared_with_the_report_before_it(rulebook: Rulebook, tmp_path: Path) -> None:
    place = HistoryPlace(store=tmp_path / "history.sqlite")
    for number in (0, 7):
        kept = pipeline.replay(monday()[number], rulebook).diagnosis
        assert join(place, _present(kept)).past.trouble is None
    report = report_of([monday()[4]], rulebook, Wishes(history=place, over_s=OVER_S)).report
    assert [run.taken_at for run in report.past.runs] == [monday()[0].taken_at]
    assert report.since is not None
    assert report.since.before.snapshot.taken_at == monday()[0].taken_at


def _present(diagnosis: Diagnosis) -> Present:
    return Present(diagnosis=diagnosis, host=socket.gethostname())


def test_a_report_that_saw_nothing_is_not_compared_with(rulebook: Rulebook, tmp_path: Path) -> None:
    place = HistoryPlace(store=tmp_path / "history.sqlite")
    for taken in (monday()[0], replace(monday()[1], readings={})):
        join(place, _present(pipeline.replay(taken, rulebook).diagnosis))
    report = report_of([monday()[4]], rulebook, Wishes(history=place)).report
    assert len(report.past.runs) == 2
    assert report.since is not None
    assert report.since.before.snapshot.taken_at == monday()[0].taken_at


def test_a_pod_that_is_called_otherwise_every_time_has_a_past(rulebook: Rulebook, tmp_path: Path) -> None:
    place = HistoryPlace(store=tmp_path / "history.sqlite")
    pods = ("shop-1-abcde", "shop-2-fghij", "shop-3-klmno")
    for taken, pod in zip(monday()[:3], pods, strict=True):
        join(place, Present(diagnosis=pipeline.replay(taken, rulebook).diagnosis, host=pod))
    report = report_of([monday()[4]], rulebook, Wishes(history=place)).report
    assert report.since is not None
    assert report.since.before.snapshot.taken_at == monday()[2].taken_at
    assert {len(course.points) for course in report.courses} == {4}


def test_a_host_looks_back_at_what_it_saw_itself(rulebook: Rulebook, tmp_path: Path) -> None:
    place = HistoryPlace(store=tmp_path / "history.sqlite")
    for taken, host in zip(monday()[:2], (socket.gethostname(), "another"), strict=True):
        join(place, Present(diagnosis=pipeline.replay(taken, rulebook).diagnosis, host=host))
    report = report_of([monday()[4]], rulebook, Wishes(history=place)).report
    assert len(report.past.runs) == 2
    assert report.since is not None
    assert report.since.before.snapshot.taken_at == monday()[0].taken_at


def test_one_file_alone_says_why_nothing_is_known_over_time(rulebook: Rulebook) -> None:
    report = of_files(monday()[:1], rulebook)
    assert report.courses == ()
    assert "no source is asked" in (report.no_courses or "")
    assert report.since is None


def test_a_snapshot_written_by_hand_has_no_past(rulebook: Rulebook, tmp_path: Path) -> None:
    by_hand = replace(monday()[-1], taken_at="")
    report = of_files([by_hand], rulebook, tmp_path / "history.sqlite")
    assert (report.past.runs, report.past.trouble) == ((), None)


def test_several_services_are_no_report(rulebook: Rulebook) -> None:
    with pytest.raises(FastdiagError, match="snapshots of 2 services: pay, shop"):
        of_files([snapshot(0, waiting=0), snapshot(1, waiting=0, service="pay")], rulebook)
