"""From the rule table and what a server knows to rules: what is recorded, and what is told of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from fastdiag.alerts.conditions import Gap, Joined, Tellable, Teller, Told, signals_in
from fastdiag.alerts.look import Seen
from fastdiag.alerts.signals import Writer
from fastdiag.model.alert import Alert
from fastdiag.model.quantity import Unit
from fastdiag.model.rule import Condition, Rulebook, Severity, Symptom, signals_of
from fastdiag.model.signal import Catalogue, Missing

DEFAULT_FOR_S: Final = 120.0
"""Longer than a restart or a deployment of one instance takes, shorter than people wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A recorded signal, and where it comes from."""

    signal: str
    title: str
    unit: Unit
    promql: str
    told_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One alert of one severity.

    unless    conditions of more telling alerts: while one of them holds, this one is left out
    left_out  what of its condition cannot be told
    """

    alert: Alert
    severity: Severity
    tellable: Tellable
    for_s: float
    unless: tuple[Tellable, ...] = ()
    left_out: tuple[Gap, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Untold:
    """An alert that the server's metrics cannot tell."""

    alert: Alert
    severity: Severity
    why: tuple[Gap, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """All rules for one service on one server."""

    seen: Seen
    records: tuple[Record, ...]
    levels: tuple[Level, ...]
    untold: tuple[Untold, ...]


def alerts_of(rulebook: Rulebook) -> tuple[Alert, ...]:
    """Return an alert for each symptom that has a condition, and those of alerts.yaml, which win."""
    own = {alert.id: alert for alert in rulebook.alerts}
    noticed = {
        symptom.id: _of_symptom(symptom, symptom.when)
        for symptom in rulebook.symptoms
        if symptom.when is not None
    }
    return tuple((noticed | own).values())


def _of_symptom(symptom: Symptom, when: Condition) -> Alert:
    return Alert(
        id=symptom.id,
        title=symptom.title,
        when=when,
        means=symptom.means,
        suspects=symptom.suspects,
        severity=symptom.severity,
        instead_of=symptom.instead_of,
        symptom=True,
        where=symptom.where,
    )


def wanted(rulebook: Rulebook) -> tuple[str, ...]:
    """Return the signals that the alerts of a table quote, with the terms of their formulas."""
    conditions = (one for alert in alerts_of(rulebook) for one in (alert.when, *alert.severity.values()))
    names = dict.fromkeys(name for one in conditions for name in signals_of(one))
    return tuple(dict.fromkeys(term for name in names for term in _with_terms(name, rulebook.catalogue)))


def _with_terms(name: str, catalogue: Catalogue) -> Iterator[str]:
    yield name
    signal = catalogue.signals.get(name)
    if signal and signal.formula:
        yield from _with_terms(signal.formula.left, catalogue)
        yield from _with_terms(signal.formula.right, catalogue)


def make(rulebook: Rulebook, seen: Seen, for_s: float = DEFAULT_FOR_S) -> Made:
    """Return the rules; ``for_s`` is how long those have to hold that say nothing else."""
    writer = Writer(seen=seen, catalogue=rulebook.catalogue)
    found = {name: writer.expression(name) for name in wanted(rulebook)}
    unseen = {name: one if isinstance(one, Missing) else None for name, one in found.items()}
    teller = Teller(unseen=unseen, parameters=rulebook.parameters)
    told = [one for alert in alerts_of(rulebook) for one in _levels(alert, teller, for_s)]
    plain = [one for one in told if isinstance(one, Level)]
    levels = tuple(replace(one, unless=tuple(_others(one.alert, plain))) for one in plain)
    used = {name for one in levels for name in _signals(one)}
    return Made(
        seen=seen,
        records=tuple(
            _record(name, text, rulebook, seen)
            for name, text in found.items()
            if name in used and isinstance(text, str)
        ),
        levels=levels,
        untold=tuple(one for one in told if isinstance(one, Untold)),
    )


def _signals(level: Level) -> Sequence[str]:
    return [name for one in (level.tellable, *level.unless) for name in signals_in(one)]


def _levels(alert: Alert, teller: Teller, for_s: float) -> Iterator[Level | Untold]:
    """Yield the alert as a warning, and again as critical where it may become that."""
    when = teller.tell(alert.when)
    time = for_s if alert.for_s is None else alert.for_s
    yield _level(alert, Severity.WARNING, when, time)
    critical = alert.severity.get(Severity.CRITICAL)
    if critical is not None and when.tellable is not None:
        more = teller.tell(critical)
        both = None if more.tellable is None else Joined("and", (when.tellable, more.tellable))
        yield _level(alert, Severity.CRITICAL, Told(tellable=both, left_out=more.left_out), time)


def _level(alert: Alert, severity: Severity, told: Told, for_s: float) -> Level | Untold:
    if told.tellable is None:
        return Untold(alert=alert, severity=severity, why=told.left_out)
    return Level(alert=alert, severity=severity, tellable=told.tellable, for_s=for_s, left_out=told.left_out)


def _others(alert: Alert, levels: Sequence[Level]) -> Iterator[Tellable]:
    for one in levels:
        if one.alert.id in alert.instead_of and one.severity is Severity.WARNING:
            yield one.tellable


def _record(name: str, promql: str, rulebook: Rulebook, seen: Seen) -> Record:
    signal = rulebook.catalogue.signals[name]
    origin = seen.origins.get(name)
    told_by = origin.choice.source.library if origin else str(signal.formula)
    return Record(signal=name, title=signal.title, unit=signal.unit, promql=promql, told_by=told_by)
