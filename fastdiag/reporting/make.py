"""A report: a diagnosis, and what time adds to it; made of live sources, or of saved snapshots."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from fastdiag import pipeline
from fastdiag.config import Settings
from fastdiag.engine.changes import changes
from fastdiag.engine.headroom import headroom
from fastdiag.engine.sequence import sequence
from fastdiag.errors import FastdiagError, SnapshotError
from fastdiag.history.reading import run_of
from fastdiag.history.store import HistoryPlace
from fastdiag.model.changes import Changes
from fastdiag.model.diagnosis import Diagnosis
from fastdiag.model.history import Occasion
from fastdiag.model.moment import seconds_of
from fastdiag.model.report import Report
from fastdiag.model.rule import Rulebook
from fastdiag.model.snapshot import Snapshot
from fastdiag.pipeline import Outcome, Progress
from fastdiag.render import snapshot_file
from fastdiag.reporting.courses import Shown, show
from fastdiag.reporting.past import Joined, Present, join

DEFAULT_OVER_S: Final = 6 * 3600.0
"""What charts show: a night's incident is on the page in the morning, and its turns are minutes wide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a report is to say beside the diagnosis.

    history   where the past is kept; None for a report that knows none and leaves no trace
    over_s    how much of the past its charts show; None leaves that to us
    mark      an event that is put on the timeline now
    occasion  why it is made
    """

    history: HistoryPlace | None = None
    over_s: float | None = None
    mark: str | None = None
    occasion: Occasion = Occasion.REPORT


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A report, and the table by which it was judged."""

    report: Report
    rulebook: Rulebook


def make_report(
    settings: Settings,
    wishes: Wishes,
    progress: Progress = lambda _: None,
    meanwhile: Callable[[], None] = lambda: None,
) -> Made:
    """Take a snapshot, and tell it with what the server and the history remember.

    What is asked about the past has the same deadline once more. A look at the past (``at``) is not kept:
    the history is what was found while it happened.

    Raises like ``pipeline.snapshot``; nothing that concerns the history is raised.
    """
    outcome = pipeline.snapshot(settings, progress, meanwhile)
    progress("looking back")
    present = _present(outcome.diagnosis, wishes, keep=settings.at is None)
    joined = join(wishes.history, present)
    until = time.monotonic() + settings.deadline_s
    shown = show(outcome, joined, present, wishes.over_s or DEFAULT_OVER_S, until)
    since = _since_last(joined, outcome)
    return _made(outcome, joined, shown, since)


def report_of(saved: Sequence[Snapshot], rulebook: Rulebook, wishes: Wishes) -> Made:
    """Tell the latest of saved snapshots of a service; those before it are its past, with the history.

    Nothing is kept of them: a snapshot may be reported as often as anybody likes.

    Raises:
        FastdiagError: there is none, or they are of several services.
        SnapshotError: a parameter that one carries does not make sense.

    """
    outcomes = [pipeline.replay(one, rulebook) for one in sorted(saved, key=lambda one: one.taken_at)]
    _check_one_service(outcomes)
    *earlier, last = outcomes
    present = _present(last.diagnosis, wishes, keep=False)
    runs = [run_of(one.diagnosis, wishes.occasion, present.host) for one in reversed(earlier)]
    joined = join(wishes.history, present, runs)
    over_s = wishes.over_s or max(DEFAULT_OVER_S, _span(outcomes))
    shown = show(last, joined, present, over_s, time.monotonic())
    since = _since_last(joined, last)
    if earlier:
        since = changes(earlier[-1].diagnosis, last.diagnosis, rulebook)
    return _made(last, joined, shown, since)


def _span(outcomes: Sequence[Outcome]) -> float:
    """Return how many seconds lie between the first snapshot and the last, as far as they say when."""
    moments = [seconds_of(one.diagnosis.snapshot.taken_at) for one in outcomes]
    known = [moment for moment in moments if moment is not None]
    return max(known) - min(known) if known else 0.0


def _present(diagnosis: Diagnosis, wishes: Wishes, *, keep: bool) -> Present:
    return Present(
        diagnosis=diagnosis,
        host=socket.gethostname(),
        occasion=wishes.occasion,
        mark=wishes.mark,
        keep=keep,
    )


def _made(outcome: Outcome, joined: Joined, shown: Shown, since: Changes | str | None) -> Made:
    diagnosis, rulebook = outcome.diagnosis, outcome.rulebook
    report = Report(
        diagnosis=diagnosis,
        headroom=headroom(diagnosis.snapshot, rulebook),
        since=since if isinstance(since, Changes) else None,
        past=joined.past,
        courses=shown.courses,
        no_courses=shown.why_none,
        requests=shown.requests,
        sequence=sequence(shown.courses),
        notes=(*outcome.notes, *shown.notes, *((since,) if isinstance(since, str) else ())),
    )
    return Made(report=report, rulebook=rulebook)


def _since_last(joined: Joined, outcome: Outcome) -> Changes | str | None:
    """Return what changed since the last report that is kept, or why that cannot be told."""
    if joined.last is None:
        return None
    rulebook = outcome.rulebook
    try:
        last = snapshot_file.decode(joined.last, rulebook.catalogue, "the last report")
        return changes(pipeline.replay(last, rulebook).diagnosis, outcome.diagnosis, rulebook)
    except SnapshotError as error:
        return f"what changed since the last report cannot be told: {error.message}"


def _check_one_service(outcomes: Sequence[Outcome]) -> None:
    names = sorted({one.diagnosis.snapshot.service for one in outcomes})
    if not names:
        raise FastdiagError("there is no snapshot to report")
    if len(names) > 1:
        raise FastdiagError(
            f"these are snapshots of {len(names)} services: {', '.join(names)}",
            hint="a report is about one service over time; `fastdiag diagnose` shows several side by side",
        )
