"""A vector request as PromQL: one aggregated query, so that only what is needed crosses the network."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from fastdiag.metrics.vector import Sampling, VectorRequest
from fastdiag.model.signal import Combine, Matcher

_LOOKBACK: Final = "15m"
"""A series that was seen so long before the window is not new: scrapes of a hung service had failed."""
_IDENTIFIER: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The time that queries look at, in whole seconds.

    step_s   resolution at which a gauge is looked at over the window
    births   whether series that appear within the window began there, at zero
    """

    window_s: int
    step_s: int
    births: bool = False


def promql(request: VectorRequest, selector: str, frame: Frame) -> str:
    """Return the query for a request; ``selector`` are the service's matchers, without braces."""
    series = _series(request, selector)
    by = f" by ({', '.join(request.by)})" if request.by else ""
    span = f"[{frame.window_s}s:{frame.step_s}s]"
    match request.sampling:
        case Sampling.INCREASE:
            births = frame.births and request.combine is Combine.SUM
            grown = _grown(series, frame.window_s) if births else f"increase({series}[{frame.window_s}s])"
            return f"{request.combine}{by} ({grown})"
        case Sampling.LATEST:
            return f"{request.combine}{by} ({series})"
        case Sampling.LOWEST:
            return f"min_over_time(({request.combine}{by} ({series})){span})"
        case Sampling.HIGHEST:
            return f"max_over_time(({request.combine}{by} ({series})){span})"


def _grown(series: str, window_s: int) -> str:
    """Return the increase of counters, with what those that are new counted before their first sample.

    increase() starts from the first sample. When a healthy service answers its first 300 errors between
    two scrapes, their series is born at 300, and increase() says that nothing happened.
    """
    increase = f"increase({series}[{window_s}s])"
    first = f"min_over_time({series}[{window_s}s])"
    born = f"({first} unless count_over_time({series}[{_LOOKBACK}] offset {window_s}s))"
    return f"({increase} + {born}) or {increase} or {born}"


def detection(
    names: Iterable[str], labels: Iterable[str], *selectors: str, lookback_s: int | None = None
) -> str:
    """Return the query for which of these metrics exist, by the labels that tell services apart.

    One anchored alternation over the name: on a server with a million series that is an index look-up
    of a millisecond, whereas any aggregation without a name walks all of them. With ``lookback_s``,
    series count that had a sample within that time: costlier, so narrow it by a selector.
    """
    series = f"{{{_join(f'__name__=~{one_of(names)}', *selectors)}}}"
    found = series if lookback_s is None else f"last_over_time({series}[{lookback_s}s])"
    return f"group by (__name__, {', '.join(labels)}) ({found})"


def one_of(texts: Iterable[str]) -> str:
    """Return a PromQL string with a pattern that matches exactly these texts."""
    return quoted("|".join(sorted({re.escape(text) for text in texts})))


def quoted(text: str) -> str:
    """Return a PromQL string literal; its escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False)


def _series(request: VectorRequest, selector: str) -> str:
    matchers = _join(selector, *(_matcher(matcher) for matcher in request.where))
    if _IDENTIFIER.fullmatch(request.metric):
        return f"{request.metric}{{{matchers}}}"
    return f"{{{_join(f'__name__={quoted(request.metric)}', matchers)}}}"


def _matcher(matcher: Matcher) -> str:
    return f"{matcher.label}{'!~' if matcher.negate else '=~'}{quoted(matcher.pattern)}"


def _join(*matchers: str) -> str:
    return ", ".join(matcher for matcher in matchers if matcher)
