"""What Alertmanager posts to a webhook (payload version 4), read strictly; faults are told with their path.

Only what a trigger is made of is read: keys that a later Alertmanager may add are nobody's fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from fastdiag.errors import FastdiagError, SnapshotError
from fastdiag.model.history import Occasion
from fastdiag.recorder.recording import Trigger
from fastdiag.render.json_reader import Node, parse

VERSION: Final = "4"
"""The payload that every Alertmanager since 0.7 sends."""
MAX_ALERTS: Final = 10_000
"""Of one notification; `max_alerts` of Alertmanager's webhook bounds it at the other end."""
SUMMARIES: Final = ("summary", "description", "message", "title")
"""Annotations in which people write what an alert means, the usual one first."""
WHERE: Final = "the notification"


class AlertError(FastdiagError):
    """What was posted is no notification of Alertmanager."""


class AlertStatus(StrEnum):
    """Whether an alert still holds."""

    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert of a notification. All texts are foreign.

    fingerprint  what Alertmanager tells it apart by; made of its labels where an old one sends none
    """

    status: AlertStatus
    fingerprint: str
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return its name; an alert without one exists for the program, but for no person."""
        return self.labels.get("alertname", "alert")

    @property
    def said(self) -> str:
        """Return in one sentence what it says."""
        severity = self.labels.get("severity")
        head = f"{self.name} ({severity})" if severity else self.name
        summary = next((text for key in SUMMARIES if (text := self.annotations.get(key))), None)
        return f"{head}: {summary}" if summary else head


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One group of alerts; ``truncated`` is how many more there are that it does not hold."""

    alerts: tuple[Alert, ...]
    truncated: int = 0

    @property
    def firing(self) -> tuple[Alert, ...]:
        """Return the alerts that hold."""
        return tuple(alert for alert in self.alerts if alert.status is AlertStatus.FIRING)

    @property
    def trigger(self) -> Trigger | None:
        """Return what it asks for, None when all of its alerts are resolved."""
        firing = self.firing
        if not firing:
            return None
        more = len(firing) - 1 + self.truncated
        return Trigger(
            occasion=Occasion.ALERT,
            name=firing[0].name,
            keys=tuple(f"alert {alert.fingerprint}" for alert in firing),
            why=f"{firing[0].said} (and {more} more)" if more else firing[0].said,
        )


def read_notification(body: bytes) -> Notification:
    """Return what Alertmanager posted. Raise AlertError, with line and column or path, if it is none."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise AlertError(f"not UTF-8 text: byte {error.start}", where=WHERE) from None
    if not text.strip():
        raise AlertError("nothing was posted", where=WHERE)
    try:
        return _notification(parse(text, WHERE))
    except SnapshotError as error:
        message = error.message.removeprefix("not a snapshot: ")
        raise AlertError(message, hint=error.hint, where=error.where) from None


def _notification(root: Node) -> Notification:
    if not isinstance(root.value, dict):
        root.expected("an object")
    version = root.get("version")
    if version.value != VERSION:
        hint = "Alertmanager sends it through webhook_configs; other senders are not understood"
        version.expected(f'"{VERSION}"', hint)
    alerts = root.get("alerts")
    if not isinstance(alerts.value, list):
        alerts.expected("a list")
    if len(alerts.value) > MAX_ALERTS:
        alerts.fail(f"more than {MAX_ALERTS} alerts", "bound them with max_alerts of webhook_configs")
    return Notification(
        alerts=tuple(_alert(node) for node in alerts.elements()),
        truncated=root.get("truncatedAlerts").whole(0),
    )


def _alert(node: Node) -> Alert:
    labels = dict(_texts(node.get("labels")))
    own = "\x00".join(f"{name}\x00{value}" for name, value in sorted(labels.items()))
    return Alert(
        status=AlertStatus(node.get("status").word(AlertStatus)),
        fingerprint=node.get("fingerprint").text("") or own,
        labels=labels,
        annotations=dict(_texts(node.get("annotations"))),
    )


def _texts(node: Node) -> Iterator[tuple[str, str]]:
    for name, value in node.items():
        yield name, value.text()
