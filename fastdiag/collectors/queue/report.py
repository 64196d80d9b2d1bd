"""From what each broker shows to readings: one value over all queues, the queues as parts, worst first."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from fastdiag.collectors.queue.broker import Broker
from fastdiag.collectors.queue.broker_report import report_brokers
from fastdiag.collectors.queue.sight import (
    COMPLETED,
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
from fastdiag.model.signal import Bound, Labels, Missing, Part, Reason, common_bound

MAX_PARTS: Final = 20
MAX_NAMED: Final = 3
_BEHIND_FLOWER: Final = frozenset({System.CELERY, System.RABBITMQ})
"""Flower and these may show the same queues and workers."""
_ONE_LOOK: Final = absent("it takes two looks, and there was time for one")
_AFRESH: Final = absent("counted afresh between the two looks: a worker or the broker restarted")
_NOT_COUNTED: Final = absent(
    "the workers count now and then, and not between the two looks (arq: health_check_interval)"
)
_NOBODY: Final = absent("no job was in hand whose end could have been seen")
_PASSED: Final = "at least that: jobs that came and went between the two looks were not seen"
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
    report_brokers(brokers, sink)


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
    if signal == COMPLETED and sight.jobs is not None:
        return _gone(broker, sight, sight.jobs)
    if isinstance(total, Missing):
        return total
    if broker.first is None or broker.last is None:
        return _ONE_LOOK
    earlier = _same(broker.first, sight)
    before = earlier.totals.get(signal) if earlier else None
    if not isinstance(before, Seen) or total.value < before.value:
        return _AFRESH
    seconds = broker.last.at - broker.first.at
    if total.at is not None and before.at is not None:
        seconds = total.at - before.at
    if seconds <= 0:
        return _NOT_COUNTED
    return Seen((total.value - before.value) / seconds, total.bias)


def _gone(broker: Broker, sight: QueueSight, jobs: frozenset[str]) -> Fact:
    """Return how many jobs a second were worked off, by those that the first look saw and the last does not.

    Jobs that came and went between the looks are missed; but where none of those in line has left, workers
    that take them in turn have done nothing.
    """
    if broker.first is None or broker.last is None:
        return _ONE_LOOK
    earlier = _same(broker.first, sight)
    if earlier is None or not earlier.jobs:
        return _NOBODY
    gone = len(earlier.jobs - jobs)
    rate = gone / (broker.last.at - broker.first.at)
    return Seen(rate, _PASSED, Bound.AT_LEAST) if gone else Seen(0.0)


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
    """Drop Flower's word where the broker gives its own, and the broker's silence where Flower speaks.

    Where the broker only says "at least", Flower, which has seen every event, knows better.
    """
    behind = [word for word in words if word.sight.system in _BEHIND_FLOWER]
    flower = [word for word in words if word.sight.system is System.FLOWER]
    if flower and any(isinstance(word.fact, Seen) and word.fact.bound for word in behind):
        behind, flower = flower, behind
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
            bound=_bound(found, unknown),
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


def _bound(found: Iterable[tuple[Word, Seen]], unknown: Sequence[object]) -> Bound | None:
    """Return what the sum of biased values still is; what is unknown altogether leaves that open."""
    return None if unknown else common_bound(fact.bound for _, fact in found if fact.bias)


def _labels(word: Word, *, has_several: bool) -> Labels:
    labels = {"system": word.sight.system.value}
    if word.sight.name is not None:
        labels["queue"] = word.sight.name
    if has_several:
        labels["broker"] = word.broker
    return tuple(sorted(labels.items()))
