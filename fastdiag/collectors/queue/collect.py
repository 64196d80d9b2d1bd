"""Asks every broker and monitor that was named, side by side, and tells what they show of their queues."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Final

from fastdiag.collectors.crew import run_all
from fastdiag.collectors.queue.broker import Broker
from fastdiag.collectors.queue.report import report
from fastdiag.collectors.sink import Sink, SourceFailed, SourceSkipped
from fastdiag.model.target import Target

MAX_BROKERS: Final = 8
SPARE_S: Final = 0.3
MARGIN_S: Final = 0.1
"""By so much earlier each gives up by itself, so that it can still say what it waited for."""


def collect(target: Target, sink: Sink) -> None:
    """Look twice at each of ``target.queues`` and fill the sink.

    A broker that fails costs the others nothing; when all do, the first one's reason is the source's.
    """
    if not target.queues:
        raise SourceSkipped(
            "no queue is known", hint="name its broker with --queue redis://HOST:6379/0 or amqp://HOST"
        )
    until = time.monotonic() + max(0.0, sink.remaining() - SPARE_S)
    brokers = [Broker(url) for url in target.queues[:MAX_BROKERS]]
    calls = [partial(broker.watch, until - MARGIN_S, target.sample_gap_s) for broker in brokers]
    for broker, result in zip(brokers, run_all(calls, until), strict=True):
        if isinstance(result, SourceFailed):
            broker.failure = result
    sink.target = ", ".join(broker.shown for broker in brokers)
    sink.requests = sum(broker.requests for broker in brokers)
    report(brokers, sink)
    _complain(brokers, sink)


def _complain(brokers: Sequence[Broker], sink: Sink) -> None:
    failed = [(broker, broker.failure) for broker in brokers if broker.failure is not None]
    for broker in brokers:
        if broker.problem is not None:
            sink.problem(f"{broker.shown}: {broker.problem.detail}", hint=broker.problem.hint)
    if len(failed) == len(brokers):
        raise failed[0][1]
    for broker, failure in failed:
        sink.problem(f"{broker.shown}: {failure.detail}", hint=failure.hint)
