"""What came before this report: how the service fared, what recurs, and what happened."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from fastdiag.model.diagnosis import Status
from fastdiag.model.history import Mark, Past, Recurrence
from fastdiag.model.report import Report
from fastdiag.render.html.parts import Note
from fastdiag.render.words import count, listed, moment

MAX_RUNS: Final = 60
MAX_MARKS: Final = 12
_WORST_FIRST: Final = (Status.CRITICAL, Status.WARNING, Status.INCONCLUSIVE, Status.OK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """A cause that was found before; ``state`` says whether it is now."""

    title: str
    state: str
    is_present: bool
    is_flapping: bool
    said: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """The whole section. ``strip`` are the statuses, the oldest first, the last one that of this report."""

    where: str
    trouble: str
    summary: str
    strip: tuple[str, ...]
    recurring: tuple[Again, ...]
    marks: tuple[Note, ...]

    @property
    def is_empty(self) -> bool:
        """Whether no history was asked, so that there is nothing to say."""
        return not (self.where or self.trouble or self.strip or self.recurring or self.marks)


def before(report: Report) -> Before:
    """Return the section."""
    past = report.past
    shown = past.runs[: MAX_RUNS - 1]
    strip = (*(run.status for run in reversed(shown)), report.diagnosis.status)
    latest = sorted(past.marks, key=lambda mark: mark.at, reverse=True)[:MAX_MARKS]
    return Before(
        where=past.where or "",
        trouble=past.trouble or "",
        summary=_summary(past, strip),
        strip=tuple(status.value for status in strip) if shown else (),
        recurring=tuple(map(_again, past.recurrences)),
        marks=tuple(Note(label=moment(mark.at), text=mark.text) for mark in latest),
    )


def _summary(past: Past, strip: tuple[Status, ...]) -> str:
    """Return `the last 48 reports, since 2026-11-20 10:00:00 UTC: 3 critical, 5 warning and 40 ok`."""
    if len(strip) == 1:
        return "no earlier report of this service is known"
    oldest = past.runs[len(strip) - 2]
    numbers = Counter(strip)
    told = [f"{numbers[status]} {status}" for status in _WORST_FIRST if numbers[status]]
    return f"the last {count(len(strip), 'report')}, since {moment(oldest.taken_at)}: {listed(told)}"


def _again(one: Recurrence) -> Again:
    often = f"{count(one.episodes, 'episode')}, found in {one.runs} of {count(one.of, 'report')}"
    return Again(
        title=one.title,
        state="now" if one.is_present else "not now",
        is_present=one.is_present,
        is_flapping=one.flapping,
        said=f"{often}; first seen {moment(one.first_seen)}, last seen {moment(one.last_seen)}",
        after=_after(one.last_mark),
    )


def _after(mark: Mark | None) -> str:
    return f"the latest began after: {mark.text} ({moment(mark.at)})" if mark else ""
