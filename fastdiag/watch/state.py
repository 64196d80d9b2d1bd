"""How the screen's state goes on: pure functions from a state and what happened to the next state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from fastdiag.model.diagnosis import Diagnosis
from fastdiag.model.quantity import Unit
from fastdiag.model.snapshot import SourceState
from fastdiag.model.watching import KEPT_LOOKS, Cost, Look, Page, Span, Watched
from fastdiag.render.watch.frame import furthest
from fastdiag.render.watch.rows import cause_rows
from fastdiag.render.watch.words import clock
from fastdiag.watch.keys import Key
from fastdiag.watch.looker import Taken

MAX_RECORDS: Final = 50
"""Lines on the flight recorder that are kept for the screen; its directory has them all."""
PAGE_SHARE: Final = 0.5
"""Of the screen's height that a press on page up or down moves."""


def began(watched: Watched) -> Watched:
    """Return the state with a look under way."""
    return replace(watched, is_looking=True, next_at=None, progress="")


def ended(watched: Watched, taken: Taken, cost: Cost, at: float) -> Watched:
    """Return the state after a look that told something, which ended ``at`` seconds since the epoch."""
    diagnosis = taken.diagnosis
    is_same = watched.diagnosis is not None and watched.diagnosis.status is diagnosis.status
    after = replace(
        watched,
        cost=cost,
        looks=(*watched.looks, _look(diagnosis, at))[-KEPT_LOOKS:],
        diagnosis=diagnosis,
        trouble=None,
        notes=taken.notes,
        status_since=watched.status_since if is_same else at,
        sources={state.name: _span(state, watched.sources, at) for state in diagnosis.snapshot.sources},
        titles={**watched.titles, **_titles(diagnosis)},
        units={**watched.units, **_units(diagnosis)},
        is_looking=False,
        recorded=taken.records,
        records=(*watched.records, *(f"{clock(at)} {text}" for text in taken.records))[-MAX_RECORDS:],
    )
    return _with_cursor(after)


def failed(watched: Watched, trouble: str, cost: Cost, at: float) -> Watched:
    """Return the state after a look that told nothing: a gap in every course, and why."""
    looks = (*watched.looks, Look(at=at, status=None))[-KEPT_LOOKS:]
    after = replace(watched, cost=cost, looks=looks, trouble=trouble, recorded=())
    return replace(after, is_looking=False)


def disowned(watched: Watched) -> Watched:
    """Return the state after a look that the process slept through: what it saw is of no use."""
    return replace(watched, is_looking=False, message="the look that was under way is left out")


def _look(diagnosis: Diagnosis, at: float) -> Look:
    causes = {cause.id: cause.probability for cause in diagnosis.causes}
    others = {other.id: other.probability for other in diagnosis.others}
    readings = diagnosis.snapshot.readings
    return Look(
        at=at,
        status=diagnosis.status,
        probabilities={**others, **causes},
        listed=frozenset(cause.id for cause in diagnosis.causes),
        values={name: one.value for name, one in readings.items() if one.value is not None},
    )


def _span(state: SourceState, before: Mapping[str, Span], at: float) -> Span:
    earlier = before.get(state.name)
    is_same = earlier is not None and earlier.status is state.status
    return earlier if earlier is not None and is_same else Span(status=state.status, since=at)


def _titles(diagnosis: Diagnosis) -> dict[str, str]:
    others = {other.id: other.title for other in diagnosis.others}
    return {**others, **{cause.id: cause.title for cause in diagnosis.causes}}


def _units(diagnosis: Diagnosis) -> dict[str, Unit]:
    return {name: one.unit for name, one in diagnosis.snapshot.readings.items() if one.value is not None}


def _with_cursor(watched: Watched) -> Watched:
    """Return the state with the cursor on a cause that is there; on the page of a cause it stays."""
    ids = [row.id for row in cause_rows(watched)]
    if watched.chosen in ids or watched.page is Page.CAUSE:
        return watched
    return replace(watched, chosen=ids[0] if ids else None)


def pressed(watched: Watched, key: Key, *, width: int, height: int) -> Watched:
    """Return the state after a key that concerns nothing but the screen; others change only the message."""
    watched = replace(watched, message=None)
    match key:
        case Key.PAUSE:
            return replace(watched, is_paused=not watched.is_paused)
        case Key.UP | Key.DOWN | Key.PAGE_UP | Key.PAGE_DOWN:
            return _moved(watched, key, width=width, height=height)
        case Key.ENTER | Key.BACK:
            return _turned(watched, key)
        case Key.HELP:
            page = Page.OVERVIEW if watched.page is Page.HELP else Page.HELP
            return _with_cursor(replace(watched, page=page, scroll=0))
        case Key.QUIT | Key.SAVE:
            return watched


def _turned(watched: Watched, key: Key) -> Watched:
    if watched.page is not Page.OVERVIEW:
        return _with_cursor(replace(watched, page=Page.OVERVIEW, scroll=0))
    if key is Key.ENTER and watched.chosen is not None:
        return replace(watched, page=Page.CAUSE, scroll=0)
    return watched


def _moved(watched: Watched, key: Key, *, width: int, height: int) -> Watched:
    step = max(1, round(height * PAGE_SHARE)) if key in {Key.PAGE_UP, Key.PAGE_DOWN} else 1
    by = -step if key in {Key.UP, Key.PAGE_UP} else step
    if watched.page is Page.OVERVIEW:
        ids = [row.id for row in cause_rows(watched)]
        at = ids.index(watched.chosen) if watched.chosen in ids else 0
        return replace(watched, chosen=ids[_within(at + by, len(ids) - 1)] if ids else None)
    most = furthest(watched, width=width, height=height)
    return replace(watched, scroll=_within(min(watched.scroll, most) + by, most))


def _within(number: int, most: int) -> int:
    return min(max(0, number), max(0, most))
