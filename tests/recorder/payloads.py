"""Notifications as Alertmanager posts them (payload version 4)."""

from __future__ import annotations

import json
from typing import Final

SECRET: Final = "open-sesame-open-sesame"  # noqa: S105 - of a receiver that lives for a test


def firing(*names: str, **more: object) -> bytes:
    """Return a notification of firing alerts."""
    return notification(*(an_alert(name) for name in names), **more)


def notification(*alerts: dict[str, object], **more: object) -> bytes:
    """Return a notification of these alerts."""
    document = {
        "version": "4",
        "groupKey": '{}:{service="shop"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "fastdiag",
        "groupLabels": {"service": "shop"},
        "commonLabels": {"service": "shop"},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093",
        "alerts": list(alerts),
        **more,
    }
    return json.dumps(document).encode()


def an_alert(name: str, status: str = "firing", **more: object) -> dict[str, object]:
    """Return one alert."""
    return {
        "status": status,
        "labels": {"alertname": name, "service": "shop", "severity": "page"},
        "annotations": {"summary": "p95 is 4 s"},
        "startsAt": "2026-11-23T03:13:40.372Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus:9090/graph",
        "fingerprint": name.lower(),
        **more,
    }
