"""What changed since the last report: causes first, then symptoms, then signals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastdiag.model.changes import CauseChange, Changes, Driver, SignalChange
from fastdiag.model.signal import Catalogue
from fastdiag.render.changes import words
from fastdiag.render.html.parts import Note, nameless
from fastdiag.render.report.words import units
from fastdiag.render.words import filled


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverRow:
    """A finding that moved a cause, for it or against it."""

    is_for: bool
    said: str
    numbers: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseRow:
    """A cause that stands elsewhere than before."""

    title: str
    shift: str
    verdicts: str
    is_up: bool
    drivers: tuple[DriverRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalRow:
    """A signal before and after."""

    signal: str
    title: str
    before: str
    after: str
    factor: str
    crossed: str
    doubt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """The whole section: signals that crossed a threshold are open, the others folded."""

    trend: str
    sentence: str
    moments: str
    cautions: tuple[str, ...]
    causes: tuple[CauseRow, ...]
    symptoms: tuple[Note, ...]
    crossed: tuple[SignalRow, ...]
    others: tuple[SignalRow, ...]
    unseen: tuple[Note, ...]


def since(changes: Changes) -> Since:
    """Return the section."""
    catalogue = units(changes)
    parameters = changes.after.snapshot.parameters
    seen = (*words.unseen(changes, in_full=True), *(("source", words.source(one)) for one in changes.sources))
    return Since(
        trend=changes.trend.value,
        sentence=nameless(words.headline(changes), changes.after.snapshot),
        moments=words.moments(changes),
        cautions=changes.notes,
        causes=tuple(_cause(change, catalogue, parameters) for change in changes.causes),
        symptoms=tuple(Note(label=words.MOVES[one.move], text=one.title) for one in changes.symptoms),
        crossed=tuple(_signal(change, parameters) for change in changes.signals if change.crossed),
        others=tuple(_signal(change, parameters) for change in changes.signals if not change.crossed),
        unseen=tuple(Note(label=label, text=text) for label, text in seen),
    )


def _cause(change: CauseChange, catalogue: Catalogue, parameters: Mapping[str, str]) -> CauseRow:
    return CauseRow(
        title=change.title,
        shift=words.shift(change),
        verdicts=words.verdicts(change),
        is_up=change.after.probability > change.before.probability,
        drivers=tuple(_driver(driver, catalogue, parameters) for driver in change.drivers),
    )


def _driver(driver: Driver, catalogue: Catalogue, parameters: Mapping[str, str]) -> DriverRow:
    said = filled(words.finding(driver), parameters)
    return DriverRow(is_for=driver.push > 0, said=said, numbers=words.numbers(driver, catalogue))


def _signal(change: SignalChange, parameters: Mapping[str, str]) -> SignalRow:
    before, _, after = words.values(change).partition(" -> ")
    return SignalRow(
        signal=change.id,
        title=filled(change.title, parameters),
        before=before,
        after=after,
        factor=words.factor(change),
        crossed=filled(words.crossed(change), parameters),
        doubt=change.doubt or "",
    )
