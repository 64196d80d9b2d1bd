"""rules/signals/*.yaml: what each signal means, its unit, and where its value comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from fastdiag.errors import nearest
from fastdiag.located.fields import Fields, Shape
from fastdiag.located.located_yaml import Node, Scalar, Table
from fastdiag.located.problems import Problems
from fastdiag.located.readers import read_entries, read_number
from fastdiag.model.quantity import Unit
from fastdiag.model.signal import Formula, LogSource, Obtain, Signal, SignalSource
from fastdiag.rulebook.folders import Folder
from fastdiag.rulebook.metric_sources import read_sources
from fastdiag.rulebook.renames import Renames
from fastdiag.rulebook.vocabulary import Vocabulary, said

SIGNAL: Final = Shape("a signal", ("unit", "title"), ("sources", "formula", "obtain", "replaces"))
OBTAIN: Final = Shape("'obtain'", ("run", "cost_s"))
ID: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
_FORMULA: Final = re.compile(r"\s*(?P<left>[\w.]+)\s*(?P<operator>[-+*/])\s*(?P<right>[\w.]+)\s*")

Units = Mapping[str, Unit | None]


@dataclass(frozen=True, slots=True)
class Signals:
    """The definitions, and the units that other definitions are checked by (None: at fault itself)."""

    by_id: Mapping[str, Signal]
    units: Units
    renamed: Mapping[str, str]


def read_signals(folders: Iterable[Folder], problems: Problems) -> Signals:
    """Return all signals; those of later folders replace earlier ones of the same id."""
    entries: dict[str, tuple[Scalar, Node]] = {}
    renames = Renames("signal", problems)
    for folder in folders:
        own = _entries_of(folder, problems)
        replaced = renames.read({name: node for name, (_, node) in own.items()})
        entries = {name: entry for name, entry in entries.items() if name not in replaced} | own
    units = {name: _unit(node) for name, (_, node) in entries.items()}
    words = Vocabulary(units, {}, renames.current)
    by_id = {name: _signal(key, node, words, problems) for name, (key, node) in entries.items()}
    return Signals(by_id, units, renames.current)


def _entries_of(folder: Folder, problems: Problems) -> dict[str, tuple[Scalar, Node]]:
    entries: dict[str, tuple[Scalar, Node]] = {}
    for document in folder.signals:
        for key, node in read_entries(document.tree, "a file of signals", problems):
            if key.text in entries:
                problems.note(key.place, f"{key.text} is already defined at {entries[key.text][0].place}")
            elif not ID.fullmatch(key.text):
                problems.note(key.place, f"{key.text!r} cannot be a signal", "an id is like http.latency.p95")
            else:
                entries[key.text] = (key, node)
    return entries


def _unit(node: Node) -> Unit | None:
    """Return the unit a definition gives, None when it gives none: reading the definition tells why."""
    given = {key.text: value for key, value in node.entries} if isinstance(node, Table) else {}
    unit = given.get("unit")
    return Unit(unit.text) if isinstance(unit, Scalar) and unit.text in list(Unit) else None


def _signal(key: Scalar, node: Node, words: Vocabulary, problems: Problems) -> Signal:
    fields = Fields(node, SIGNAL, problems)
    unit = Unit(fields.word("unit", list(Unit)) or Unit.COUNT)
    sources: list[SignalSource] = []
    for source in fields.items("sources"):
        found = read_sources(source, problems)
        sources += found
        _check_log(source, found, unit, problems)
    return Signal(
        id=key.text,
        unit=unit,
        title=fields.text("title"),
        sources=tuple(sources),
        formula=_formula(key.text, fields, words),
        obtain=_obtain(fields),
        where=str(key.place),
    )


def _check_log(node: Node, found: Iterable[SignalSource], unit: Unit, problems: Problems) -> None:
    """Check that records of a log can be had in the unit: they are counted, by time, or per others."""
    for source in found:
        if not isinstance(source, LogSource):
            continue
        if unit not in {Unit.COUNT, Unit.PER_SECOND, Unit.RATIO}:
            problems.note(
                node.place, f"records of a log are counted, and this is {said(unit)}", "unit: count"
            )
        elif (unit is Unit.RATIO) is (source.per is None):
            hint = "a share has 'per' (of which records), a count and a rate have none"
            problems.note(node.place, f"'per' does not fit what is {said(unit)}", hint)


def _obtain(fields: Fields) -> Obtain | None:
    node = fields.get("obtain")
    if node is None:
        return None
    obtain = Fields(node, OBTAIN, fields.problems)
    return Obtain(run=obtain.text("run"), cost_s=obtain.read("cost_s", read_number) or 0.0)


def _formula(signal: str, fields: Fields, words: Vocabulary) -> Formula | None:
    """Read `a / b`, two signals and + - * or /."""
    node, text = fields.get("formula"), fields.text("formula")
    if not isinstance(node, Scalar) or not text:
        return None
    match = _FORMULA.fullmatch(node.text)
    if match is None:
        fields.problems.note(node.place, f"{text!r} is not a formula", "two signals and + - * or /: `a / b`")
        return None
    for side in ("left", "right"):
        if words.current(match[side]) not in words.units:
            hint = nearest(match[side], words.units)
            fields.problems.note(node.at(match.start(side)), f"unknown signal {match[side]!r}", hint)
    left, right = words.current(match["left"]), words.current(match["right"])
    formula = Formula(left=left, operator=match["operator"], right=right)
    _check_units(signal, formula, node, words.units, fields.problems)
    return formula


def _check_units(signal: str, formula: Formula, node: Scalar, units: Units, problems: Problems) -> None:
    """Check what can be told: sums keep their unit, and a quotient of like things is a ratio."""
    left, right, result = units.get(formula.left), units.get(formula.right), units[signal]
    if left is None or right is None or result is None:
        return
    if formula.operator in "+-" and not left is right is result:
        problems.note(
            node.place, f"{formula} adds {said(left)} and {said(right)}, and {signal} is {said(result)}"
        )
    elif formula.operator == "/" and left is right and result is not Unit.RATIO:
        problems.note(node.place, f"{formula} is a ratio, and {signal} is {said(result)}")
