"""From the host's reasons for an unreadable fact to those that a report knows."""

from __future__ import annotations

from fastdiag.collectors.sink import Sink
from fastdiag.host.unreadable import Reason as HostReason
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.signal import Reason


def reason_of(unreadable: Unreadable) -> Reason:
    """Return the reason of a signal for which a fact could not be read."""
    match unreadable.reason:
        case HostReason.DENIED:
            return Reason.DENIED
        case HostReason.FAILED:
            return Reason.FAILED
        case HostReason.GONE | HostReason.ABSENT:
            return Reason.ABSENT


def say_unreadable(sink: Sink, unreadable: Unreadable, *signals: str) -> None:
    """Record why the facts behind these signals could not be read."""
    for signal in signals:
        sink.missing(signal, reason_of(unreadable), unreadable.detail)
