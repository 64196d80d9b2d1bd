"""Public incident reports: facts in the reports' own words (reports.yaml)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastdiag.located.fields import Fields, Shape
from fastdiag.located.files import read_yaml
from fastdiag.located.located_yaml import Node, Scalar, meaning
from fastdiag.located.problems import Problems
from fastdiag.located.readers import read_entries

REPORTS: Final = Path(__file__).with_name("reports.yaml")

Value = float | bool | str
"""What a report says of one of its signals."""

_FILE: Final = Shape("the file of reports", ("incidents", "cause_ids"))
_REPORT: Final = Shape(
    "a report", ("id", "source", "kind", "confirmed", "cause", "signals"), ("also", "estimated")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One incident as it was reported.

    cause, also  what it was, and what else was at work, as the reports' readers call it
    signals      what was seen, under the report's own names
    estimated    those of ``signals`` that the report does not state
    """

    id: str
    source: str
    kind: str
    cause: str
    also: tuple[str, ...]
    signals: Mapping[str, Value]
    estimated: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    """All reports, and the causes that their readers tell apart."""

    reports: tuple[Report, ...]
    cause_ids: frozenset[str]


def read_reports(path: Path = REPORTS) -> Reports:
    """Read the reports. Raise RuleError with file, line and column when the file is not right."""
    problems = Problems(what="the reports")
    node = read_yaml(path, path.name, problems)
    problems.raise_any()
    assert node is not None
    file = Fields(node, _FILE, problems)
    reports = tuple(_report(item, problems) for item in file.items("incidents"))
    cause_ids = frozenset(item.text for item in file.texts("cause_ids"))
    problems.raise_any()
    return Reports(reports=reports, cause_ids=cause_ids)


def _report(node: Node, problems: Problems) -> Report:
    fields = Fields(node, _REPORT, problems)
    entries = read_entries(fields.get("signals") or node, "'signals'", problems)
    signals = {key.text: _value(value, problems) for key, value in entries}
    return Report(
        id=fields.text("id"),
        source=fields.text("source"),
        kind=fields.text("kind"),
        cause=fields.text("cause"),
        also=tuple(item.text for item in fields.texts("also")),
        signals=signals,
        estimated=frozenset(item.text for item in fields.texts("estimated")),
    )


def _value(node: Node, problems: Problems) -> Value:
    value = meaning(node) if isinstance(node, Scalar) else None
    match value:
        case bool() | str():
            return value
        case int() | float():
            return float(value)
        case _:
            problems.note(node.place, "a signal is a number, a text, true or false")
            return ""
