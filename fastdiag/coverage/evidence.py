"""What was seen, and what was looked for in vain, in one sentence each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from fastdiag.collectors.prometheus.choice import marker_of
from fastdiag.coverage.facts import Facts, Metric, Shelf
from fastdiag.coverage.page import name_of
from fastdiag.model.checklist import Evidence
from fastdiag.model.quantity import Unit, format_value
from fastdiag.model.signal import MetricSource, PromqlSource

MAX_NAMED: Final = 3
NOT_ASKED: Final = "it was not asked"


def shown(metric: Metric) -> Evidence:
    """Say which metric shows an item, whose it is, and how fresh."""
    number = metric.columns.series
    parts = [_publisher(metric), "1 series" if number == 1 else f"{number} series"]
    if metric.columns.age_s:
        parts.append(f"{format_value(metric.columns.age_s, Unit.SECONDS)} old")
    if metric.is_beside:
        parts.append("from beside the service")
    text = f"{metric.name} ({', '.join(parts)})"
    return Evidence(source=metric.source, text=text, speaks=True, signal=metric.signal)


def _publisher(metric: Metric) -> str:
    """Return who publishes it, as it says itself, else by the catalogue."""
    scopes = metric.columns.labels.get("otel_scope_name", ())
    return scopes[0] if len(scopes) == 1 else metric.how.library


def denied(
    shelf: Shelf,
    facts: Facts,
    group: Sequence[str],
    useless: Sequence[Metric],
    why: Callable[[Metric], str | None],
) -> Evidence:
    """Say what a source has instead of the metric, or which names it has none of."""
    there = [metric for metric in useless if metric.source == shelf.source]
    if there:
        text = "; ".join(f"{metric.name}: {why(metric)}" for metric in there[:MAX_NAMED])
        return Evidence(source=shelf.source, text=text, speaks=False, signal=there[0].signal)
    names = list(dict.fromkeys(_names(facts, group)))
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    text = f"has none of {', '.join(names[:MAX_NAMED])}{more}" if names else "has no metric of it"
    return Evidence(source=shelf.source, text=text, speaks=False, signal=group[0])


def could_not_look(facts: Facts, *sources: str) -> tuple[Evidence, ...]:
    """Say why sources told nothing."""
    return tuple(
        Evidence(source=name, text=facts.unseen[name].detail or NOT_ASKED, speaks=None)
        for name in sources
        if name in facts.unseen
    )


def _names(facts: Facts, group: Sequence[str]) -> list[str]:
    """Return the metrics that would show any of these signals, in one spelling each."""
    found: dict[str, str] = {}
    for name in group:
        for source in facts.catalogue.signals[name].sources:
            if isinstance(source, MetricSource | PromqlSource) and marker_of(source):
                found.setdefault(source.library, name_of(source))  # OpenTelemetry's has several spellings
    return list(found.values())
