"""rules/alerts.yaml: what is worth a notification beside the symptoms, one row each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from fastdiag.located.fields import Fields, Shape
from fastdiag.located.located_yaml import Node
from fastdiag.located.problems import Problems
from fastdiag.located.readers import read_quantity
from fastdiag.model.alert import Alert
from fastdiag.model.quantity import Unit
from fastdiag.rulebook.condition import read_condition
from fastdiag.rulebook.folders import Folder
from fastdiag.rulebook.rows import Rows, rows_by_id
from fastdiag.rulebook.symptoms import read_severity
from fastdiag.rulebook.vocabulary import Names

ALERT: Final = Shape("an alert", ("id", "title", "when", "means", "suspects"), ("for", "severity"))

ROWS: Final = Rows("alert", "pool-saturation")


def read_alerts(folders: Iterable[Folder], names: Names, problems: Problems) -> tuple[Alert, ...]:
    """Return all alerts in the order of the files; those of later folders replace earlier ones by id."""
    rows: dict[str, Node] = {}
    for folder in folders:
        rows |= rows_by_id([(one.tree, "alerts.yaml") for one in folder.alerts], ROWS, problems)
    alerts = (_read(row, names, problems) for row in rows.values())
    return tuple(alert for alert in alerts if alert is not None)


def _read(row: Node, names: Names, problems: Problems) -> Alert | None:
    fields = Fields(row, ALERT, problems)
    when = fields.get("when")
    condition = read_condition(when, "'when'", names.vocabulary, problems) if when else None
    named = names.causes_in(fields.get("suspects"), "'suspects'", problems)
    severity = read_severity(fields.get("severity"), names.vocabulary, problems)
    for_s, title, means = _duration(fields, problems), fields.text("title"), fields.text("means")
    if condition is None:
        return None
    return Alert(
        id=fields.text("id"),
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
