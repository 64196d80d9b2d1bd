"""From a report to a snapshot: what fastdiag would have been told, and nothing else.

The way leads through the text of a snapshot file, as a person would write it, and the public reader: each
report is also a file that `fastdiag diagnose` takes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypedDict, TypeVar

from fastdiag.model.signal import Catalogue
from fastdiag.model.snapshot import Snapshot
from fastdiag.render.snapshot_file import decode
from tests.incidents.public.report import Report, Value, read_reports
from tests.incidents.public.table import Combine, Row, Table, ToParameter, ToReading, ToSymptom, read_table

R = TypeVar("R", bound=Row)

ESTIMATED: Final = "an estimate: the report does not state this number"
"""The bias of such a reading: it may rule nothing out."""


class ReadingDocument(TypedDict, total=False):
    """One reading as a snapshot file has it."""

    value: float
    before: float
    by: list[dict[str, object]]
    source: str
    bias: str


class SnapshotDocument(TypedDict):
    """A minimal snapshot file."""

    schema: int
    service: str
    signals: dict[str, ReadingDocument]
    parameters: dict[str, str]
    observed: list[str]


@dataclass(frozen=True, slots=True)
class _Number:
    """What one signal of a report comes to; guessed: its reader put it in; derived: it follows from it."""

    value: float
    guessed: bool
    derived: bool


@dataclass(slots=True)
class _Collected:
    """What rows say of one of our signals."""

    now: list[_Number] = field(default_factory=list)
    before: _Number | None = None
    grown_from: float | None = None
    parts: dict[str, _Number] = field(default_factory=dict)

    def used(self, combine: Combine | None) -> list[_Number]:
        """Return the numbers that make the value: all of a sum, else the highest (a stated one of equals)."""
        if combine is Combine.SUM:
            return self.now
        return sorted(self.now, key=lambda number: (-number.value, number.guessed))[:1]

    def all(self, combine: Combine | None) -> list[_Number]:
        """Return all numbers that the reading rests on."""
        return [*self.used(combine), *self.parts.values(), *([self.before] if self.before else [])]


def snapshot_of(report: Report, table: Table, catalogue: Catalogue) -> Snapshot:
    """Return the snapshot of a report. Raise SnapshotError when the table names what fastdiag has not."""
    return decode(json.dumps(document(report, table)), catalogue, report.id)


def estimated_signals(report: Report, table: Table) -> frozenset[str]:
    """Return those of our signals that the report does not state itself."""
    return frozenset(
        name
        for name, said in _collect(report, table).items()
        if said.grown_from is not None
        or any(number.guessed or number.derived for number in said.all(table.combine.get(name)))
    )


def document(report: Report, table: Table) -> SnapshotDocument:
    """Return the report as a snapshot file has it."""
    collected = _collect(report, table)
    return {
        "schema": 1,
        "service": report.source,
        "signals": {name: _reading(name, said, table) for name, said in collected.items()},
        "parameters": {row.name: f"{value:g}{row.unit}" for row, value in _rows(report, table, ToParameter)},
        "observed": [
            row.symptom for row, value in _rows(report, table, ToSymptom) if _was_seen(row, value, report)
        ],
    }


def write_files(directory: Path) -> tuple[Path, ...]:
    """Write every report into a file of its own, as `fastdiag diagnose` takes them; return their paths."""
    directory.mkdir(parents=True, exist_ok=True)
    table = read_table()
    written = []
    for report in read_reports().reports:
        path = directory / f"{report.id}.json"
        path.write_text(json.dumps(document(report, table), indent=1) + "\n", encoding="utf-8")
        written.append(path)
    return tuple(written)


def _reading(signal: str, said: _Collected, table: Table) -> ReadingDocument:
    combine = table.combine.get(signal)
    reading = ReadingDocument(source="report")
    if said.now:
        value = sum(number.value for number in said.used(combine))
        reading["value"] = value
        if said.grown_from is not None:
            reading["before"] = value * said.grown_from
    if said.before is not None:
        reading["before"] = said.before.value
    if said.parts:
        reading["by"] = [
            {"labels": {"of": name}, "value": number.value} for name, number in said.parts.items()
        ]
    if any(number.guessed for number in said.all(combine)):
        reading["bias"] = ESTIMATED
    return reading


def _collect(report: Report, table: Table) -> dict[str, _Collected]:
    collected: dict[str, _Collected] = {}
    for name, value in report.signals.items():
        for row in table.signals[name]:
            if isinstance(row, ToReading) and _says_something(row, value):
                said = collected.setdefault(row.signal, _Collected())
                guessed = name in report.estimated or row.of in report.estimated
                _add(said, row, _Number(_number(row, value, report), guessed, row.derived is not None))
    return collected


def _says_something(row: ToReading, value: Value) -> bool:
    """Whether a row has a number for a value: a boolean may be told on one side only."""
    match value:
        case True:
            return row.when_true is not None or row.grown_from is not None
        case False:
            return row.when_false is not None
        case _:
            return True


def _add(said: _Collected, row: ToReading, number: _Number) -> None:
    if row.grown_from is not None:
        said.grown_from = row.grown_from
    elif row.before:
        said.before = number
    elif row.part is not None:
        said.parts[row.part] = number
    else:
        said.now.append(number)


def _was_seen(row: ToSymptom, value: Value, report: Report) -> bool:
    return bool(value) if row.less_than is None else float(value) < float(report.signals[row.less_than])


def _number(row: ToReading, value: Value, report: Report) -> float:
    if isinstance(value, bool):
        return (row.when_true if value else row.when_false) or 0.0
    number = float(value) * row.factor - row.less
    if row.of is not None:
        number /= float(report.signals[row.of])
    return 1 / number if row.inverse else number


def _rows(report: Report, table: Table, kind: type[R]) -> Iterator[tuple[R, Value]]:
    for name, value in report.signals.items():
        yield from ((row, value) for row in table.signals[name] if isinstance(row, kind))
