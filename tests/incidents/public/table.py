"""The one table between the reports' words and fastdiag's (translation.yaml)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from fastdiag.located.fields import Fields, Shape
from fastdiag.located.files import read_yaml
from fastdiag.located.located_yaml import Listing, Node
from fastdiag.located.problems import Problems
from fastdiag.located.readers import read_entries, read_flag, read_number, read_quantity, read_text

TRANSLATION: Final = Path(__file__).with_name("translation.yaml")

_FILE: Final = Shape("the translation", ("signals", "combine", "causes", "brought about", "not first"))
_ROW: Final = Shape(
    "a row",
    (),
    (
        *("signal", "factor", "less", "inverse", "of", "before", "grown_from", "true", "false", "derived"),
        *("part", "observed", "less_than", "parameter", "unit", "no signal"),
    ),
)
_CAUSE: Final = Shape("a cause", (), ("cause", "blind spot"))
_PLACE: Final = Shape("a place", ("because",), ("within", "asks", "mistaken for"))
_TARGETS: Final = ("signal", "observed", "parameter", "no signal")


class Combine(StrEnum):
    """How several signals of a report become one reading."""

    SUM = "sum"
    HIGHEST = "highest"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToReading:
    """A number: ``value * factor - less``, over that of ``of``, inverted; a boolean: one of two quantities.

    grown_from  for a boolean that says that a value grew: the share of it that was there before
    derived     why the reading follows from the report's value without being it
    part        the reading is that of some requests only
    """

    signal: str
    factor: float = 1.0
    less: float = 0.0
    inverse: bool = False
    of: str | None = None
    before: bool = False
    grown_from: float | None = None
    when_true: float | None = None
    when_false: float | None = None
    derived: str | None = None
    part: str | None = None


@dataclass(frozen=True, slots=True)
class ToSymptom:
    """What a person reported, where the value is not zero, or less than another one."""

    symptom: str
    less_than: str | None = None


@dataclass(frozen=True, slots=True)
class ToParameter:
    """What is configured around the service, in which unit."""

    name: str
    unit: str


@dataclass(frozen=True, slots=True)
class NoSignal:
    """fastdiag has none, and why."""

    reason: str


Row = ToReading | ToSymptom | ToParameter | NoSignal


@dataclass(frozen=True, slots=True)
class BlindSpot:
    """A cause that fastdiag cannot see: which signal it would need, and who could yield it."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Why the signals of a report cannot put its true cause first, and what must hold instead.

    within        how far down the list it may stand; None where it is not listed
    asks          the signal, or family of signals, that the next checks must name then
    mistaken_for  the wrong cause that may be called likely until then
    """

    because: str
    within: int | None
    asks: str | None
    mistaken_for: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The whole translation.

    brought_about  by report: the consequence that its signals tell of and its list of causes does not
    """

    signals: Mapping[str, tuple[Row, ...]]
    combine: Mapping[str, Combine]
    causes: Mapping[str, str | BlindSpot]
    brought_about: Mapping[str, str]
    not_first: Mapping[str, Place]


def read_table(path: Path = TRANSLATION) -> Table:
    """Read the table. Raise RuleError with file, line and column when the file is not right."""
    problems = Problems(what="the translation")
    node = read_yaml(path, path.name, problems)
    problems.raise_any()
    assert node is not None
    file = Fields(node, _FILE, problems)

    def entries(key: str) -> list[tuple[str, Node]]:
        found = read_entries(file.get(key) or node, f"'{key}'", problems)
        return [(name.text, value) for name, value in found]

    table = Table(
        signals={name: _rows(value, problems) for name, value in entries("signals")},
        combine={name: Combine(read_text(value, name, problems) or "") for name, value in entries("combine")},
        causes={name: _cause(value, problems) for name, value in entries("causes")},
        brought_about={
            name: read_text(value, name, problems) or "" for name, value in entries("brought about")
        },
        not_first={name: _place(value, problems) for name, value in entries("not first")},
    )
    problems.raise_any()
    return table


def _rows(node: Node, problems: Problems) -> tuple[Row, ...]:
    nodes = node.items if isinstance(node, Listing) else (node,)
    return tuple(_row(Fields(item, _ROW, problems)) for item in nodes)


def _row(fields: Fields) -> Row:
    targets = [key for key in _TARGETS if fields.get(key) is not None]
    if len(targets) != 1:
        fields.problems.note(fields.node.place, f"a row has one of {', '.join(_TARGETS)}")
    match targets[:1]:
        case ["observed"]:
            return ToSymptom(fields.text("observed"), fields.text("less_than") or None)
        case ["parameter"]:
            return ToParameter(fields.text("parameter"), fields.text("unit"))
        case ["signal"]:
            return _reading(fields)
        case _:
            return NoSignal(fields.text("no signal"))


def _reading(fields: Fields) -> ToReading:
    factor = fields.read("factor", read_number)
    true, false = fields.read("true", read_quantity), fields.read("false", read_quantity)
    return ToReading(
        signal=fields.text("signal"),
        factor=1.0 if factor is None else factor,
        less=fields.read("less", read_number) or 0.0,
        inverse=fields.read("inverse", read_flag) or False,
        of=fields.text("of") or None,
        before=fields.read("before", read_flag) or False,
        grown_from=fields.read("grown_from", read_number),
        when_true=None if true is None else true.value,
        when_false=None if false is None else false.value,
        derived=fields.text("derived") or None,
        part=fields.text("part") or None,
    )


def _cause(node: Node, problems: Problems) -> str | BlindSpot:
    fields = Fields(node, _CAUSE, problems)
    if (fields.get("cause") is None) is (fields.get("blind spot") is None):
        problems.note(node.place, "a cause is one of ours, or a blind spot")
    return fields.text("cause") or BlindSpot(" ".join(fields.text("blind spot").split()))


def _place(node: Node, problems: Problems) -> Place:
    fields = Fields(node, _PLACE, problems)
    within = fields.read("within", read_number)
    if within is not None and fields.get("asks") is not None:
        problems.note(node.place, "what is listed is not asked for: `within` or `asks`")
    return Place(
        because=" ".join(fields.text("because").split()),
        within=None if within is None else int(within),
        asks=fields.text("asks") or None,
        mistaken_for=fields.text("mistaken for") or None,
    )
