"""rules/alerts.yaml: what is worth a notification beside the symptoms, one row each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from fastdiag.located.fields import Fields, Shape
from fastdiag.located.located_yaml import Node, Scalar, Table
from fastdiag.located.problems import Problems
from fastdiag.located.readers import read_items, read_quantity
from fastdiag.model.alert import Alert
from fastdiag.model.quantity import Unit
from fastdiag.rulebook.condition import read_condition
from fastdiag.rulebook.folders import Folder
from fastdiag.rulebook.symptoms import ID, read_severity
from fastdiag.rulebook.vocabulary import Names

ALERT: Final = Shape("an alert", ("id", "title", "when", "means", "suspects"), ("for", "severity"))


def read_alerts(folders: Iterable[Folder], names: Names, problems: Problems) -> tuple[Alert, ...]:
    """Return all alerts in the order of the files; those of later folders replace earlier ones by id."""
    rows: dict[str, Node] = {}
    for folder in folders:
        rows |= _rows_of(folder, problems)
    alerts = (_read(row, names, problems) for row in rows.values())
    return tuple(alert for alert in alerts if alert is not None)


def _rows_of(folder: Folder, problems: Problems) -> dict[str, Node]:
    rows: dict[str, Node] = {}
    for document in folder.alerts:
        for row in read_items(document.tree, "alerts.yaml", problems) or ():
            name = _name(row) or f"row {len(rows) + 1}"
            if name in rows:
                problems.note(row.place, f"alert {name} is already given in line {rows[name].place.line}")
            rows[name] = row
    return rows


def _name(row: Node) -> str | None:
    entries = row.entries if isinstance(row, Table) else ()
    return next((node.text for key, node in entries if key.text == "id" and isinstance(node, Scalar)), None)


def _read(row: Node, names: Names, problems: Problems) -> Alert | None:
    fields = Fields(row, ALERT, problems)
    name, node = fields.text("id"), fields.get("id")
    if node and name and not ID.fullmatch(name):
        problems.note(node.place, f"{name!r} cannot be an id", "an id is like pool-saturation")
    when = fields.get("when")
    condition = read_condition(when, "'when'", names.vocabulary, problems) if when else None
    named = names.causes_in(fields.get("suspects"), "'suspects'", problems)
    severity = read_severity(fields.get("severity"), names.vocabulary, problems)
    for_s, title, means = _duration(fields, problems), fields.text("title"), fields.text("means")
    if condition is None:
        return None
    return Alert(
        id=name,
        title=title,
        when=condition,
        means=means,
        suspects=named,
        severity=severity,
        for_s=for_s,
        where=str(row.place),
    )


def _duration(fields: Fields, problems: Problems) -> float | None:
    node, time = fields.get("for"), fields.read("for", read_quantity)
    if node is None or time is None:
        return None
    if time.unit is not Unit.SECONDS or time.value < 0:
        problems.note(node.place, f"{time} is not a time", "write 2m or 30s")
        return None
    return time.value
