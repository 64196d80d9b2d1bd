"""Vectors from /metrics pages: what grew between two, and what one has counted since its process began."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from fastdiag.metrics.matching import matches, pick
from fastdiag.metrics.sight import combined
from fastdiag.metrics.vector import Sampling, Vector, VectorRequest, Window
from fastdiag.model.signal import Labels

Page = Mapping[str, Mapping[Labels, float]]
"""The samples of one scrape: metric name, then label set, then value."""

START_TIME: Final = "process_start_time_seconds"
_CREATED: Final = "_created"
_YEAR_2001_S: Final = 1e9
"""Less than this is no time of creation but, say, the number of accounts created."""
_SLACK: Final = 1e-9


def birth(page: Page) -> float | None:
    """Return when the process behind a page started, in seconds since the epoch; None if it does not say.

    It tells workers apart that share one address. Without process_start_time_seconds (not on macOS), the
    creation of the oldest counter is as good; a page shared by several processes has neither.
    """
    if START_TIME in page:
        return min(page[START_TIME].values(), default=None)
    created = (name for name in page if name.endswith(_CREATED))
    times = (value for name in created for value in page[name].values() if value > _YEAR_2001_S)
    return min(times, default=None)


def fell(earlier: Page, later: Page, counters: Iterable[str]) -> bool:
    """Whether one of these counters went down: another process answered, or it was restarted."""
    return any(
        value < earlier.get(name, {}).get(labels, -math.inf) * (1 - _SLACK)
        for name in counters
        for labels, value in later.get(name, {}).items()
    )


def between(pages: Sequence[Page], seconds: float, requests: Iterable[VectorRequest]) -> Window:
    """Answer from pages of one process, the oldest first, ``seconds`` apart in all."""
    earlier, later = pages[0], pages[-1]
    answers: dict[VectorRequest, Vector] = {}
    for request in requests:
        match request.sampling:
            case Sampling.INCREASE:
                grown = _grown(earlier.get(request.metric, {}), later.get(request.metric, {}))
                answers[request] = _vector(grown, request)
            case Sampling.LATEST:
                answers[request] = _vector(later.get(request.metric, {}), request)
            case Sampling.LOWEST:
                answers[request] = _extreme(pages, request, min)
            case Sampling.HIGHEST:
                answers[request] = _extreme(pages, request, max)
    return Window(answers=answers, seconds=seconds, samples=len(pages))


def totals(page: Page, taken_at: float, requests: Iterable[VectorRequest]) -> Window:
    """Answer with what a page has counted since its process began; gauges say nothing of that time.

    ``taken_at`` is in seconds since the epoch. The length is NaN where the page does not tell its age:
    then there are ratios and quantiles, but no rates.
    """
    began = birth(page)
    age = taken_at - began if began is not None and taken_at > began else math.nan
    answers = {
        request: _vector(page.get(request.metric, {}), request)
        for request in requests
        if request.sampling is Sampling.INCREASE
    }
    return Window(answers=answers, seconds=age)


def alone(page: Page, taken_at: float, requests: Sequence[VectorRequest]) -> Window:
    """Answer from the only page there is: counters since the process began, gauges as they are."""
    since = totals(page, taken_at, requests)
    gauges = [request for request in requests if request.sampling is not Sampling.INCREASE]
    answers = {**between((page,), 0.0, gauges).answers, **since.answers}
    return Window(answers=answers, seconds=since.seconds)


def _grown(earlier: Mapping[Labels, float], later: Mapping[Labels, float]) -> dict[Labels, float]:
    """Return the increase of each series; one that fell began again at zero, as Prometheus has it."""
    grown = {}
    for labels, value in later.items():
        start = earlier.get(labels, 0.0)
        grown[labels] = value - start if value >= start else value
    return grown


def _vector(samples: Mapping[Labels, float], request: VectorRequest) -> Vector:
    groups: dict[Labels, list[float]] = {}
    for labels, value in samples.items():
        own = dict(labels)
        if not math.isnan(value) and matches(own, request.where):
            groups.setdefault(pick(own, request.by), []).append(value)
    return {labels: combined(values, request.combine) for labels, values in groups.items()}


def _extreme(pages: Sequence[Page], request: VectorRequest, choose: Callable[[list[float]], float]) -> Vector:
    seen: dict[Labels, list[float]] = {}
    for page in pages:
        for labels, value in _vector(page.get(request.metric, {}), request).items():
            seen.setdefault(labels, []).append(value)
    return {labels: choose(values) for labels, values in seen.items()}
