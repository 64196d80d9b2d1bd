"""From what each broker shows to readings: one value over all queues, the queues as parts, worst first."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fastdiag.collectors.queue.broker import Broker
from fastdiag.collectors.queue.sight import (
    CONSUMERS,
    DEPTH,
    GAUGES,
    GROWTH,
    OLDEST,
    RATES,
    Fact,
    Moment,
    QueueSight,
    Seen,
    System,
    absent,
)
from fastdiag.collectors.sink import Sink
from fastdiag.collectors.unreachable import Unreachable, doubt_of
from fastdiag.model.signal import Labels, Missing, Part, Reason

MAX_PARTS: Final = 20
MAX_NAMED: Final = 3
_BEHIND_FLOWER: Final = frozenset({System.CELERY, System.RABBITMQ})
"""Flower and these may show the same queues and workers."""
_ONE_LOOK: Final = absent("it takes two looks, and there was time for one")
_AFRESH: Final = absent("counted afresh between the two looks: a worker or the broker restarted")
_STALE: Final = "RabbitMQ counts anew every 5 s: both looks may have met the same count"
_ORDER: Final = tuple(Reason)


@dataclass(frozen=True, slots=True)
class Word:
    """What one broker says of one signal of one queue (or of all of them: no name)."""

    broker: str
    sight: QueueSight
    fact: Fact


def report(brokers: Sequence[Broker], sink: Sink) -> None:
    """Write a reading, or the reason why there is none, for every signal that was looked for."""
    words = {signal: _gauge_words(brokers, signal) for signal in GAUGES}
    words |= {signal: _rate_words(brokers, signal) for signal in RATES}
    words[GROWTH] = _growth_words(brokers)
    has_several = len(brokers) > 1
    backlog = {(word.broker, word.sight.name) for word in words[DEPTH] if _is_backlog(word.fact)}
    for signal, said in words.items():
        _write(sink, signal, _without_echoes(said), backlog, has_several=has_several)
    _report_brokers(brokers, sink)


def _gauge_words(brokers: Iterable[Broker], signal: str) -> list[Word]:
    return [
        Word(broker.shown, sight, sight.gauges[signal])
        for broker in brokers
        if (moment := broker.last or broker.first)
        for sight in moment.queues
        if signal in sight.gauges
    ]


def _rate_words(brokers: Iterable[Broker], signal: str) -> list[Word]:
    return [
        Word(broker.shown, sight, _per_second(broker, sight, signal, sight.totals[signal]))
        for broker in brokers
        if (moment := broker.last or broker.first)
        for sight in moment.queues
        if signal in sight.totals
    ]


def _per_second(broker: Broker, sight: QueueSight, signal: str, total: Fact) -> Fact:
    if isinstance(total, Missing):
        return total
    if broker.first is None or broker.last is None:
        return _ONE_LOOK
    earlier = _same(broker.first, sight)
    before = earlier.totals.get(signal) if earlier else None
    if not isinstance(before, Seen) or total.value < before.value:
        return _AFRESH
    return Seen((total.value - before.value) / (broker.last.at - broker.first.at), total.bias)


def _growth_words(brokers: Iterable[Broker]) -> list[Word]:
    words = []
    for broker in brokers:
        for sight in (broker.last or broker.first or Moment(at=0.0, queues=())).queues:
            depth = sight.gauges.get(DEPTH)
            if depth is not None:
                words.append(Word(broker.shown, sight, _growth(broker, sight, depth)))
    return words


def _growth(broker: Broker, sight: QueueSight, depth: Fact) -> Fact:
    if isinstance(depth, Missing):
        return depth
    if broker.first is None or broker.last is None:
        return _ONE_LOOK
    earlier = _same(broker.first, sight)
    before = earlier.gauges.get(DEPTH) if earlier else None
    if not isinstance(before, Seen):
        return _ONE_LOOK
    bias = _STALE if sight.system is System.RABBITMQ else depth.bias
    return Seen((depth.value - before.value) / (broker.last.at - broker.first.at), bias)


def _same(moment: Moment, sight: QueueSight) -> QueueSight | None:
    """Return the same queue at another moment."""
    same = ((other.name, other.system) == (sight.name, sight.system) for other in moment.queues)
    return next((other for other, is_same in zip(moment.queues, same, strict=True) if is_same), None)


def _is_backlog(fact: Fact) -> bool:
    return isinstance(fact, Seen) and fact.value > 0


def _without_echoes(words: Sequence[Word]) -> list[Word]:
    """Drop Flower's word where the broker gives its own, and the broker's silence where Flower speaks."""
    behind = [word for word in words if word.sight.system in _BEHIND_FLOWER]
    flower = [word for word in words if word.sight.system is System.FLOWER]
    if any(isinstance(word.fact, Seen) for word in behind):
        return [word for word in words if word not in flower]
    if any(isinstance(word.fact, Seen) for word in flower):
        return [word for word in words if word not in behind]
    return list(words)


def _write(
    sink: Sink,
    signal: str,
    words: Sequence[Word],
    backlog: set[tuple[str, str | None]],
    *,
    has_several: bool,
) -> None:
    found = [(word, word.fact) for word in words if isinstance(word.fact, Seen)]
    unknown = [(word, word.fact) for word in words if isinstance(word.fact, Missing)]
    if signal == OLDEST and unknown and not any(fact.value for _, fact in found):
        found = []  # that other queues are empty says nothing of the one whose messages carry no time
    if found:
        parts = [
            Part(labels=_labels(word, has_several=has_several), value=fact.value) for word, fact in found
        ]
        parts.sort(key=lambda part: (part.value if signal == CONSUMERS else -part.value, part.labels))
        sink.reading(
            signal,
            _value(signal, found, backlog),
            by=[part for part in parts if part.labels][:MAX_PARTS],
            bias=_bias(found, unknown),
        )
    elif unknown:
        why = min((missing for _, missing in unknown), key=lambda missing: _ORDER.index(missing.reason))
        sink.missing(signal, why.reason, why.detail)


def _value(signal: str, found: Sequence[tuple[Word, Seen]], backlog: set[tuple[str, str | None]]) -> float:
    """Combine the queues: the oldest job of any, the fewest consumers of those with a backlog, else sums."""
    if signal == OLDEST:
        return max(fact.value for _, fact in found)
    if signal == CONSUMERS:
        behind = [
            fact.value
            for word, fact in found
            if (word.broker, word.sight.name) in backlog or (backlog and word.sight.name is None)
        ]
        if behind:
            return min(behind)
    return math.fsum(fact.value for _, fact in found)


def _bias(found: Iterable[tuple[Word, Seen]], unknown: Iterable[tuple[Word, Missing]]) -> str | None:
    reasons = dict.fromkeys(fact.bias for _, fact in found if fact.bias)
    unseen = sorted({word.sight.name for word, _ in unknown if word.sight.name})
    if unseen:
        more = ", ..." if len(unseen) > MAX_NAMED else ""
        reasons[f"unknown for {', '.join(unseen[:MAX_NAMED])}{more}"] = None
    return "; ".join(reasons) or None


def _labels(word: Word, *, has_several: bool) -> Labels:
    labels = {"system": word.sight.system.value}
    if word.sight.name is not None:
        labels["queue"] = word.sight.name
    if has_several:
        labels["broker"] = word.broker
    return tuple(sorted(labels.items()))


def _report_brokers(brokers: Sequence[Broker], sink: Sink) -> None:
    times: Mapping[str, float] = {b.shown: b.latency_s for b in brokers if b.latency_s is not None}
    if times:
        parts = [Part(labels=(("broker", shown),), value=seconds) for shown, seconds in times.items()]
        parts.sort(key=lambda part: -part.value)
        sink.reading("queue.broker.latency", parts[0].value, by=parts)
    down = [broker.is_down for broker in brokers if broker.is_down is not None or not broker.is_by_web]
    if any(down) or (down and None not in down):
        gone = [broker.failure for broker in brokers if isinstance(broker.failure, Unreachable)]
        sink.reading("queue.broker.unreachable", float(down.count(True)), bias=doubt_of(gone))
