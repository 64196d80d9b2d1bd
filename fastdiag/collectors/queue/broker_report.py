"""Readings of the brokers themselves: are they there, how fast do they answer, do they take jobs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from fastdiag.collectors.queue.broker import Broker
from fastdiag.collectors.queue.health import REFUSALS, newly_refused
from fastdiag.collectors.queue.sight import Seen
from fastdiag.collectors.sink import Sink
from fastdiag.collectors.unreachable import Unreachable, doubt_of
from fastdiag.model.signal import Missing, Part, Reason

LATENCY = "queue.broker.latency"
UNREACHABLE = "queue.broker.unreachable"
BLOCKED = "queue.broker.blocked"
REFUSED = "queue.broker.refusals"
HELD_UP = "queue.broker.blocked.clients"


def report_brokers(brokers: Sequence[Broker], sink: Sink) -> None:
    """Write what is known of each broker."""
    _report_latency(brokers, sink)
    down = [broker.is_down for broker in brokers if broker.is_down is not None or not broker.is_by_web]
    if any(down) or (down and None not in down):
        gone = [broker.failure for broker in brokers if isinstance(broker.failure, Unreachable)]
        sink.reading(UNREACHABLE, float(down.count(True)), bias=doubt_of(gone))
    told = [broker for broker in brokers if broker.healths]
    if told:
        _report_blocked(told, sink)
        _report_refusals(told, sink)
        _report_held_up(told, sink)


def _report_latency(brokers: Sequence[Broker], sink: Sink) -> None:
    times: Mapping[str, float] = {b.shown: b.latency_s for b in brokers if b.latency_s is not None}
    if times:
        parts = [Part(labels=(("broker", shown),), value=seconds) for shown, seconds in times.items()]
        parts.sort(key=lambda part: -part.value)
        sink.reading(LATENCY, parts[0].value, by=parts)


def _report_blocked(brokers: Sequence[Broker], sink: Sink) -> None:
    """Count the brokers that take no new jobs, by what they say of themselves and by what they refuse."""
    unknown = [why for broker in brokers if isinstance(why := broker.healths[-1].blocked, Missing)]
    parts = [
        Part(labels=(("broker", broker.shown), ("why", why)), value=1.0)
        for broker in brokers
        for why in _reasons(broker)
    ]
    if unknown and not parts:
        sink.missing(BLOCKED, unknown[0].reason, unknown[0].detail)
        return
    bias = f"not known of every broker: {unknown[0].detail}" if unknown else None
    sink.reading(BLOCKED, float(len({dict(part.labels)["broker"] for part in parts})), by=parts, bias=bias)


def _reasons(broker: Broker) -> list[str]:
    blocked = broker.healths[-1].blocked
    stated = () if isinstance(blocked, Missing) else blocked
    grown = newly_refused(broker.healths[0], broker.healths[-1]) or {}
    return list(dict.fromkeys((*stated, *(REFUSALS[code] for code, count in grown.items() if count))))


def _report_refusals(brokers: Sequence[Broker], sink: Sink) -> None:
    """Write how many writes were refused a second; brokers that never refuse have no such rate."""
    counting = [broker for broker in brokers if broker.healths[-1].refused is not None]
    rates: Counter[str] = Counter()
    for broker in counting:
        why = broker.healths[-1].refused
        if isinstance(why, Missing):
            sink.missing(REFUSED, why.reason, why.detail)
            return
        grown = newly_refused(broker.healths[0], broker.healths[-1])
        if grown is None or broker.first is None or broker.last is None:
            sink.missing(REFUSED, Reason.ABSENT, "it takes two looks, some time apart")
            return
        rates.update({code: count / (broker.last.at - broker.first.at) for code, count in grown.items()})
    if counting:
        parts = [Part(labels=(("why", REFUSALS[code]),), value=rate) for code, rate in rates.items() if rate]
        sink.reading(REFUSED, sum(rates.values()), by=sorted(parts, key=lambda part: -part.value))


def _report_held_up(brokers: Sequence[Broker], sink: Sink) -> None:
    said = [(broker, fact) for broker in brokers if (fact := broker.healths[-1].clients) is not None]
    seen = [(broker, fact) for broker, fact in said if isinstance(fact, Seen)]
    unknown = [fact for _, fact in said if isinstance(fact, Missing)]
    if seen:
        parts = [Part(labels=(("broker", broker.shown),), value=fact.value) for broker, fact in seen]
        doubts = [fact.bias for _, fact in seen if fact.bias] + [why.detail for why in unknown]
        sink.reading(HELD_UP, sum(part.value for part in parts), by=parts, bias=doubts[0] if doubts else None)
    elif unknown:
        sink.missing(HELD_UP, unknown[0].reason, unknown[0].detail)
