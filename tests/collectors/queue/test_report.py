"""How what several places show becomes one reading."""

import time

import pytest

from fastdiag.collectors.queue.broker import Broker
from fastdiag.collectors.queue.report import report
from fastdiag.collectors.queue.sight import (
    COMPLETED,
    CONSUMERS,
    DEPTH,
    FAILURES,
    OLDEST,
    PREFETCHED,
    Fact,
    Moment,
    QueueSight,
    Seen,
    System,
    absent,
)
from fastdiag.collectors.sink import Sink
from fastdiag.model.signal import Missing, Reading
from fastdiag.model.target import Secret
from tests.metrics.catalogue import shipped


def queue(name: str | None, system: System = System.RQ, **facts: Fact) -> QueueSight:
    signals = {f"queue.{key}": fact for key, fact in facts.items()}
    rates = (FAILURES, COMPLETED)
    return QueueSight(
        name=name,
        system=system,
        gauges={key: fact for key, fact in signals.items() if key not in rates},
        totals={key: fact for key, fact in signals.items() if key in rates},
    )


def broker(*first: QueueSight, last: tuple[QueueSight, ...] | None = None, shown: str = "a") -> Broker:
    moment = Moment(at=100.0, queues=first)
    later = None if last is None else Moment(at=110.0, queues=last)
    return Broker(Secret("redis://"), shown=shown, first=moment, last=later)


def told(*brokers: Broker) -> tuple[dict[str, Reading], dict[str, Missing]]:
    sink = Sink("queue", shipped(), time.monotonic() + 5)
    report(brokers, sink)
    return sink.close()


def test_consumers_are_those_of_the_backlog_that_has_fewest() -> None:
    readings, _ = told(
        broker(
            queue("idle", depth=Seen(0), consumers=Seen(0)),
            queue("busy", depth=Seen(9), consumers=Seen(3)),
            queue("late", depth=Seen(5), consumers=Seen(1)),
        )
    )
    assert readings[CONSUMERS].value == 1
    assert [part.value for part in readings[CONSUMERS].by] == [0, 1, 3]
    assert [dict(part.labels)["queue"] for part in readings[DEPTH].by] == ["busy", "late", "idle"]


def test_without_a_backlog_all_consumers_count() -> None:
    readings, _ = told(broker(queue("a", depth=Seen(0), consumers=Seen(2)), queue("b", consumers=Seen(0))))
    assert readings[CONSUMERS].value == 2


def test_the_silence_of_one_queue_is_a_bias_and_of_all_of_them_a_reason() -> None:
    silent = absent("no time in it")
    readings, _ = told(broker(queue("a", oldest=Seen(40)), queue("b", oldest=silent)))
    assert (readings[OLDEST].value, readings[OLDEST].bias) == (40, "unknown for b")
    readings, missing = told(broker(queue("a", oldest=Seen(0)), queue("b", oldest=silent)))
    assert OLDEST not in readings  # that one queue is empty says nothing of the other
    assert missing[OLDEST] == silent


def test_flower_and_its_broker_are_not_added_up() -> None:
    celery = broker(
        queue("celery", System.CELERY, depth=Seen(7), consumers=absent("not here")),
        queue(None, System.CELERY, prefetched=Seen(4)),
        shown="redis",
    )
    flower = broker(
        queue("celery", System.FLOWER, depth=Seen(7)),
        queue(None, System.FLOWER, prefetched=Seen(5), consumers=Seen(2)),
        shown="flower",
    )
    readings, _ = told(celery, flower)
    assert readings[DEPTH].value == 7
    assert readings[PREFETCHED].value == 4
    assert (readings[CONSUMERS].value, readings[CONSUMERS].bias) == (2, None)


def test_rates_are_what_came_between_two_looks() -> None:
    first = queue(None, failures=Seen(3), completed=Seen(50))
    last = queue(None, failures=Seen(8), completed=Seen(10))
    readings, missing = told(broker(first, last=(last,)))
    assert readings[FAILURES].value == pytest.approx(0.5)
    assert "counted afresh" in missing[COMPLETED].detail
    _, missing = told(broker(first))
    assert "two looks" in missing[FAILURES].detail


def test_growth_of_a_queue_that_was_not_there_before_is_unknown() -> None:
    old, grown = queue("a", depth=Seen(10)), queue("a", depth=Seen(30))
    readings, _ = told(broker(old, last=(grown,)))
    assert readings["queue.growth"].value == pytest.approx(2)
    _, missing = told(broker(old, last=(queue("b", depth=Seen(1)),)))
    assert "queue.growth" in missing
