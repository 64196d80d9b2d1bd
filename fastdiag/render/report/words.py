"""What time adds to a diagnosis, in words that the screen and Markdown share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from fastdiag.model.changes import Changes
from fastdiag.model.course import Course, FailureSequence, Stage, Step, Told
from fastdiag.model.headroom import Standing
from fastdiag.model.history import Past, Recurrence
from fastdiag.model.quantity import Unit, format_value
from fastdiag.model.report import Report
from fastdiag.model.signal import Catalogue, Signal
from fastdiag.render.headroom import words as headroom_words
from fastdiag.render.words import count, listed, lowered, moment, percent

SINCE: Final = "Since the last report"
SEQUENCE: Final = "How it came about"
COURSES: Final = "Over time"
HEADROOM: Final = "What breaks first"
RECURRING: Final = "What recurs"
MARKS: Final = "What happened"
MAX_MARKS: Final = 5
MAX_RECURRING: Final = 5
MAX_LIMITS: Final = 3
_TELLERS: Final = {Told.PROMETHEUS: "Prometheus", Told.HISTORY: "the history"}


def units(changes: Changes) -> Catalogue:
    """Return in which unit each signal is that a finding quotes.

    What neither snapshot holds is computed from two signals that they do hold: a ratio.
    """
    quoted = {signal for cause in changes.causes for driver in cause.drivers for signal in driver.signals}
    known = dict.fromkeys(quoted, Unit.RATIO)
    for side in (changes.before, changes.after):
        known |= {name: reading.unit for name, reading in side.snapshot.readings.items()}
    return Catalogue({name: Signal(id=name, unit=unit, title=name) for name, unit in known.items()})


def clock(at: float) -> str:
    """Return a moment to the minute, in UTC: `2026-11-22 03:14`."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}"


def stage(step: Step) -> str:
    """Return what a stage says: `http.rps 48/s before, up to 131/s`."""
    return f"{step.signal} {step.said}"


def unseen(sequence: FailureSequence) -> str:
    """Return which stages nobody could tell; empty where all could."""
    names = [stage.value for stage in Stage if stage in sequence.unseen]
    return f"not seen: whether {listed(names)}" if names else ""


def over(report: Report) -> str:
    """Return `2026-11-22 00:10 - 06:10 UTC, told by Prometheus in 23 requests`."""
    moments = [at for course in report.courses for at, _ in course.points]
    first, last = clock(min(moments)), clock(max(moments))
    until = last.partition(" ")[2] if first.partition(" ")[0] == last.partition(" ")[0] else last
    tellers = listed(sorted({_TELLERS[course.told] for course in report.courses}))
    cost = f" in {count(report.requests, 'request')}" if report.requests else ""
    return f"{first} - {until} UTC, told by {tellers}{cost}"


def extent(course: Course) -> str:
    """Return `98 ms - 4.2 s, last 4.1 s; too high from 1 s`: the threshold where it was passed."""
    known = [value for _, value in course.points if value is not None]
    low, high, last = (format_value(one, course.unit) for one in (min(known), max(known), known[-1]))
    spread = f"{low} throughout" if low == high else f"{low} - {high}, last {last}"
    limit = course.threshold
    passed = f"; too high from {format_value(limit, course.unit)}" if limit and max(known) >= limit else ""
    return f"{spread}{passed}"


def recurrence(one: Recurrence) -> str:
    """Return `in 12 of 40 reports, 3 episodes, first 2026-11-20 10:00:00 UTC; it comes and goes`."""
    often = f"in {one.runs} of {count(one.of, 'report')}, {count(one.episodes, 'episode')}"
    since = f"first {moment(one.first_seen)}" + ("" if one.is_present else f", last {moment(one.last_seen)}")
    flapping = "; it comes and goes" if one.flapping else ""
    after = f'; the latest began after "{one.last_mark.text}"' if one.last_mark else ""
    return f"{often}, {since}{flapping}{after}"


def state(one: Recurrence) -> str:
    """Return whether a recurring cause is there now."""
    return "now" if one.is_present else "gone"


def recurring(past: Past) -> tuple[Recurrence, ...]:
    """Return what was there more than once: a first time is told by the diagnosis itself."""
    return tuple(one for one in past.recurrences if one.runs > 1)


def memory(past: Past) -> str:
    """Return `40 earlier runs in /var/lib/fastdiag/history.sqlite`; nothing where there is no history."""
    if past.where is None and not past.runs:
        return ""
    where = f" in {past.where}" if past.where else ""
    return f"{count(len(past.runs), 'earlier run')}{where}"


def limit(standing: Standing) -> str:
    """Return `x1.4  connection pool, 93% used: 14 of 15`."""
    share = headroom_words.share(standing)
    used = f"{percent(standing.utilization)} used{f': {share}' if share else ''}"
    return f"{lowered(standing.limit.title)}, {used}"


def notes(report: Report) -> Iterator[str]:
    """Yield what a person should know of what stands here, or does not."""
    if report.past.trouble:
        yield report.past.trouble
    if report.no_courses:
        yield f"nothing is known over time: {report.no_courses}"
