"""What exporters and backends make of a name of OpenTelemetry: four spellings of one metric."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Final

from fastdiag.model.signal import Blind, Matcher, MetricSource

_TAIL: Final = re.compile(r"(?P<base>.*?)(?P<tail>_count|_sum)?")


def spellings(source: MetricSource, suffix: str) -> tuple[MetricSource, ...]:
    """Return a source for each spelling, the commonest first.

    ``http.server.request.duration`` with the suffix ``seconds`` is, in turn,
    ``http_server_request_duration_seconds`` (Prometheus' exporters), ``http_server_request_duration`` (a
    collector that adds no suffixes), ``http.server.request.duration_seconds`` (Prometheus 3 with UTF-8 names)
    and ``http.server.request.duration`` (VictoriaMetrics, Prometheus 3 without translation). Labels keep
    their dots where the name does.
    """
    return tuple(_spelt(source, end, label) for label in (_flat, _dotted) for end in (suffix, ""))


def _spelt(source: MetricSource, suffix: str, label: Callable[[str], str]) -> MetricSource:
    def name(text: str) -> str:
        return label(_with(text, suffix))

    blind = source.blind
    return dataclasses.replace(
        source,
        metric=name(source.metric),
        per=name(source.per) if source.per else None,
        by=label(source.by) if source.by else None,
        where=_relabelled(source.where, label),
        per_where=_relabelled(source.per_where, label),
        requires=_relabelled(source.requires, label),
        bias_where=_relabelled(source.bias_where, label),
        blind=Blind(where=_relabelled(blind.where, label), because=blind.because) if blind else None,
    )


def _relabelled(matchers: tuple[Matcher, ...], label: Callable[[str], str]) -> tuple[Matcher, ...]:
    return tuple(dataclasses.replace(matcher, label=label(matcher.label)) for matcher in matchers)


def _with(name: str, suffix: str) -> str:
    """Put the suffix behind the name, before the ending of a histogram's parts."""
    match = _TAIL.fullmatch(name)
    base, tail = (match["base"], match["tail"] or "") if match else (name, "")
    return f"{base}_{suffix}{tail}" if suffix else name


def _flat(name: str) -> str:
    return name.replace(".", "_")


def _dotted(name: str) -> str:
    return name
