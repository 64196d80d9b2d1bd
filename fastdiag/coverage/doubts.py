"""Why an item may be visible although no metric that is known shows it: then nobody can deny it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from fastdiag.coverage.facts import PROMETHEUS, WORKERS, Facts, Metric
from fastdiag.coverage.wanted import BACKGROUND, EXTERNAL, QUEUES, SELF_MADE, TIMEOUTS, Wanted
from fastdiag.model.checklist import Evidence
from fastdiag.model.signal import MetricSource

MAX_NAMED: Final = 3
ENDED: Final = "it has ended, and there is no series to look at"
PUSHING: Final = frozenset(
    {
        *("opentelemetry-exporter-otlp-proto-grpc", "opentelemetry-exporter-otlp-proto-http"),
        *("opentelemetry-exporter-prometheus-remote-write", "azure-monitor-opentelemetry"),
        *("ddtrace", "newrelic", "logfire", "elastic-apm"),
    }
)
"""Packages that send metrics by themselves: a page need not have them."""


def doubts_about(wanted: Wanted, facts: Facts, useless: Sequence[Metric]) -> tuple[Evidence, ...]:
    """Return the first reason to hold back; ``useless`` metrics are known and do not show the item."""
    if not facts.shelves:
        return ()
    found = [*_ended(useless), *_alike(wanted, facts)]
    if not useless:
        found += _pending(wanted, facts)
    if facts.shelf(PROMETHEUS) is None:
        found += [*_pushed(facts), *_beside(wanted, facts)]
    return tuple(found[:1])


def _ended(useless: Sequence[Metric]) -> Iterator[Evidence]:
    """Tell what is known only by its name: it may have had any label."""
    for metric in useless:
        if not metric.columns.series:
            yield Evidence(source=metric.source, text=f"{metric.name}: {ENDED}", speaks=None)


def _alike(wanted: Wanted, facts: Facts) -> Iterator[Evidence]:
    for shelf in facts.shelves:
        if names := [name for name in shelf.strangers if wanted.resembles(name)]:
            named = ", ".join(names[:MAX_NAMED])
            text = f"{named} may show it: a signals file of your own tells fastdiag what it is"
            yield Evidence(source=shelf.source, text=text, speaks=None)


def _pending(wanted: Wanted, facts: Facts) -> Iterator[Evidence]:
    """Of what has never happened there is no series."""
    has_begun = wanted.item == QUEUES and facts.metrics_of(*BACKGROUND)
    is_own = wanted.item in SELF_MADE and not (wanted.item in {EXTERNAL, TIMEOUTS} and _lacks_httpx(facts))
    if facts.is_instrumented and is_own and not has_begun:
        text = "fastdiag.instrument is in use: its series appear with the first call, checkout or task"
        yield Evidence(source=facts.shelves[0].source, text=text, speaks=None)
    for name in wanted.pending:
        if name in (facts.packages or {}):
            text = f"{name} is installed: its metrics appear with the first call"
            yield Evidence(source=WORKERS, text=text, speaks=None)


def _lacks_httpx(facts: Facts) -> bool:
    """Whether no call will ever be seen: of the clients, ``fastdiag.instrument`` knows httpx."""
    return facts.packages is not None and "httpx" not in facts.packages


def _pushed(facts: Facts) -> Iterator[Evidence]:
    if not any(shelf.metrics for shelf in facts.shelves):
        for name in sorted(PUSHING & (facts.packages or {}).keys()):
            text = f"{name} is installed, which sends metrics past the page: --prometheus shows them"
            yield Evidence(source=WORKERS, text=text, speaks=None)


def _beside(wanted: Wanted, facts: Facts) -> Iterator[Evidence]:
    if wanted.elsewhere:
        exporters = sorted(set(_exporters(wanted, facts)))
        named = f" ({', '.join(exporters[:MAX_NAMED])})" if exporters else ""
        text = f"a program beside the service may show it{named}, and no Prometheus told"
        yield Evidence(source=PROMETHEUS, text=text, speaks=None)


def _exporters(wanted: Wanted, facts: Facts) -> Iterator[str]:
    for name in wanted.signals:
        definition = facts.catalogue.signals.get(name)
        for source in definition.sources if definition else ():
            if isinstance(source, MetricSource) and source.beside:
                yield source.library
