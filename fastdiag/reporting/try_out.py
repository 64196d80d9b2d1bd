"""Trying out whether messages and metrics arrive, without looking at any service."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from fastdiag.channels.send import Parcel, send, to_channel, trial_of_pushgateway, trial_of_textfile
from fastdiag.model.notify import Delivery, Notify
from fastdiag.render.notice import trial
from fastdiag.reporting.deliver import Sender


def try_out(to: Notify, service: str, sender: Sender | None = None) -> tuple[Delivery, ...]:
    """Send a test message to every channel, and find out whether metrics would be taken. Raises nothing."""
    return send(_parcels(to, service, sender or Sender.here()))


def _parcels(to: Notify, service: str, sender: Sender) -> Iterator[Parcel]:
    message = trial(service, sender.host, datetime.now(UTC).isoformat())
    for channel in to.channels:
        yield to_channel(channel, message)
    if to.textfile is not None:
        yield trial_of_textfile(to.textfile)
    if to.pushgateway is not None:
        yield trial_of_pushgateway(to.pushgateway, {"service": service, "instance": sender.host})
