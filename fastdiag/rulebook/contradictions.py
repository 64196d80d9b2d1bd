"""What makes a table unusable although each of its definitions makes sense."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from fastdiag.errors import RuleError
from fastdiag.model.rule import Cause, Condition, Rulebook, signals_of
from fastdiag.model.signal import Signal


def contradictions(book: Rulebook) -> Iterator[RuleError]:
    """Yield every contradiction, each with the place of the definition it is found in."""
    yield from _cycles(book)
    for cause in book.causes:
        yield from _of_cause(cause)
    yield from _unexplained_symptoms(book)
    yield from _unseen_signals(book)


def _cycles(book: Rulebook) -> Iterator[RuleError]:
    """Causes that drive each other in a circle: there would be no root among them."""
    drivers = {cause.id: cause.driven_by for cause in book.causes}
    told: set[frozenset[str]] = set()
    for cause in book.causes:
        circle = _circle(cause.id, drivers)
        if circle and frozenset(circle) not in told:
            told.add(frozenset(circle))
            yield RuleError(
                f"'driven_by' goes round in a circle: {' <- '.join([*circle, circle[0]])}",
                where=cause.where,
                hint="name only the direction in which one really brings about the other",
            )


def _circle(start: str, drivers: Mapping[str, Iterable[str]]) -> list[str] | None:
    """Return the shortest way from a cause through its drivers back to itself."""
    ways, seen = [[start]], {start}
    for way in ways:  # grows as it is walked: breadth first
        for driver in drivers.get(way[-1], ()):
            if driver == start:
                return way
            if driver not in seen:
                seen.add(driver)
                ways.append([*way, driver])
    return None


def _of_cause(cause: Cause) -> Iterator[RuleError]:
    if not cause.explains:
        yield RuleError(f"{cause.id} explains no symptom", where=cause.where, hint="name one in 'explains'")
    if not cause.supports:
        hint = "name in 'evidence: for' what one sees when it is at work"
        yield RuleError(f"{cause.id} has no evidence for it", where=cause.where, hint=hint)
    against = {row.when.key: row.where for row in cause.contradicts}
    for row in cause.supports:
        if other := against.get(row.when.key):
            yield RuleError(
                f"the same finding speaks for {cause.id} here, and against it at {other}", where=row.where
            )


def _unexplained_symptoms(book: Rulebook) -> Iterator[RuleError]:
    explains = {cause.id: cause.explains for cause in book.causes}
    for symptom in book.symptoms:
        if not any(symptom.id in explains.get(suspect, ()) for suspect in symptom.suspects):
            yield RuleError(
                f"none of the suspects of {symptom.id} explains it",
                where=symptom.where,
                hint="a suspect explains a symptom by naming it in its 'explains'",
            )


def _unseen_signals(book: Rulebook) -> Iterator[RuleError]:
    """Signals that a condition quotes and that nothing can ever obtain."""
    signals = book.catalogue.signals
    for where, condition in _conditions(book):
        for name in signals_of(condition):
            lacking = _lacking(name, signals, frozenset())
            if lacking is not None:
                rests = "" if lacking == name else f" rests on {lacking}, which"
                hint = f"give it 'sources' at {signals[lacking].where}" if lacking in signals else None
                yield RuleError(f"{name}{rests} has no source of its values", where=where, hint=hint)


def _conditions(book: Rulebook) -> Iterator[tuple[str, Condition]]:
    for symptom in book.symptoms:
        for condition in (symptom.when, *symptom.severity.values()):
            if condition is not None:
                yield symptom.where, condition
    for cause in book.causes:
        for row in (*cause.supports, *cause.contradicts):
            yield row.where, row.when


def _lacking(name: str, signals: Mapping[str, Signal], above: frozenset[str]) -> str | None:
    """Return the signal that nothing can obtain, this one or one that its formula needs, if there is one.

    A formula that leads back to itself obtains nothing.
    """
    signal = signals.get(name)
    if signal is None or name in above or not (signal.sources or signal.formula):
        return name
    if signal.sources or signal.formula is None:
        return None
    left, right = signal.formula.left, signal.formula.right
    return _lacking(left, signals, above | {name}) or _lacking(right, signals, above | {name})
