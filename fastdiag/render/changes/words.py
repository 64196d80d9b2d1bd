"""What changed, in words that every form of the comparison shares."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Final

from fastdiag.model.changes import CauseChange, Changes, Driver, Move, SignalChange, SourceChange, Trend
from fastdiag.model.diagnosis import Status
from fastdiag.model.quantity import Unit, format_value
from fastdiag.model.rule import Kind
from fastdiag.model.signal import Catalogue
from fastdiag.render.words import listed, lowered, moment, percent

MAX_SIGNALS: Final = 12
"""Signals on the screen unless more is asked for: those that crossed a threshold."""
MAX_DRIVERS: Final = 3
_MAX_NAMED: Final = 3
MOVES: Final = {Move.APPEARED: "new", Move.VANISHED: "gone", Move.STAYED: "as before"}
_NAMELESS: Final = frozenset({"", "unknown"})


def headline(changes: Changes) -> str:
    """Return the sentence that follows the word for the trend."""
    service = changes.after.snapshot.service
    lead = f"{service}: " if service not in _NAMELESS else ""
    return f"{lead}{_statuses(changes)}; {_first(changes)}"


def _statuses(changes: Changes) -> str:
    before, after = changes.before.status, changes.after.status
    return f"{after}, as before" if before is after else f"{before} -> {after}"


def _first(changes: Changes) -> str:
    moved = [change for change in changes.causes if change.kind is Kind.FAILURE]
    if moved:
        return f"{lowered(moved[0].title)} {shift(moved[0])}"
    if changes.trend is Trend.UNKNOWN:
        return f"{_blind(changes)} saw too little to tell"
    return "no cause stands elsewhere than before"


def _blind(changes: Changes) -> str:
    both = (("the first snapshot", changes.before), ("the second", changes.after))
    return listed([name for name, side in both if side.status is Status.INCONCLUSIVE])


def shift(change: CauseChange) -> str:
    """Return `8% -> 81%`."""
    return f"{percent(change.before.probability)} -> {percent(change.after.probability)}"


def verdicts(change: CauseChange) -> str:
    """Return `unlikely -> very likely`, or the one word where it has not changed."""
    before, after = change.before.verdict, change.after.verdict
    return after.words if before is after else f"{before.words} -> {after.words}"


def finding(driver: Driver) -> str:
    """Return what became of a finding: `now: requests queue`, `no longer: ...`, `seen only now: ...`."""
    return f"{_became(driver)}: {driver.because}"


def _became(driver: Driver) -> str:
    match driver.was, driver.is_:
        case True, False:
            return "no longer"
        case False, True:
            return "now"
        case None, True:
            return "seen only now"
        case None, False:
            return "seen only now, and not so"
        case _, None:
            return "not seen any more"
        case _:
            return "more clearly" if driver.push > 0 else "less clearly"


def numbers(driver: Driver, catalogue: Catalogue) -> str:
    """Return the values that changed a finding, as far as it quotes them: `db.pool.waiting 0 -> 14`."""
    differing = {signal: values for signal, values in driver.signals.items() if values[0] != values[1]}
    return ", ".join(
        f"{signal} {_value(before, catalogue.unit(signal))} -> {_value(after, catalogue.unit(signal))}"
        for signal, (before, after) in (differing or driver.signals).items()
    )


def _value(value: float | None, unit: Unit) -> str:
    return "?" if value is None else format_value(value, unit)


def values(change: SignalChange) -> str:
    """Return `120 ms -> 4.2 s`."""
    return f"{format_value(change.before, change.unit)} -> {format_value(change.after, change.unit)}"


def factor(change: SignalChange) -> str:
    """Return `x35` or `/ 3.1`; nothing from or to zero, where a factor says nothing."""
    small, large = sorted((change.before, change.after))
    if small <= 0:
        return ""
    times = large / small
    said = f"{times:.0f}" if times >= 10 else f"{times:.1f}"  # noqa: PLR2004 - two significant digits
    return f"x{said}" if change.after > change.before else f"/ {said}"


def crossed(change: SignalChange) -> str:
    """Return the threshold that matters most of those it crossed: `now > 1s`, `no longer >= 95%`.

    Of several that came true the last one passed is told: the highest on the way up.
    """
    if change.came_true:
        return f"now {_beyond(change.came_true, change)}"
    return f"no longer {_beyond(change.ceased, change)}" if change.ceased else ""


def _beyond(comparisons: tuple[str, ...], change: SignalChange) -> str:
    of_itself = [
        text.removeprefix(f"{change.id} ") for text in comparisons if text.startswith(f"{change.id} ")
    ]
    return (of_itself or list(comparisons))[-1]


def source(change: SourceChange) -> str:
    """Return `postgres: failed -> ok`."""
    before, after = (status.value if status else "not there" for status in (change.before, change.after))
    return f"{change.name}: {before} -> {after}"


def moments(changes: Changes) -> str:
    """Return when both were taken, and how long lies between."""
    before, after = changes.before.snapshot.taken_at, changes.after.snapshot.taken_at
    if not before or not after:
        return ""
    return f"{moment(before)} -> {moment(after)}{_apart(before, after)}"


def _apart(before: str, after: str) -> str:
    try:
        first, second = (datetime.fromisoformat(text).astimezone(UTC) for text in (before, after))
    except ValueError:
        return ""
    seconds = (second - first).total_seconds()
    way = "later" if seconds >= 0 else "earlier"
    return f", {format_value(math.fabs(seconds), Unit.SECONDS)} {way}"


def unseen(changes: Changes, *, in_full: bool = False) -> list[tuple[str, str]]:
    """Return what was seen once only, by which side."""
    sides = (("seen only before", changes.only_before), ("seen only after", changes.only_after))
    at_most = None if in_full else _MAX_NAMED
    return [(title, listed(names, at_most=at_most)) for title, names in sides if names]
