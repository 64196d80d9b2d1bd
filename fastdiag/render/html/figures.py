"""Key signals over time: drawings on one time axis, what happened, and the numbers as tables."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from markupsafe import Markup

from fastdiag.model.course import Course, Step, Told
from fastdiag.model.history import Mark
from fastdiag.model.quantity import format_value
from fastdiag.model.report import Report
from fastdiag.render.html import scale
from fastdiag.render.html.chart import Plot, Point, Window, draw, shows_threshold
from fastdiag.render.html.parts import Note
from fastdiag.render.words import count, filled

MAX_FIGURES: Final = 12
MAX_MARKS: Final = 8
"""More letters than this do not stand beside each other on a small chart; the latest matter most."""
MAX_ROWS: Final = 48
_LETTERS: Final = "ABCDEFGH"
_TOLD_BY: Final = {
    Told.PROMETHEUS: "told by Prometheus",
    Told.HISTORY: "told by the history: one value a report",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One signal over time. ``rows`` say the same as the drawing: moment, lowest and highest value."""

    title: str
    signal: str
    drawing: Markup
    now: str
    said: str
    threshold: str
    rows: tuple[tuple[str, str, str], ...]
    is_summed_up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stage of the failure sequence, by the number that stands in the drawing."""

    number: int
    title: str
    when: str
    signal: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The whole section; ``lacking`` says why there is no drawing."""

    figures: tuple[Figure, ...]
    lacking: str
    told_by: str
    window: str
    marks: tuple[Note, ...]
    stages: tuple[Stage, ...]
    unseen_stages: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nobody looked at any time but the present, so that there is nothing to say."""
        return not (self.figures or self.lacking or self.stages)


def figures(report: Report) -> Figures:
    """Return the section; without anything over time it only says why."""
    parameters = report.diagnosis.snapshot.parameters
    courses = [_drawable(course, parameters) for course in report.courses[:MAX_FIGURES] if course.points]
    steps = report.sequence.steps if report.sequence else ()
    window = _window(courses, report.past.marks)
    told = tuple(dict.fromkeys(_TOLD_BY[course.told] for course in courses))
    return Figures(
        figures=tuple(_figure(course, window, steps) for course in courses),
        lacking=report.no_courses or "",
        told_by="; ".join(told),
        window=f"{scale.clock(window.start)} to {scale.clock(window.end)} UTC" if courses else "",
        marks=tuple(_lettered(window, report.past.marks)),
        stages=tuple(_stage(number, step) for number, step in enumerate(steps, start=1)),
        unseen_stages=tuple(str(stage) for stage in report.sequence.unseen) if report.sequence else (),
    )


def _drawable(course: Course, parameters: Mapping[str, str]) -> Course:
    """Return a course whose every value can be drawn: what is no number is a gap."""
    points = (
        (at, None if value is None or not math.isfinite(value) else value) for at, value in course.points
    )
    return replace(course, title=filled(course.title, parameters), points=tuple(points))


def _window(courses: Sequence[Course], marks: Sequence[Mark]) -> Window:
    moments = [at for course in courses for at, _ in course.points]
    if not moments:
        return Window(start=0.0, end=0.0)
    start, end = min(moments), max(moments)
    inside = [
        (at, mark) for mark in marks if (at := scale.seconds(mark.at)) is not None and start <= at <= end
    ]
    latest = sorted(inside, key=lambda item: item[0])[-MAX_MARKS:]
    lettered = tuple((at, _LETTERS[index]) for index, (at, _) in enumerate(latest))
    return Window(start=start, end=max(end, start + 1.0), marks=lettered)


def _lettered(window: Window, marks: Sequence[Mark]) -> Iterator[Note]:
    """Yield what each letter stands for."""
    left = {at: [mark for mark in marks if scale.seconds(mark.at) == at] for at, _ in window.marks}
    for at, letter in window.marks:
        mark = left[at].pop(0)
        yield Note(label=letter, text=f"{scale.clock(at)} UTC: {mark.text}")


def _stage(number: int, step: Step) -> Stage:
    when = f"{scale.clock(step.at)} UTC"
    return Stage(number=number, title=str(step.stage), when=when, signal=step.signal, said=step.said)


def _figure(course: Course, window: Window, steps: Sequence[Step]) -> Figure:
    seen = [(at, value) for at, value in course.points if value is not None]
    said = _said(course, seen)
    numbered = enumerate(steps, start=1)
    stages = tuple((step.at, str(number)) for number, step in numbered if step.signal == course.signal)
    plot = Plot(
        said=f"{course.title}: {said}",
        unit=course.unit,
        points=course.points,
        threshold=course.threshold,
        stages=stages,
    )
    return Figure(
        title=course.title,
        signal=course.signal,
        drawing=draw(plot, window),
        now=format_value(seen[-1][1], course.unit) if seen else "not seen",
        said=said,
        threshold=_threshold(course, seen),
        rows=tuple(_rows(course)),
        is_summed_up=len(course.points) > MAX_ROWS,
    )


def _said(course: Course, seen: Sequence[tuple[float, float]]) -> str:
    """Return what the drawing shows in words: `120 ms to 4.2 s, highest at 03:12:00`."""
    if not seen:
        return "not seen at any moment of this window"
    lowest, highest = min(value for _, value in seen), max(value for _, value in seen)
    gaps = len(course.points) - len(seen)
    missing = f"; not seen at {gaps} of {count(len(course.points), 'moment')}" if gaps else ""
    if lowest == highest:
        return f"always {format_value(lowest, course.unit)}{missing}"
    when = next(at for at, value in seen if value == highest)
    both = f"{format_value(lowest, course.unit)} to {format_value(highest, course.unit)}"
    return f"{both}, highest at {scale.clock(when)}{missing}"


def _threshold(course: Course, seen: Sequence[tuple[float, float]]) -> str:
    if course.threshold is None:
        return ""
    height = max((value for _, value in seen), default=0.0)
    where = "" if shows_threshold(course.threshold, height) else ", far above the drawing"
    return f"too much from {format_value(course.threshold, course.unit)} on{where}"


def _rows(course: Course) -> Iterator[tuple[str, str, str]]:
    """Yield moment, lowest and highest value; of a long course several moments in a row."""
    size = math.ceil(len(course.points) / MAX_ROWS) or 1
    for begin in range(0, len(course.points), size):
        yield _row(course, course.points[begin : begin + size])


def _row(course: Course, together: Sequence[Point]) -> tuple[str, str, str]:
    values = [value for _, value in together if value is not None]
    when = scale.clock(together[0][0])
    if not values:
        return when, "not seen", "not seen"
    return when, format_value(min(values), course.unit), format_value(max(values), course.unit)
