"""A history as a whole: its latest runs and marks, and what recurs in them."""

from __future__ import annotations

from collections import defaultdict

from fastdiag.engine.recurrence import recurrences
from fastdiag.history.store import MAX_RUNS, Store
from fastdiag.model.history import Mark, Recurrence, Run
from fastdiag.model.moment import seconds_of
from fastdiag.model.timeline import Timeline


def timeline(
    store: Store,
    *,
    service: str | None = None,
    host: str | None = None,
    since: float | None = None,
    shown: int = MAX_RUNS,
) -> Timeline:
    """Return the latest runs; what recurs is told from more of them than are shown.

    Raises:
        HistoryError: it cannot be read.

    """
    known = store.runs(service, host=host, since=since, limit=MAX_RUNS)
    runs = known[:shown]
    marks = store.marks(service)
    more = len(known) > len(runs) or len(known) == MAX_RUNS
    oldest = seconds_of(runs[-1].taken_at) if since is None and more else since
    return Timeline(
        where=store.where,
        runs=runs,
        marks=_since(oldest, marks),
        recurrences=_recurring(known, marks),
        more=more,
    )


def _since(oldest: float | None, marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
    """Return the marks since then: those before belong to runs that are not shown."""
    return tuple(mark for mark in marks if oldest is None or (seconds_of(mark.at) or 0) >= oldest)


def _recurring(
    known: tuple[Run, ...], marks: tuple[Mark, ...]
) -> tuple[tuple[str, tuple[Recurrence, ...]], ...]:
    by_service: dict[str, list[Run]] = defaultdict(list)
    for run in known:
        by_service[run.service].append(run)
    found = (
        (service, recurrences(runs, [mark for mark in marks if mark.service in {None, service}]))
        for service, runs in sorted(by_service.items())
    )
    return tuple((service, several) for service, several in found if several)
