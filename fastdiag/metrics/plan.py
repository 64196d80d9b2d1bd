"""Which vectors a metric source takes: the questions, apart from who answers them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastdiag.metrics.vector import BUCKET, SUM, Sampling, VectorRequest
from fastdiag.model.signal import Combine, Matcher, MetricKind, MetricSource

LE: Final = "le"
"""Label that holds a bucket's upper bound."""
INSTANCE: Final = ("instance", "exported_instance", "pid")
"""Labels that tell the service's processes apart; `pid` is that of prometheus_client's shared directory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to ask for a source: without ``essential`` there is no value, ``extra`` makes it more telling."""

    essential: tuple[VectorRequest, ...]
    extra: tuple[VectorRequest, ...] = ()


def marker(source: MetricSource) -> str:
    """Return the name of the series whose presence says that the source applies."""
    return source.metric + BUCKET if source.kind is MetricKind.HISTOGRAM else source.metric


def plan(source: MetricSource) -> Plan:
    """Return the vectors that the source's value, range and breakdown take."""
    own = _own(source)
    if source.detail is None:
        return own
    detail = plan(source.detail)
    return Plan(essential=own.essential, extra=(*own.extra, *detail.essential, *detail.extra))


def _own(source: MetricSource) -> Plan:
    match source.kind:
        case MetricKind.HISTOGRAM:
            return Plan(essential=(buckets(source),), extra=(sums(source),))
        case MetricKind.GAUGE:
            return Plan(essential=(latest(source),), extra=(lowest(source), highest(source)))
        case MetricKind.COUNTER:
            return Plan(essential=_counted(source))


def _counted(source: MetricSource) -> tuple[VectorRequest, ...]:
    if source.per is None:
        return (increase(source),)
    return (parted(source),) if has_one_metric(source) else (increase(source), denominator(source))


def has_one_metric(source: MetricSource) -> bool:
    """Whether a ratio's numerator is a part of its own denominator, so that one vector shows both."""
    return source.per == source.metric and not source.per_where


def buckets(source: MetricSource) -> VectorRequest:
    """Ask for the observations in the window by upper bound and part."""
    return _over_window(source, source.metric + BUCKET, (LE, *_grouping(source)), source.where)


def sums(source: MetricSource) -> VectorRequest:
    """Ask for the sum of a histogram's observations by part."""
    return _over_window(source, source.metric + SUM, _grouping(source), source.where)


def increase(source: MetricSource) -> VectorRequest:
    """Ask for a counter's increase by part, and by the labels that tell which series count."""
    sifting = (*source.where, *source.requires) if is_sifted(source) else ()
    deciding = (*_blind(source), *sifting)
    labels = dict.fromkeys((*_grouping(source), *_labels(deciding)))
    where = () if is_sifted(source) else source.where
    return _over_window(source, source.metric, tuple(labels), where, source.combine)


def is_sifted(source: MetricSource) -> bool:
    """Whether all series are asked for, and those that count are picked here.

    When none does although there are others, the rate is zero: what has never failed has no series of
    failures. Without the others, nothing would be known.
    """
    return bool(source.where) and source.per is None and source.combine is Combine.SUM


def parted(source: MetricSource) -> VectorRequest:
    """Ask for a counter's increase by part and by the labels that tell the numerator of a ratio."""
    deciding = (*source.where, *source.requires, *_blind(source))
    labels = dict.fromkeys((*_grouping(source), *_labels(deciding)))
    return _over_window(source, source.metric, tuple(labels), ())


def denominator(source: MetricSource) -> VectorRequest:
    """Ask for the increase that a ratio is relative to."""
    return _over_window(source, source.per or source.metric, parts(source), source.per_where)


def latest(source: MetricSource) -> VectorRequest:
    """Ask for a gauge's value now, by part."""
    return _gauge(source, Sampling.LATEST, parts(source))


def lowest(source: MetricSource) -> VectorRequest:
    """Ask for the lowest value of a gauge, its series combined, over the window."""
    return _gauge(source, Sampling.LOWEST, ())


def highest(source: MetricSource) -> VectorRequest:
    """Ask for the highest value of a gauge, its series combined, over the window."""
    return _gauge(source, Sampling.HIGHEST, ())


def _gauge(source: MetricSource, sampling: Sampling, by: tuple[str, ...]) -> VectorRequest:
    where = (*source.where, *_not_ignored(source))
    return VectorRequest(
        metric=source.metric,
        sampling=sampling,
        by=by,
        where=where,
        combine=source.combine,
        parts=by if source.per_instance else (),
    )


def _over_window(
    source: MetricSource,
    metric: str,
    by: tuple[str, ...],
    where: tuple[Matcher, ...],
    combine: Combine = Combine.SUM,
) -> VectorRequest:
    where = (*where, *_not_ignored(source))
    return VectorRequest(
        metric=metric,
        sampling=Sampling.INCREASE,
        by=by,
        where=where,
        combine=combine,
        parts=parts(source) if source.per_instance else (),
    )


def parts(source: MetricSource) -> tuple[str, ...]:
    """Return the labels whose values are the parts of a source."""
    return (*((source.by,) if source.by else ()), *(INSTANCE if source.per_instance else ()))


def _grouping(source: MetricSource) -> tuple[str, ...]:
    """Return the labels of the parts, and those that tell which series are not to be trusted."""
    return tuple(dict.fromkeys((*parts(source), *_labels(source.bias_where))))


def _blind(source: MetricSource) -> tuple[Matcher, ...]:
    return source.blind.where if source.blind else ()


def _labels(matchers: tuple[Matcher, ...]) -> tuple[str, ...]:
    return tuple(matcher.label for matcher in matchers)


def _not_ignored(source: MetricSource) -> tuple[Matcher, ...]:
    if source.by is None or source.ignore is None:
        return ()
    return (Matcher(source.by, source.ignore, negate=True),)
