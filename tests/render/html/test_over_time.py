"""What time adds: courses, marks, stages, changes, what recurs."""

from __future__ import annotations

import math
from dataclasses import replace

from fastdiag.model.course import Course
from fastdiag.model.history import Mark
from fastdiag.model.report import Report
from fastdiag.render.html.changes import since
from fastdiag.render.html.figures import MAX_MARKS, MAX_ROWS, figures
from fastdiag.render.html.past import MAX_RUNS, before
from tests.render.diagnoses import POOL_DRAINED
from tests.render.html.reports import (
    COURSES,
    END,
    MARKS,
    RUNS,
    SEQUENCE,
    at,
    first_ever,
    iso,
    past_of,
    recorded,
    rich,
    without_history,
)

LATENCY = COURSES[0]


def only(course: Course) -> Report:
    return Report(diagnosis=POOL_DRAINED, courses=(course,))


def test_a_course_is_told_in_words_and_rows() -> None:
    points = ((END - 120, 0.1), (END - 60, None), (END, 4.2))
    (figure,) = figures(only(replace(LATENCY, points=points))).figures
    assert figure.now == "4.2 s"
    assert figure.said == "100 ms to 4.2 s, highest at 22 Nov 22:29:15; not seen at 1 of 3 moments"
    assert figure.threshold == "too much from 1 s on"
    assert figure.rows == (
        ("22 Nov 22:27:15", "100 ms", "100 ms"),
        ("22 Nov 22:28:15", "not seen", "not seen"),
        ("22 Nov 22:29:15", "4.2 s", "4.2 s"),
    )


def test_a_long_course_is_summed_up_without_losing_a_spike() -> None:
    points = tuple((END + second, 9.0 if second == 777 else 1.0) for second in range(2000))
    (figure,) = figures(only(replace(LATENCY, points=points))).figures
    assert figure.is_summed_up
    assert len(figure.rows) <= MAX_ROWS
    assert {highest for _, _, highest in figure.rows} == {"1 s", "9 s"}


def test_what_is_no_number_is_a_gap() -> None:
    points = ((END - 60, math.nan), (END, math.inf))
    (figure,) = figures(only(replace(LATENCY, points=points))).figures
    assert (figure.now, figure.said) == ("not seen", "not seen at any moment of this window")


def test_a_course_of_one_moment_and_one_of_none() -> None:
    (figure,) = figures(only(replace(LATENCY, points=((END, 1.0),)))).figures
    assert figure.said == "always 1 s"
    assert figures(only(replace(LATENCY, points=()))).figures == ()


def test_only_marks_of_the_window_get_a_letter() -> None:
    found = figures(rich("leak-on-conflict"))
    assert [(mark.label, mark.text) for mark in found.marks] == [
        ("A", "22 Nov 21:37:15 UTC: deploy v1.2"),
        ("B", "22 Nov 22:17:15 UTC: restart of the database"),
    ]


def test_of_many_marks_the_latest_get_letters() -> None:
    many = tuple(Mark(service=None, at=iso(at(minute)), text=f"{minute}") for minute in range(20))
    report = replace(rich("leak-on-conflict"), past=replace(rich("leak-on-conflict").past, marks=many))
    found = figures(report).marks
    assert len(found) == MAX_MARKS
    assert found[-1].text.endswith(": 0")


def test_two_marks_at_one_moment_are_two() -> None:
    both = tuple(Mark(service=None, at=iso(at(5)), text=text) for text in ("one", "other"))
    report = replace(rich("leak-on-conflict"), past=replace(rich("leak-on-conflict").past, marks=both))
    assert [note.text.rpartition(" ")[2] for note in figures(report).marks] == ["one", "other"]


def test_stages_are_numbered_as_they_came() -> None:
    found = figures(rich("leak-on-conflict"))
    assert [(one.number, one.title) for one in found.stages] == [
        (number, str(step.stage)) for number, step in enumerate(SEQUENCE.steps, start=1)
    ]
    assert found.unseen_stages == ("the CPU stays flat",)
    latency = next(one for one in found.figures if one.signal == "http.latency.p95")
    assert "<text x=" in latency.drawing
    assert ">2</text>" in latency.drawing


def test_without_courses_it_is_said_why() -> None:
    found = figures(first_ever("loop-blocked"))
    assert (found.figures, found.lacking) == ((), "no Prometheus is known, and this is the first report")


def test_the_strip_ends_with_the_present() -> None:
    found = before(rich("leak-on-conflict"))
    assert len(found.strip) == len(RUNS) + 1
    assert found.strip[-4:] == ("warning", "critical", "critical", recorded("leak-on-conflict").status)
    assert found.summary.startswith("the last 48 reports, since 2026-11-22 10:44:15 UTC: 6 critical")


def test_a_long_past_is_cut() -> None:
    past = replace(past_of(POOL_DRAINED), runs=RUNS * 3)
    assert len(before(Report(diagnosis=POOL_DRAINED, past=past)).strip) == MAX_RUNS


def test_the_first_report_says_so() -> None:
    found = before(first_ever("loop-blocked"))
    assert (found.strip, found.summary) == ((), "no earlier report of this service is known")


def test_a_lost_history_is_told() -> None:
    assert "disk I/O error" in before(without_history("lock-queue")).trouble


def test_what_recurs_says_since_when_and_after_what() -> None:
    first = before(rich("leak-on-conflict")).recurring[0]
    assert (first.state, first.is_flapping) == ("now", False)
    assert first.said.startswith("2 episodes, found in 6 of 46 reports; first seen 2026-11-22 12:44:15 UTC")
    assert first.after == f"the latest began after: deploy v1.2 ({MARKS[0].at[:10]} 21:37:15 UTC)"


def test_changes_have_their_units_without_the_rule_table() -> None:
    changes = rich("leak-on-conflict").since
    assert changes is not None
    found = since(changes)
    assert found.trend == "worse"
    numbers = " ".join(driver.numbers for cause in found.causes for driver in cause.drivers)
    assert " -> " in numbers
    assert found.crossed
    assert all(row.crossed for row in found.crossed)
