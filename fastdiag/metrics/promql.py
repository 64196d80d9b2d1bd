"""A vector request as PromQL: one aggregated query, so that only what is needed crosses the network."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Final

from fastdiag.metrics.vector import Sampling, VectorRequest
from fastdiag.model.signal import Matcher

_IDENTIFIER: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


def promql(request: VectorRequest, selector: str, window_s: int, step_s: int) -> str:
    """Return the query for a request.

    selector  matchers that pick the service's series, without braces, possibly empty
    window_s  length of the window in whole seconds
    step_s    resolution at which a gauge is looked at over the window
    """
    series = _series(request, selector)
    by = f" by ({', '.join(request.by)})" if request.by else ""
    match request.sampling:
        case Sampling.INCREASE:
            return f"{request.combine}{by} (increase({series}[{window_s}s]))"
        case Sampling.LATEST:
            return f"{request.combine}{by} ({series})"
        case Sampling.LOWEST:
            return f"min_over_time(({request.combine}{by} ({series}))[{window_s}s:{step_s}s])"
        case Sampling.HIGHEST:
            return f"max_over_time(({request.combine}{by} ({series}))[{window_s}s:{step_s}s])"


def detection(names: Iterable[str], labels: Iterable[str], selector: str = "") -> str:
    """Return the query for which of these metrics exist, by the labels that tell services apart.

    One anchored alternation over the name: on a server with a million series that is an index look-up
    of a millisecond, whereas any aggregation without a name walks all of them.
    """
    alternation = "|".join(sorted({re.escape(name) for name in names}))
    matchers = _join(f"__name__=~{quoted(alternation)}", selector)
    return f"group by (__name__, {', '.join(labels)}) ({{{matchers}}})"


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
