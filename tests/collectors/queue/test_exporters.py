"""Queues and caches from the pages of real exporters, read with the shipped sources."""

from pathlib import Path
from typing import Final

import pytest

from fastdiag.collectors.metrics_page import parse
from fastdiag.metrics.evaluate import Found, evaluate
from fastdiag.metrics.page import Page
from tests.metrics.catalogue import metric, shipped
from tests.metrics.dumps import since_start

PAGES: Final = Path(__file__).parent / "pages"
BORN: Final = 1.7e9
SECONDS: Final = 100.0


def page(name: str, times: int) -> Page:
    body = (PAGES / f"{name}.txt").read_bytes()
    samples = parse("text/plain; version=0.0.4", body, float("inf"))
    return {metric: {k: v * times for k, v in series.items()} for metric, series in samples.items()}


def found(signal: str, library: str, *, name: str | None = None, times: int = 1) -> Found:
    """Evaluate a page as if all that it counts had happened within SECONDS."""
    source = metric(signal, library)
    samples = {**page(name or library, times), "process_start_time_seconds": {(): BORN}}
    window = since_start(samples, source, taken_at=BORN + SECONDS)
    result = evaluate(source, shipped().signals[signal].unit, window)
    assert isinstance(result, Found), result
    return result


@pytest.mark.parametrize(
    ("signal", "library", "expected"),
    [
        ("queue.depth", "celery-exporter", 5),
        ("queue.depth", "rq-exporter", 2),
        ("queue.depth", "rabbitmq", 12),
        ("queue.depth", "arq-prometheus", 0),
        ("queue.depth", "redis_exporter", 0),
        ("queue.prefetched", "flower", 8),
        ("queue.prefetched", "rq-exporter", 0),
        ("queue.prefetched", "dramatiq", 0),
        ("queue.consumers", "celery-exporter", 1),
        ("queue.consumers", "flower", 1),
        ("queue.consumers", "rq-exporter", 1),
        ("queue.consumers", "rabbitmq", 0),
        ("queue.failed", "rq-exporter", 2),
        ("queue.scheduled", "rq-exporter", 0),
        ("queue.failures", "celery-exporter", 3 / SECONDS),
        ("queue.failures", "flower", 3 / SECONDS),
        ("queue.failures", "dramatiq", 2 / SECONDS),
        ("queue.failures", "arq-prometheus", 1 / SECONDS),
        ("queue.failures", "rq-exporter", 0),
        ("queue.retries", "celery-exporter", 1 / SECONDS),
        ("queue.retries", "flower", 1 / SECONDS),
        ("queue.retries", "dramatiq", 1 / SECONDS),  # and not once more for the delay queue
        ("queue.completed", "celery-exporter", 16 / SECONDS),
        ("queue.completed", "flower", 14 / SECONDS),
        ("queue.completed", "dramatiq", 5 / SECONDS),
        ("queue.completed", "rabbitmq", 20 / SECONDS),
        ("cache.clients", "redis_exporter", 1),
        ("cache.clients.limit", "redis_exporter", 10_000),
        ("cache.clients.blocked", "redis_exporter", 0),
        ("cache.refused", "redis_exporter", 0),
        ("cache.commands", "redis_exporter", 3 / SECONDS),
    ],
)
def test_numbers_of_each_exporter(signal: str, library: str, expected: float) -> None:
    assert found(signal, library).value == pytest.approx(expected)


def test_the_detailed_page_of_rabbitmq_tells_the_queues_apart() -> None:
    reading = found("queue.depth", "rabbitmq (detailed)", name="rabbitmq-detailed")
    assert [(part.labels, part.value) for part in reading.by] == [((("queue", "celery"),), 12)]


@pytest.mark.parametrize(
    ("signal", "library", "name", "lowest", "highest"),
    [
        # 6 of 16 tasks took 2 s, in (1, 2.5]
        ("queue.runtime.p95", "celery-exporter", "celery-exporter", 1, 2.5),
        ("queue.runtime.p95", "flower or opentelemetry-instrumentation-celery", "flower", 1, 2.5),
        # the first bucket ends at 5 s
        ("queue.runtime.p95", "flower or opentelemetry-instrumentation-celery", "opentelemetry-celery", 2, 5),
        ("queue.runtime.p95", "dramatiq", "dramatiq", 0, 0.005),
        ("queue.wait.p95", "celery-exporter", "celery-exporter", 2, 10),
    ],
)
def test_quantiles_of_each_exporter(
    signal: str, library: str, name: str, lowest: float, highest: float
) -> None:
    value = found(signal, library, name=name, times=10).value
    assert lowest <= value <= highest
