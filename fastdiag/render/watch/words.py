"""What watching says in words: its sources in one line, its cost, one look as a line of a log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from fastdiag.model.diagnosis import Diagnosis
from fastdiag.model.quantity import Unit, format_value
from fastdiag.model.snapshot import SourceState, SourceStatus
from fastdiag.model.watching import Cost, Watched
from fastdiag.redact import disarm
from fastdiag.render.headline import headline, vitals
from fastdiag.render.words import count, duration, listed

_TROUBLE: Final = (SourceStatus.PARTIAL, SourceStatus.FAILED)


def clock(at: float) -> str:
    """Return a moment as the time of day in UTC: `03:14:07`."""
    return f"{datetime.fromtimestamp(at, UTC):%H:%M:%S}"


def span(seconds: float) -> str:
    """Return how long something has lasted: `40 s`, `12 min`."""
    return format_value(round(max(0.0, seconds)), Unit.SECONDS)


def cost_line(cost: Cost) -> str:
    """Return `1.4% of a core (at most 10%); a look: 5.2 s, 9 statements, 31 requests`."""
    look = ", ".join((duration(cost.seconds), *_sent(cost)))
    if cost.share is None:
        return f"the first look: {look}; {duration(cost.cpu_s)} of CPU"
    return f"{_share(cost.share)} of a core (at most {_share(cost.limit)}); a look: {look}"


def _share(share: float) -> str:
    return format_value(round(share, 3), Unit.RATIO)


def _sent(cost: Cost) -> Iterator[str]:
    if cost.statements:
        yield count(cost.statements, "statement")
    if cost.requests:
        yield count(cost.requests, "request")
    if cost.dumps:
        yield count(cost.dumps, "stack dump")


def sources_line(watched: Watched) -> str:
    """Return every source with how it fares; of one in trouble since when, and why."""
    diagnosis = watched.diagnosis
    states = diagnosis.snapshot.sources if diagnosis else ()
    fine = [state.name for state in states if state.status is SourceStatus.OK]
    told = [f"{listed(fine)} ok"] if fine else []
    told += [_in_trouble(state, watched) for state in states if state.status in _TROUBLE]
    skipped = sum(state.status is SourceStatus.SKIPPED for state in states)
    told += [f"{skipped} skipped"] if skipped else []
    return "; ".join(told) or "none has been asked yet"


def _in_trouble(state: SourceState, watched: Watched) -> str:
    span_ = watched.sources.get(state.name)
    lasted = watched.looks[-1].at - span_.since if span_ and watched.looks else 0.0
    since = f" for {span(lasted)}" if lasted >= 1 else ""
    why = f" ({state.error})" if state.error else ""
    return f"{state.name} {state.status}{since}{why}"


def log_line(watched: Watched) -> str:
    """Return the last look as one line: when, status, verdict, vital signs, sources in trouble, cost."""
    look = watched.looks[-1]
    when = f"{datetime.fromtimestamp(look.at, UTC):%Y-%m-%dT%H:%M:%SZ}"
    if watched.trouble is not None or watched.diagnosis is None:
        return disarm(f"{when} NO LOOK {watched.trouble}")
    diagnosis = watched.diagnosis
    parts = [f"{diagnosis.status.upper()} {headline(diagnosis)}", *_seen(diagnosis), *_troubles(watched)]
    parts += [_cost_in_short(watched.cost), *(f"recorder: {text}" for text in watched.recorded)]
    return disarm(f"{when} {' | '.join(parts)}")


def _seen(diagnosis: Diagnosis) -> Iterator[str]:
    said = ", ".join(vitals(diagnosis.snapshot))
    if said and said not in headline(diagnosis):
        yield said


def _troubles(watched: Watched) -> Iterator[str]:
    states = watched.diagnosis.snapshot.sources if watched.diagnosis else ()
    troubled = [f"{state.name} {state.status}" for state in states if state.status in _TROUBLE]
    if troubled:
        yield ", ".join(troubled)


def _cost_in_short(cost: Cost) -> str:
    spent = f"{_share(cost.share)} of a core" if cost.share is not None else f"{cost.cpu_s:.1f} s of CPU"
    return ", ".join((duration(cost.seconds), *_sent(cost), spent))
