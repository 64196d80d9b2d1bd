"""Asks every broker and monitor that was named, side by side, and tells what they show of their queues."""

from __future__ import annotations

from fastdiag.collectors.queue.broker import Broker
from fastdiag.collectors.queue.places import distinct_places
from fastdiag.collectors.queue.report import report
from fastdiag.collectors.side_by_side import affordable, complain, watch_all
from fastdiag.collectors.sink import Sink, SourceSkipped
from fastdiag.model.target import Target


def collect(target: Target, sink: Sink) -> None:
    """Look twice at each of ``target.queues`` and fill the sink.

    A broker that fails costs the others nothing; when all do, the first one's reason is the source's.
    """
    if not target.queues:
        raise SourceSkipped(
            "no queue is known", hint="name its broker with --queue redis://HOST:6379/0 or amqp://HOST"
        )
    urls = affordable(distinct_places(target.queues), sink, what="brokers", option="--queue")
    brokers = [Broker(url) for url in urls]
    watch_all(brokers, lambda broker, until: broker.watch(until, target.sample_gap_s), sink)
    report(brokers, sink)
    for broker in brokers:
        if broker.problem is not None:
            sink.problem(f"{broker.shown}: {broker.problem.detail}", hint=broker.problem.hint)
    complain(brokers, sink)
