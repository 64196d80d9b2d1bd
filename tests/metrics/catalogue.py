"""The vocabulary as it is shipped, so that what is tested is what users run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from fastdiag.model.quantity import Unit
from fastdiag.model.signal import (
    Catalogue,
    CollectorSource,
    Combine,
    Matcher,
    MetricKind,
    MetricSource,
    Signal,
    SignalSource,
)

SIGNALS: Final = Path(__file__).parents[2] / "rules" / "signals"


def shipped() -> Catalogue:
    """Return all signals of rules/signals with their sources."""
    signals = {}
    for file in sorted(SIGNALS.glob("*.yaml")):
        for name, entry in yaml.safe_load(file.read_text(encoding="utf-8")).items():
            sources = tuple(source(item) for item in entry.get("sources", ()))
            signals[name] = Signal(id=name, unit=Unit(entry["unit"]), title=entry["title"], sources=sources)
    return Catalogue(signals)


def metric(signal: str, library: str) -> MetricSource:
    """Return the source of a signal that belongs to a library."""
    found = [
        s for s in shipped().signals[signal].sources if isinstance(s, MetricSource) and s.library == library
    ]
    return found[0]


def source(entry: Mapping[str, Any]) -> SignalSource:
    """Read one entry under `sources`."""
    if "collector" in entry:
        return CollectorSource(collector=entry["collector"], needs=entry.get("needs"))
    return metric_source(entry)


def metric_source(entry: Mapping[str, Any]) -> MetricSource:
    """Read one entry that names a metric."""
    kind = next(kind for kind in MetricKind if kind in entry)
    detail = entry.get("detail")
    return MetricSource(
        kind=kind,
        metric=entry[kind],
        library=entry["library"],
        quantile=entry.get("quantile"),
        by=entry.get("by"),
        where=_matchers(entry.get("where", {})),
        per=entry.get("per"),
        ignore=entry.get("ignore"),
        combine=Combine(entry.get("combine", "sum")),
        scale=entry.get("scale", 1.0),
        detail=metric_source(detail) if detail else None,
    )


def _matchers(entry: Mapping[str, str]) -> tuple[Matcher, ...]:
    return tuple(
        Matcher(label, pattern.removeprefix("!~"), negate=pattern.startswith("!~"))
        for label, pattern in entry.items()
    )
