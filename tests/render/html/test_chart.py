"""One drawing: gaps are gaps, a threshold is where it is, and nothing but numbers gets in."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime

import pytest

from fastdiag.model.quantity import Unit
from fastdiag.render.html import scale
from fastdiag.render.html.chart import Plot, Point, Window, draw
from tests.render.html.page import Element, read

WINDOW = Window(start=0.0, end=600.0)
STEADY: tuple[Point, ...] = tuple((60.0 * minute, 2.0) for minute in range(11))


def drawn(
    points: tuple[Point, ...],
    *,
    threshold: float | None = None,
    window: Window = WINDOW,
    stages: tuple[tuple[float, str], ...] = (),
    unit: Unit = Unit.SECONDS,
) -> str:
    return draw(Plot(said="words", unit=unit, points=points, threshold=threshold, stages=stages), window)


def paths(drawing: str, kind: str) -> list[str]:
    """Return what is drawn as lines of a kind."""
    groups = re.findall(rf'<g class="series {kind}">(.*?)</g>', drawing)
    return [path for group in groups for path in re.findall(r'<path d="([^"]*)"', group)]


def circles(drawing: str) -> list[Element]:
    return read(drawing).all("circle")


def test_an_unbroken_course_is_one_line() -> None:
    assert len(paths(drawn(STEADY), "course")) == 1


def test_a_gap_is_a_gap() -> None:
    broken = tuple((at, None if 200 <= at <= 300 else value) for at, value in STEADY)
    assert len(paths(drawn(broken), "course")) == 2


def test_a_moment_between_two_gaps_is_a_dot() -> None:
    lone = tuple((at, value if at == 300 else None) for at, value in STEADY)
    drawing = drawn(lone)
    assert paths(drawing, "course") == []
    assert len(circles(drawing)) == 1


def test_few_values_are_dots_and_many_are_none() -> None:
    many = tuple((6.0 * moment, 2.0) for moment in range(100))
    assert (len(circles(drawn(STEADY))), len(circles(drawn(many)))) == (len(STEADY), 0)


def test_what_was_never_seen_is_drawn_empty() -> None:
    drawing = drawn(tuple((at, None) for at, _ in STEADY))
    assert paths(drawing, "course") == []
    assert circles(drawing) == []


def test_nothing_at_all_can_be_drawn() -> None:
    assert paths(drawn(()), "course") == []


@pytest.mark.parametrize("value", [0.0, 1e-300, 1e-6, 1.0, 1e15, 1e300])
@pytest.mark.parametrize("unit", Unit)
def test_every_size_can_be_drawn(value: float, unit: Unit) -> None:
    assert len(paths(drawn(tuple((at, value) for at, _ in STEADY), unit=unit), "course")) == 1


def test_a_threshold_among_the_values_is_a_line() -> None:
    assert len(paths(drawn(STEADY, threshold=1.5), "threshold")) == 1


def test_a_threshold_far_above_does_not_flatten_the_values() -> None:
    near, far = drawn(STEADY), drawn(STEADY, threshold=500.0)
    assert paths(far, "threshold") == []
    assert paths(far, "course") == paths(near, "course")


def test_marks_and_stages_carry_their_letters() -> None:
    window = Window(start=0.0, end=600.0, marks=((120.0, "A"), (480.0, "B")))
    drawing = drawn(STEADY, window=window, stages=((300.0, "1"),))
    assert len(paths(drawing, "mark")) == 2
    assert re.findall(r'class="label">(\w)<', drawing) == ["A", "B", "1"]


def test_all_drawings_have_one_time_axis() -> None:
    late = tuple((at, value) for at, value in STEADY if at >= 300)
    (whole,), (half,) = paths(drawn(STEADY), "course"), paths(drawn(late), "course")
    assert whole.split()[-2:] == half.split()[-2:]


def test_the_drawing_holds_neither_script_nor_style_nor_date() -> None:
    drawing = drawn(STEADY)
    assert {one.tag for one in read(drawing).elements} <= {"svg", "g", "path", "text", "circle"}
    assert "<!--" not in drawing
    assert "http" not in drawing.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert str(datetime.now(tz=UTC).year) not in drawing


@pytest.mark.parametrize(
    ("top", "unit", "expected"),
    [
        (4.3, Unit.SECONDS, (0, 2, 4, 6)),
        (1.0, Unit.RATIO, (0, 0.5, 1)),
        (0.031, Unit.RATIO, (0, 0.02, 0.04)),
        (30, Unit.COUNT, (0, 10, 20, 30)),
        (300 * 2**20, Unit.BYTES, (0, 100 * 2**20, 200 * 2**20, 300 * 2**20)),
    ],
)
def test_an_axis_has_round_values(top: float, unit: Unit, expected: tuple[float, ...]) -> None:
    assert scale.values(top, unit) == pytest.approx(expected)


@pytest.mark.parametrize("top", [math.nan, math.inf, 0.0, -1.0, 5e-324])
def test_an_axis_of_nothing_is_an_axis(top: float) -> None:
    assert scale.values(top, Unit.SECONDS) == (0.0, 1.0)


def test_moments_are_round_and_in_utc() -> None:
    start = datetime(2026, 11, 22, 22, 3, 7, tzinfo=UTC).timestamp()
    assert [text for _, text in scale.moments(start, start + 3600)] == ["22:15", "22:30", "22:45", "23:00"]
    week = [text for _, text in scale.moments(start, start + 7 * 86400)]
    assert week == ["23 Nov", "25 Nov", "27 Nov", "29 Nov"]
    assert [text for _, text in scale.moments(start, start + 8)] == [
        "22:03:08",
        "22:03:10",
        "22:03:12",
        "22:03:14",
    ]


def test_a_moment_out_of_this_world_is_told_as_unknown() -> None:
    assert scale.clock(1e300) == "?"
    assert scale.seconds("yesterday") is None
