"""The service's own /metrics page, twice: the same signals as from a Prometheus server, without one.

Now is what happened between the two scrapes; before is what the process has counted since it started.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from fastdiag.collectors.metrics_facts import tell_facts
from fastdiag.collectors.metrics_page import MetricsPage, Scrape
from fastdiag.collectors.multiprocess_files import of_dead_workers
from fastdiag.collectors.page_doubts import of_gauges, page_doubts
from fastdiag.collectors.sample_doubts import quantile_doubts
from fastdiag.collectors.sink import Sink, SourceFailed, SourceSkipped
from fastdiag.host.proc import Proc
from fastdiag.metrics.evaluate import Found, evaluate, first_existing
from fastdiag.metrics.page import START_TIME, alone, between, fell, totals
from fastdiag.metrics.plan import plan
from fastdiag.metrics.vector import Sampling, VectorRequest
from fastdiag.model.signal import Catalogue, MetricKind, MetricSource, Missing, Signal
from fastdiag.model.target import Target

DRAWS: Final = 8
"""Scrapes on fresh connections: with three workers, all eight meet the same one once in two thousand."""
DRAWING_S: Final = 0.8
"""All of them together take no longer: each may cost a tenth of a second, and one that is late more."""
DRAW_LIMIT_BYTES: Final = 1_000_000
"""A page that is larger is not fetched just to count workers."""
OF_ONE_PROCESS: Final = frozenset({START_TIME, "process_cpu_seconds_total"})
"""What prometheus_client tells of the process that answers; a start alone may stand for all workers."""
SPARE_S: Final = 0.3
LEAST_GAP_S: Final = 0.2
SINCE_START: Final = "average since the process started"
HTTP_FAMILY: Final = "http."
SERIES: Final = "observability.series"
DURATION: Final = "observability.scrape.duration"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """Two scrapes of one worker; ``earlier`` is None when there is no such pair."""

    earlier: Scrape | None
    later: Scrape


def collect(target: Target, sink: Sink) -> None:
    """Fill the sink with every signal for which the page has the metrics."""
    if target.at is not None:
        raise SourceSkipped("a page shows only the present", hint="only Prometheus keeps the past")
    if target.metrics_url is None:
        raise SourceSkipped("no metrics page is known", hint="--metrics-url http://HOST:PORT/metrics")
    until = time.monotonic() + max(0.0, sink.remaining() - SPARE_S)
    page = MetricsPage(target.metrics_url, until)
    sink.target = page.shown
    try:
        draws = draw(page)
        pair = _second(page, draws, sink, _gap(target, until))
    finally:
        sink.requests = page.requests
        page.close()
    _write(sink, pair, lottery(draws, target, page.port), target.slow_s)
    if target.local and page.port in target.local.ports:
        for doubt in of_dead_workers(Proc(), target.local, of_gauges(sink.catalogue)):
            sink.doubt(doubt)


def draw(page: MetricsPage) -> list[Scrape]:
    """Scrape once, and more often where that is cheap, to see how many workers share the address."""
    draws = [page.scrape()]
    if draws[0].worker is None or draws[0].size_bytes >= DRAW_LIMIT_BYTES:
        return draws
    with suppress(SourceFailed):
        while len(draws) < DRAWS and _another_fits(draws):
            draws.append(page.scrape())
    return draws


def _another_fits(draws: Sequence[Scrape]) -> bool:
    """Whether there is time for one more that takes as long as the last."""
    return sum(draw.seconds for draw in draws) + draws[-1].seconds <= DRAWING_S


def _gap(target: Target, until: float) -> float:
    return min(target.sample_gap_s, (until - time.monotonic()) / 2)


def _second(page: MetricsPage, draws: Sequence[Scrape], sink: Sink, gap_s: float) -> _Pair:
    """Wait, and scrape again until a worker answers that has answered before."""
    single = _Pair(earlier=None, later=draws[-1])
    if gap_s < LEAST_GAP_S:
        sink.problem("no time was left for a second scrape", hint="raise --deadline")
        return single
    time.sleep(gap_s)
    last_of = {draw.worker: draw for draw in draws}
    try:
        for _ in range(DRAWS):
            later = page.scrape()
            earlier = last_of.get(later.worker)
            if earlier is not None and not fell(earlier.page, later.page, _counters(sink.catalogue)):
                return _Pair(earlier=earlier, later=later)
            single = _Pair(earlier=None, later=later)
            if later.worker is not None and later.worker > draws[-1].taken_at:
                sink.problem("the service restarted between the two scrapes")
                return single
    except SourceFailed as failure:
        sink.problem(f"the second scrape failed: {failure.detail}", hint=failure.hint)
        return single
    sink.problem("counters went down between two scrapes: another worker answered, or the service restarted")
    return single


def lottery(draws: Sequence[Scrape], target: Target, port: int) -> str | None:
    """Say that the page speaks for one worker of several, if it does.

    Workers that share a page through a directory show neither a start time nor this problem.
    """
    workers = len({draw.worker for draw in draws})
    local = target.local
    if local and port in local.ports and draws[0].page.keys() >= OF_ONE_PROCESS:
        workers = max(workers, len(local.workers))
    if workers == 1:
        return None
    return f"one of {workers} workers answered: rates are about {workers} times too low"


def _write(sink: Sink, pair: _Pair, one_of_several: str | None, slow_s: float) -> None:
    _tell_page(sink, pair.later)
    chosen = list(_sources(sink.catalogue, frozenset(pair.later.page)))
    for doubt in page_doubts(pair.later.page, chosen, one_of_several, sink.source):
        sink.doubt(doubt)
    if not any(signal.id.startswith(HTTP_FAMILY) for signal, _ in chosen):
        sink.hint = sink.hint or (
            "the page has no request metrics; prometheus-fastapi-instrumentator or OpenTelemetry add them"
        )
    for signal, source in chosen:
        found = _evaluate(signal, source, pair)
        if isinstance(found, Missing):
            sink.missing(signal.id, found.reason, found.detail)
            continue
        for doubt in quantile_doubts(signal, source, found, slow_s, sink.source):
            sink.doubt(doubt)
        bias = "; ".join(text for text in (one_of_several, found.bias) if text)
        sink.reading(
            signal.id,
            found.value,
            by=found.by,
            before=found.before,
            window=found.window,
            bias=bias or None,
            bound=None if one_of_several else found.bound,
        )


def _tell_page(sink: Sink, scrape: Scrape) -> None:
    """Record what the page itself says of the service's observability, and what it costs."""
    tell_facts(sink, scrape.page)
    measured = {SERIES: float(sum(map(len, scrape.page.values()))), DURATION: scrape.seconds}
    for name, value in measured.items():
        if name in sink.catalogue.signals:
            sink.reading(name, value)


def _evaluate(signal: Signal, source: MetricSource, pair: _Pair) -> Found | Missing:
    plans = plan(source)
    requests = (*plans.essential, *plans.extra)
    if pair.earlier is None:
        window = alone(pair.later.page, pair.later.taken_at, requests)
        return _since_start(evaluate(source, signal.unit, window), source)
    now = between((pair.earlier.page, pair.later.page), pair.later.at - pair.earlier.at, requests)
    before = totals(pair.earlier.page, pair.earlier.taken_at, requests)
    found = evaluate(source, signal.unit, now, before)
    if isinstance(found, Missing) and source.kind is MetricKind.HISTOGRAM:
        longer = _since_start(_evaluate_totals(signal, source, pair.later, requests), source)
        return found if isinstance(longer, Missing) else longer
    return found


def _evaluate_totals(
    signal: Signal, source: MetricSource, scrape: Scrape, requests: Sequence[VectorRequest]
) -> Found | Missing:
    return evaluate(source, signal.unit, totals(scrape.page, scrape.taken_at, requests))


def _since_start(found: Found | Missing, source: MetricSource) -> Found | Missing:
    """Mark what was counted since the start as the average that it is."""
    if isinstance(found, Missing) or source.kind is MetricKind.GAUGE:
        return found
    bias = "; ".join(text for text in (SINCE_START, found.bias) if text)
    return Found(value=found.value, by=found.by, bias=bias)


def _sources(catalogue: Catalogue, names: frozenset[str]) -> Iterator[tuple[Signal, MetricSource]]:
    for signal in catalogue.of("scrape"):
        sources = [source for source in signal.sources if isinstance(source, MetricSource)]
        source = first_existing(sources, names)
        if source is not None:
            yield signal, source


def _counters(catalogue: Catalogue) -> frozenset[str]:
    """Return the names of all counters and buckets that signals are computed from."""
    return frozenset(
        request.metric
        for signal in catalogue.of("scrape")
        for source in signal.sources
        if isinstance(source, MetricSource)
        for request in plan(source).essential
        if request.sampling is Sampling.INCREASE
    )
