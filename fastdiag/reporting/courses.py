"""How the key signals went: from the server's memory where there is one, else from earlier diagnoses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from fastdiag.collectors.crew import run_all
from fastdiag.collectors.prometheus.ranges import Remembered, remember
from fastdiag.engine.courses import from_runs, key_signals, since_known, with_thresholds
from fastdiag.model.course import Course
from fastdiag.model.quantity import Unit, format_value
from fastdiag.model.signal import Reason
from fastdiag.model.snapshot import Snapshot, SourceStatus
from fastdiag.pipeline import Outcome
from fastdiag.redact import Redactor
from fastdiag.render.words import listed
from fastdiag.reporting.past import Joined, Present, own

SOURCE: Final = "prometheus"
_ANSWERED: Final = (SourceStatus.OK, SourceStatus.PARTIAL)
_MAX_NAMED: Final = 3
_FAULTS: Final = (Reason.DENIED, Reason.FAILED, Reason.TIMED_OUT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The courses that a report shows, and what they cost; ``why_none`` says why there are none."""

    courses: tuple[Course, ...]
    why_none: str | None = None
    requests: int = 0
    notes: tuple[str, ...] = ()


def show(outcome: Outcome, joined: Joined, present: Present, over_s: float, until: float) -> Shown:
    """Return how the key signals went over the last ``over_s`` seconds, the most telling first.

    The server is asked until ``until`` (monotonic time), and only if it answered the snapshot. What it does
    not tell is told by earlier runs.
    """
    diagnosis, catalogue = outcome.diagnosis, outcome.rulebook.catalogue
    names = key_signals(diagnosis, catalogue)
    told = _of_server(outcome, names, over_s, until)
    courses = {course.signal: course for course in told.courses} if isinstance(told, Remembered) else {}
    if present.at is not None:
        runs = (present.run, *own(joined.runs, present.host))
        lacking = [name for name in names if name not in courses]
        found = from_runs(runs, lacking, catalogue, present.at - over_s)
        courses |= {course.signal: course for course in found}
    ordered = with_thresholds(
        since_known([courses[name] for name in names if name in courses]), diagnosis, outcome.rulebook
    )
    return Shown(
        courses=ordered,
        why_none=None if ordered else _why_none(told, joined, over_s),
        requests=told.requests if isinstance(told, Remembered) else 0,
        notes=tuple(_notes(told, outcome)),
    )


def _of_server(outcome: Outcome, names: Sequence[str], over_s: float, until: float) -> Remembered | str:
    """Return what the server remembers, or why it is not asked or does not tell."""
    if outcome.target is None:
        return "a saved snapshot is reported, so no source is asked"
    if (why := _unasked(outcome.diagnosis.snapshot)) is not None:
        return why
    call = partial(remember, outcome.target, outcome.rulebook.catalogue, names, over_s, until)
    (told,) = run_all([call], until)
    if isinstance(told, Remembered):
        return told
    detail = Redactor.of(outcome.target.secrets).text(told.detail)
    return f"Prometheus could not be looked back at: {detail}"


def _unasked(snapshot: Snapshot) -> str | None:
    state = next((state for state in snapshot.sources if state.name == SOURCE), None)
    if state is not None and state.status in _ANSWERED:
        return None
    return f"Prometheus: {state.error or 'it was not asked'}" if state else "Prometheus was not asked"


def _why_none(told: Remembered | str, joined: Joined, over_s: float) -> str:
    over = format_value(over_s, Unit.SECONDS)
    first = told if isinstance(told, str) else f"Prometheus remembers no key signal of the last {over}"
    if joined.where is None:
        return f"{first}; and there is no history"
    return f"{first}; and the history has no two diagnoses of the last {over} with a signal in common"


def _notes(told: Remembered | str, outcome: Outcome) -> Iterator[str]:
    """Say what of the server's memory is not to be trusted, and what it failed to tell."""
    if isinstance(told, str):
        return
    yield from (f"charts from Prometheus mislead: {note}" for note in told.notes)
    mask = Redactor.of(outcome.target.secrets if outcome.target else ())
    concerned: dict[str, list[str]] = {}
    for name, why in told.missing.items():
        if why.reason in _FAULTS:
            concerned.setdefault(mask.text(why.detail), []).append(name)
    for detail, names in concerned.items():
        yield f"Prometheus does not tell {listed(names, at_most=_MAX_NAMED)} over time: {detail}"
