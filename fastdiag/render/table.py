"""The rule table and its signals as lists, with what of them a snapshot saw."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from fastdiag.model.quantity import format_value
from fastdiag.model.rule import Cause, Rulebook, signals_of
from fastdiag.model.signal import Missing, Signal
from fastdiag.model.snapshot import Snapshot
from fastdiag.render.json import SCHEMA, Json, dump
from fastdiag.render.markup import code, plain
from fastdiag.render.paper import Paper

DEFAULT_WIDTH: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One cause: what it explains, the signals of its evidence, and which of these were seen."""

    cause: Cause
    signals: tuple[str, ...]
    seen: tuple[str, ...] | None

    @property
    def sight(self) -> str:
        """Return `12 signals`, or `7 of 12 signals seen`."""
        total = f"{len(self.signals)} signals"
        return total if self.seen is None else f"{len(self.seen)} of {total} seen"


def rows(book: Rulebook, snapshot: Snapshot | None) -> tuple[Row, ...]:
    """Return the causes in the order of the table; without a snapshot nothing is said to be seen."""
    return tuple(_row(cause, book, snapshot) for cause in book.causes)


def _row(cause: Cause, book: Rulebook, snapshot: Snapshot | None) -> Row:
    quoted = (signals_of(row.when) for row in (*cause.supports, *cause.contradicts))
    signals = tuple(dict.fromkeys(name for names in quoted for name in names))
    seen = tuple(name for name in signals if _is_seen(name, book, snapshot)) if snapshot else None
    return Row(cause=cause, signals=signals, seen=seen)


def _is_seen(name: str, book: Rulebook, snapshot: Snapshot) -> bool:
    """Whether a snapshot has a value of a signal, or both values that it is computed from."""
    formula = book.catalogue.signals[name].formula
    if name in snapshot.readings or formula is None:
        return name in snapshot.readings
    return all(_is_seen(side, book, snapshot) for side in (formula.left, formula.right))


def causes_screen(
    table: Sequence[Row], *, width: int = DEFAULT_WIDTH, color: bool = False, encoding: str = "utf-8"
) -> str:
    """Return one block a cause: id and title, then what it explains and how much of it is visible."""
    paper = Paper(width=width, color=color, encoding=encoding)
    name_width = max((len(row.cause.id) for row in table), default=0)
    for row in table:
        paper.row((f"{row.cause.id:<{name_width}}  ", "bold"), row.cause.title)
        told = f"{row.sight}; explains {', '.join(row.cause.explains)}"
        paper.row(" " * (name_width + 2), (told, "dim"))
    return paper.text()


def causes_markdown(table: Sequence[Row]) -> str:
    """Return the same as a table."""
    head = ("| cause | title | explains | signals |", "| --- | --- | --- | --- |")
    lines = (
        f"| {code(row.cause.id)} | {plain(row.cause.title)} | {', '.join(row.cause.explains)} | {row.sight} |"
        for row in table
    )
    return "\n".join((*head, *lines)) + "\n"


def causes_json(table: Sequence[Row]) -> str:
    """Return the same for scripts: keys may be added, never renamed."""
    return dump({"schema": SCHEMA, "causes": [_document(row) for row in table]})


def _document(row: Row) -> Json:
    return {
        "id": row.cause.id,
        "kind": row.cause.kind.value,
        "title": row.cause.title,
        "explains": list(row.cause.explains),
        "signals": list(row.signals),
        "seen": None if row.seen is None else list(row.seen),
        "where": row.cause.where,
    }


def signals_screen(  # noqa: PLR0913 - what a screen is
    signals: Iterable[Signal],
    book: Rulebook,
    snapshot: Snapshot | None,
    *,
    width: int = DEFAULT_WIDTH,
    color: bool = False,
    encoding: str = "utf-8",
) -> str:
    """Return one block a signal: its value or why there is none, meaning, sources."""
    paper = Paper(width=width, color=color, encoding=encoding)
    listed = list(signals)
    name_width = max((len(signal.id) for signal in listed), default=0)
    for signal in listed:
        value = value_of(signal, snapshot)
        said = (f"{value}  ", "bold") if value else f"({signal.unit})  "
        paper.row((f"{signal.id:<{name_width}}  ", "bold"), said, signal.title)
        quoting = len(quoted_by(signal.id, book))
        told = f"{_sources(signal)}; quoted by {quoting} rule{'' if quoting == 1 else 's'}"
        paper.row(" " * (name_width + 2), (told, "dim"))
    return paper.text()


def value_of(signal: Signal, snapshot: Snapshot | None) -> str:
    """Return what a snapshot says of a signal: the value, or why there is none; nothing without one."""
    if snapshot is None:
        return ""
    reading = snapshot.readings.get(signal.id)
    if reading is not None:
        return "by part" if reading.value is None else format_value(reading.value, signal.unit)
    missing = snapshot.missing.get(signal.id)
    return f"? {missing.reason}" if isinstance(missing, Missing) else "?"


def quoted_by(signal: str, book: Rulebook) -> tuple[str, ...]:
    """Return the causes and symptoms whose conditions quote a signal."""
    symptoms = [s.id for s in book.symptoms if s.when is not None and signal in signals_of(s.when)]
    causes = [
        cause.id
        for cause in book.causes
        if any(signal in signals_of(row.when) for row in (*cause.supports, *cause.contradicts))
    ]
    return (*symptoms, *causes)


def signals_json(signals: Iterable[Signal], book: Rulebook, snapshot: Snapshot | None) -> str:
    """Return the same for scripts: keys may be added, never renamed."""
    return dump({"schema": SCHEMA, "signals": [_signal(signal, book, snapshot) for signal in signals]})


def _signal(signal: Signal, book: Rulebook, snapshot: Snapshot | None) -> Json:
    reading = snapshot.readings.get(signal.id) if snapshot else None
    missing = snapshot.missing.get(signal.id) if snapshot else None
    return {
        "id": signal.id,
        "unit": signal.unit.value,
        "title": signal.title,
        "sources": list(signal.collectors),
        "formula": str(signal.formula) if signal.formula else None,
        "quoted_by": list(quoted_by(signal.id, book)),
        "value": reading.value if reading else None,
        "source": reading.source if reading else None,
        "missing": str(missing) if missing and not reading else None,
        "where": signal.where,
    }


def signals_markdown(signals: Iterable[Signal], book: Rulebook, snapshot: Snapshot | None) -> str:
    """Return the same as a table."""
    head = ("| signal | unit | value | meaning | sources | rules |", "| --- | --- | --- | --- | --- | ---: |")
    lines = (
        f"| {code(signal.id)} | {signal.unit} | {plain(value_of(signal, snapshot))} | {plain(signal.title)} "
        f"| {plain(_sources(signal))} | {len(quoted_by(signal.id, book))} |"
        for signal in signals
    )
    return "\n".join((*head, *lines)) + "\n"


def _sources(signal: Signal) -> str:
    return f"computed: {signal.formula}" if signal.formula else ", ".join(signal.collectors) or "no source"
