"""A report for a ticket or a wiki: the diagnosis as it always is, and in it what time adds."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from fastdiag.model.changes import CauseChange, Changes, Move
from fastdiag.model.report import Report
from fastdiag.model.signal import Catalogue
from fastdiag.render import markdown
from fastdiag.render.changes import words as changes_words
from fastdiag.render.headroom import words as headroom_words
from fastdiag.render.markup import code, plain
from fastdiag.render.report import words
from fastdiag.render.words import filled, moment

Lines = Iterator[str]


def render(report: Report) -> str:
    """Return the report as Markdown (CommonMark, and what GitHub and GitLab make of it)."""
    sections = (_since, _sequence, _courses, _headroom, _recurring, _marks, _memory)
    return markdown.render(
        report.diagnosis, also=chain.from_iterable(section(report) for section in sections)
    )


def _since(report: Report) -> Lines:
    changes = report.since
    if changes is None:
        return
    yield from _heading(words.SINCE)
    said = (changes_words.headline(changes), changes_words.moments(changes))
    yield f"**{changes.trend}**: {plain('; '.join(filter(None, said)))}"
    yield ""
    for note in changes.notes:
        yield f"- **caution**: {plain(note)}"
    catalogue = words.units(changes)
    for change in changes.causes:
        yield from _cause(change, changes, catalogue)
    for symptom in changes.symptoms:
        if symptom.move is not Move.STAYED:
            yield f"- {changes_words.MOVES[symptom.move]}: {plain(symptom.title)}"
    for signal in (one for one in changes.signals if one.crossed):
        told = plain(filled(changes_words.crossed(signal), changes.after.snapshot.parameters))
        yield f"- {code(signal.id)}: {plain(changes_words.values(signal))}, {told}"


def _cause(change: CauseChange, changes: Changes, catalogue: Catalogue) -> Lines:
    yield f"- **{plain(change.title)}**: {plain(changes_words.shift(change))}"
    for driver in change.drivers[: changes_words.MAX_DRIVERS]:
        said = plain(filled(changes_words.finding(driver), changes.after.snapshot.parameters))
        sign = "for it" if driver.push > 0 else "against it"
        yield f"  - {sign}: {said}: {code(changes_words.numbers(driver, catalogue))}"


def _sequence(report: Report) -> Lines:
    if report.sequence is None:
        return
    yield from _heading(words.SEQUENCE)
    for number, step in enumerate(report.sequence.steps, start=1):
        yield f"{number}. {words.clock(step.at)} UTC: **{step.stage}**, {code(words.stage(step))}"
    if missing := words.unseen(report.sequence):
        yield ""
        yield plain(missing)


def _courses(report: Report) -> Lines:
    if not report.courses:
        return
    yield from _heading(f"{words.COURSES}: {words.over(report)}")
    yield "| signal | range |"
    yield "| --- | --- |"
    for course in report.courses:
        yield f"| {code(course.signal)} | {plain(words.extent(course))} |"


def _headroom(report: Report) -> Lines:
    if report.headroom is None or not report.headroom.limits:
        return
    yield from _heading(words.HEADROOM)
    for standing in report.headroom.limits[: words.MAX_LIMITS]:
        yield f"- **{plain(headroom_words.multiple(standing))}** {plain(words.limit(standing))}"


def _recurring(report: Report) -> Lines:
    found = words.recurring(report.past)
    if found:
        yield from _heading(words.RECURRING)
    for one in found:
        yield f"- **{plain(one.title)}** ({words.state(one)}): {plain(words.recurrence(one))}"


def _marks(report: Report) -> Lines:
    if report.past.marks:
        yield from _heading(words.MARKS)
    for mark in report.past.marks[: words.MAX_MARKS]:
        yield f"- {plain(moment(mark.at))}: {plain(mark.text)}"


def _memory(report: Report) -> Lines:
    told = list(words.notes(report))
    if told:
        yield ""
    for note in told:
        yield f"> {plain(note)}"


def _heading(title: str) -> Lines:
    yield ""
    yield f"## {title}"
    yield ""
