"""A vector request as PromQL: one aggregated query, so that only what is needed crosses the network."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from fastdiag.metrics.vector import BUCKET, COUNT, SUM, Sampling, VectorRequest
from fastdiag.model.signal import Combine, Matcher

BORN: Final = "fastdiag_born"
"""Label of what series counted before their first sample: an addend, told apart from the increase."""
_LOOKBACK: Final = "15m"
"""A series that was seen so long before the window is not new: scrapes of a hung service had failed."""
_IDENTIFIER: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_UNUSUAL: Final = re.compile(r"[^a-zA-Z0-9_:]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The time that queries look at, in whole seconds.

    step_s   resolution at which a gauge is looked at over the window
    births   whether series that appear within the window began there, at zero
    """

    window_s: int
    step_s: int
    births: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose series are meant, and what is known of them.

    selector  the service's matchers, without braces
    native    names of histograms whose buckets are in one series each
    crowd     labels with countless values (routes, instances), and the few of them that are told one by one
    steady    counters of which no series was born in the window
    young     matchers that those series have which may have been born in it
    escapes   whether labels that are no identifiers take backslashes (VictoriaMetrics), not quotes
    """

    selector: str
    native: frozenset[str] = frozenset()
    crowd: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    steady: frozenset[str] = frozenset()
    young: str = ""
    escapes: bool = False


def promql(request: VectorRequest, scope: Scope, frame: Frame) -> str:
    """Return the query for a request.

    Rows of its answer that differ only in labels which were not asked for (BORN) add up.
    """
    return " or ".join(_alternatives(request, scope, frame))


def _alternatives(request: VectorRequest, scope: Scope, frame: Frame) -> Iterator[str]:
    for part in _uncrowded(request, scope.crowd):
        yield _query(part, scope, frame)
        if may_be_born(part, scope, frame):
            yield labelled(f"{_aggregated(part, scope)} ({_first(part, scope, frame)})", BORN, "1")


def _first(request: VectorRequest, scope: Scope, frame: Frame) -> str:
    """Return the expression for what series without a sample before the window began with."""
    series, older = young_of(request.metric, scope, request.where), f"[{_LOOKBACK}] offset {frame.window_s}s"
    return f"min_over_time({series}[{frame.window_s}s]) unless count_over_time({series}{older})"


def labelled(expression: str, label: str, value: str) -> str:
    """Return the expression with a label added to each row."""
    return f"label_replace({expression}, {quoted(label)}, {quoted(value)}, {quoted('')}, {quoted('')})"


def _uncrowded(request: VectorRequest, crowd: Mapping[str, tuple[str, ...]]) -> Iterator[VectorRequest]:
    """Tell a few values of a crowded label one by one, and all the others together.

    Where instances are told apart, the others are no part: a pool's name alone would stand for hundreds.
    """
    label = crowded(request, crowd)
    if label is None:
        yield request
        return
    pattern = "|".join(re.escape(value) for value in crowd[label])
    left = {name: few for name, few in crowd.items() if name != label}
    told = replace(request, where=(*request.where, Matcher(label, pattern)))
    yield from _uncrowded(told, left)
    by = tuple(name for name in request.by if name not in unnamed(request, label))
    where = (*request.where, Matcher(label, pattern, negate=True))
    yield from _uncrowded(replace(request, by=by, where=where, parts=()), left)


def crowded(request: VectorRequest, crowd: Mapping[str, tuple[str, ...]]) -> str | None:
    """Return the label of which only a few values are told one by one, if the request is grouped by one.

    A mean over instances cannot be put together again from those of a few and that of all others.
    """
    if request.parts and request.combine is Combine.AVG:
        return None
    return next((name for name in request.by if name in crowd), None)


def unnamed(request: VectorRequest, label: str) -> frozenset[str]:
    """Return the labels that those lose which are not told one by one."""
    return frozenset({label, *request.parts})


def _query(request: VectorRequest, scope: Scope, frame: Frame) -> str:
    series = series_of(request.metric, scope, request.where)
    aggregated = _aggregated(request, scope)
    span = f"[{frame.window_s}s:{frame.step_s}s]"
    match request.sampling:
        case Sampling.INCREASE:
            grown = f"increase({series}[{frame.window_s}s])"
            function = _of_native(request.metric, scope)
            return f"{aggregated} ({f'{function}({grown})' if function else grown})"
        case Sampling.LATEST:
            return f"{aggregated} ({series})"
        case Sampling.LOWEST:
            return f"min_over_time(({aggregated} ({series})){span})"
        case Sampling.HIGHEST:
            return f"max_over_time(({aggregated} ({series})){span})"


def may_be_born(request: VectorRequest, scope: Scope, frame: Frame) -> bool:
    """Whether the request is about counters, what they counted before their first sample included.

    increase() starts from the first sample. When a healthy service answers its first 300 errors between
    two scrapes, their series is born at 300, and increase() says that nothing happened.
    """
    is_sum = request.sampling is Sampling.INCREASE and request.combine is Combine.SUM
    return frame.births and is_sum and base(request.metric) not in scope.native | scope.steady


def _aggregated(request: VectorRequest, scope: Scope) -> str:
    if not request.by:
        return str(request.combine)
    return f"{request.combine} by ({', '.join(label_of(name, scope) for name in request.by)})"


def _of_native(metric: str, scope: Scope) -> str | None:
    if base(metric) not in scope.native:
        return None
    return {COUNT: "histogram_count", SUM: "histogram_sum"}.get(metric.removeprefix(base(metric)))


def base(metric: str) -> str:
    """Return the name of the histogram whose part a metric may be."""
    for ending in (BUCKET, COUNT, SUM):
        if metric.endswith(ending):
            return metric.removesuffix(ending)
    return metric


def few_only(expression: str, most: int) -> str:
    """Return the expression, which yields nothing where it had more rows than ``most``."""
    return f"({expression}) and on () (count({expression}) <= {most})"


def detection(
    names: Iterable[str],
    labels: Iterable[str],
    *selectors: str,
    lookback_s: int | None = None,
    most: int | None = None,
) -> str:
    """Return the query for which of these metrics exist, by the labels that tell services apart.

    One anchored alternation over the name: the server reads the series of these metrics, and no others,
    whereas any aggregation without a name walks all of them. Where they are many, narrow them by a
    selector. With ``lookback_s``, series count that had a sample within that time, which costs more; with
    ``most``, no more rows of each name are told.
    """
    series = f"{{{_join(f'__name__=~{one_of(names)}', *selectors)}}}"
    found = series if lookback_s is None else f"last_over_time({series}[{lookback_s}s])"
    rows = f"group by ({', '.join(('__name__', *labels))}) ({found})"
    return rows if most is None else f"topk by (__name__) ({most}, {rows})"


def one_of(texts: Iterable[str]) -> str:
    """Return a PromQL string with a pattern that matches exactly these texts."""
    return quoted("|".join(sorted({re.escape(text) for text in texts})))


def quoted(text: str) -> str:
    """Return a PromQL string literal; its escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False)


def series_of(metric: str, scope: Scope, where: Iterable[Matcher] = ()) -> str:
    """Return the selector of a metric's series."""
    name = base(metric)
    metric = name if name in scope.native else metric
    matchers = _join(scope.selector, *(_matcher(matcher, scope) for matcher in where))
    if _IDENTIFIER.fullmatch(metric):
        return f"{metric}{{{matchers}}}"
    return f"{{{_join(f'__name__={quoted(metric)}', matchers)}}}"


def young_of(metric: str, scope: Scope, where: Iterable[Matcher] = ()) -> str:
    """Return the selector of those series of a metric which may have been born in the window."""
    return series_of(metric, replace(scope, selector=_join(scope.selector, scope.young)), where)


def _matcher(matcher: Matcher, scope: Scope) -> str:
    return f"{label_of(matcher.label, scope)}{'!~' if matcher.negate else '=~'}{quoted(matcher.pattern)}"


def label_of(name: str, scope: Scope) -> str:
    """Return a label's name as the server reads it."""
    if _IDENTIFIER.fullmatch(name):
        return name
    return _UNUSUAL.sub(r"\\\g<0>", name) if scope.escapes else quoted(name)


def _join(*matchers: str) -> str:
    return ", ".join(matcher for matcher in matchers if matcher)
