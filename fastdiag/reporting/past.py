"""What the history knows of the time before a report, and keeping the report in it.

Losing the history never stops a report: whatever goes wrong here is told in the report, which goes on
without what could not be read.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from fastdiag.engine.recurrence import recurrences
from fastdiag.errors import FastdiagError
from fastdiag.history.open import open_store
from fastdiag.history.reading import mark_of, run_of
from fastdiag.history.store import HistoryPlace, Store
from fastdiag.model.diagnosis import Diagnosis
from fastdiag.model.history import Mark, Occasion, Past, Recurrence, Run
from fastdiag.model.moment import seconds_of
from fastdiag.redact import Redactor
from fastdiag.render.json import render_snapshot

MAX_RUNS: Final = 4000
"""Two weeks of a report every five minutes: what is read to tell what recurs, in 0.3 s."""
_NAMELESS: Final = frozenset({"", "unknown"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """The diagnosis that is reported, and how it is to be kept.

    mark   an event that is put on the timeline now
    keep   whether it is a look at the present, which the history has not seen yet
    """

    diagnosis: Diagnosis
    host: str
    occasion: Occasion = Occasion.REPORT
    mark: str | None = None
    keep: bool = True

    @property
    def at(self) -> float | None:
        """The moment of its snapshot, in seconds since the epoch; None where it does not say."""
        return seconds_of(self.diagnosis.snapshot.taken_at)

    @property
    def marked_at(self) -> float:
        """The moment of the event: not after the look that is to show what came of it."""
        now = time.time()
        return min(now, self.at) if self.keep and self.at is not None else now

    @property
    def run(self) -> Run:
        """What is kept of it."""
        return run_of(self.diagnosis, self.occasion, self.host)


@dataclass(slots=True)
class Joined:
    """What was read before something went wrong, if anything did.

    last  the snapshot of the last report that saw anything, as JSON
    """

    runs: tuple[Run, ...] = ()
    marks: tuple[Mark, ...] = ()
    recurrences: tuple[Recurrence, ...] = ()
    where: str | None = None
    last: str | None = None
    trouble: list[str] = field(default_factory=list)

    @property
    def past(self) -> Past:
        """The same for a report."""
        return Past(
            runs=self.runs,
            marks=self.marks,
            recurrences=self.recurrences,
            where=self.where,
            trouble="; ".join(self.trouble) or None,
        )


def join(place: HistoryPlace | None, present: Present, earlier: Iterable[Run] = ()) -> Joined:
    """Read what was before, and keep what is now; without a place there is nothing but ``earlier`` runs.

    Nothing is raised.
    """
    joined = Joined(runs=tuple(earlier))
    if place is not None and present.at is not None:
        with _Trouble(joined, "the history"):
            store = open_store(place)
            try:
                _visit(store, present, joined)
            finally:
                store.close()
    with _Trouble(joined, "what recurs"):
        joined.recurrences = recurrences((present.run, *joined.runs), joined.marks)
    return joined


def _visit(store: Store, present: Present, joined: Joined) -> None:
    joined.where = store.where
    service = present.diagnosis.snapshot.service
    if present.mark is not None:
        with _Trouble(joined, "the mark"):
            store.mark(mark_of(present.mark, service, present.marked_at))
    with _Trouble(joined, "the history"):
        _read(store, present, joined)
    if present.keep:
        with _Trouble(joined, "this report is not in the history"):
            store.add(present.run, render_snapshot(present.diagnosis.snapshot))


def _read(store: Store, present: Present, joined: Joined) -> None:
    service = present.diagnosis.snapshot.service
    host = present.host if service in _NAMELESS else None  # there, the name stands for anybody's
    kept = store.runs(service, host=host, limit=MAX_RUNS)
    before = [run for run in kept if _is_before(run, present)]
    given = {run.taken_at for run in joined.runs}
    runs = [*joined.runs, *(run for run in before if run.taken_at not in given)]
    joined.runs = tuple(sorted(runs, key=lambda run: run.taken_at, reverse=True))
    joined.marks = store.marks(service)
    last = next(iter(own(filter(_is_telling, before), present.host)), None)
    if last is not None:
        joined.last = store.snapshot(last.id)


def own(runs: Iterable[Run], host: str) -> tuple[Run, ...]:
    """Return the runs of a host: another may see another part of the service.

    Where it has none (a new machine, a pod that is called otherwise every time), those of all.
    """
    known = tuple(runs)
    return tuple(run for run in known if run.host == host) or known


def _is_telling(run: Run) -> bool:
    """Whether a run is a report that saw something: with nothing, nothing can be compared."""
    return run.occasion is Occasion.REPORT and bool(run.signals)


def _is_before(run: Run, present: Present) -> bool:
    """Whether a run was earlier; what is only now to be kept may follow another one in the same second."""
    then, now = seconds_of(run.taken_at), present.at
    if then is None or now is None:
        return False
    return then <= now if present.keep else then < now


class _Trouble:
    """Notes whatever goes wrong inside, in one sentence without secrets, and goes on."""

    def __init__(self, joined: Joined, what: str) -> None:
        self._joined = joined
        self._what = what

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        """Pass over every fault; Ctrl-C is none."""
        if not isinstance(error, Exception):
            return False
        said = Redactor.of(()).text(_said(error))
        told = any(said in one for one in self._joined.trouble)
        self._joined.trouble.append(f"{self._what}{', either' if told else f': {said}'}")
        return True


def _said(error: Exception) -> str:
    """Return what went wrong, where, and what to do about it, in one line."""
    if not isinstance(error, FastdiagError):
        return type(error).__name__
    place = f"{error.where}: " if error.where else ""
    return " ".join(f"{place}{error.message}{f' ({error.hint})' if error.hint else ''}".split())
