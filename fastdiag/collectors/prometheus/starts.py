"""When the service's processes started in the last day: one by one where they are few, else roughly.

A deployment of 2,000 instances is 2,000 starts, and one event. So it is asked how many there were; only
where they are few, which they were.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from fastdiag.collectors.prometheus.batches import Question, Result, ask_all
from fastdiag.collectors.prometheus.choice import Place
from fastdiag.collectors.prometheus.server import PrometheusServer, Series
from fastdiag.collectors.sink import SourceFailed
from fastdiag.metrics.page import START_TIME
from fastdiag.model.signal import Missing, Reason

DAY_S: Final = 86_400
ROLLOUT_S: Final = 600
"""Starts no further apart than this are one restart of the whole: a deployment, not several."""
MAX_LISTED: Final = 60
"""Processes that are told one by one: beyond, the names of those that started would fit into no query."""
STARTED: Final = "fastdiag_started"

_BY_INSTANCE: Final = 'max_over_time(count_values by (instance) ("{label}", {series})[{day}s:300s])'
_ROUGHLY: Final = 'max_over_time(count_values ("{label}", floor(({series}) / {step}) * {step})[{day}s:300s])'

Starts = Mapping[float, frozenset[str]]
"""When processes started, in seconds since the epoch, and at which instances; none where that is not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """How many processes started in the last day, and when they or their predecessors did."""

    count: int
    starts: Starts = field(default_factory=dict)


def find_starts(server: PrometheusServer, place: Place, now: float, until: float) -> Started | Missing:
    """Return the starts of the last day, or why they are not known."""
    if START_TIME not in place.names:
        return Missing(Reason.ABSENT, f"no {START_TIME}: a shared directory of workers has none")
    selector = place.scope.selector
    series = f"{START_TIME}{{{selector}}}"
    recent = f"{series} > {now - DAY_S:.3f}"
    asked = (
        Question(f"count({_per_instance(recent)})", now, is_heavy=True),
        Question(f"count({series})", now),
        Question(f"count({series} offset {DAY_S}s) or count(up{{{selector}}} offset {DAY_S}s)", now),
    )
    numbers = [_number(answer) for answer in ask_all(server, asked, until)]
    failed = next((number for number in numbers if isinstance(number, Missing)), None)
    if failed:
        return failed
    started, living, day_ago = (0 if isinstance(number, Missing) else number for number in numbers)
    if not day_ago:
        return Missing(Reason.ABSENT, "Prometheus has known the service for less than 24 h")
    if not started:
        return Started(count=0)
    is_few = started + living <= MAX_LISTED
    starts = _list(server, _per_instance(series) if is_few else _roughly(recent), now, until)
    if isinstance(starts, Missing):
        return starts
    return Started(count=started, starts=starts if is_few else _spread(starts))


def _per_instance(series: str) -> str:
    return _BY_INSTANCE.format(label=STARTED, series=series, day=DAY_S)


def _roughly(series: str) -> str:
    return _ROUGHLY.format(label=STARTED, series=series, day=DAY_S, step=ROLLOUT_S)


def _number(answer: Result) -> int | Missing:
    if isinstance(answer, SourceFailed):
        return Missing(answer.reason, answer.detail)
    return round(sum(row.value for row in answer.series))


def _list(server: PrometheusServer, query: str, now: float, until: float) -> Starts | Missing:
    (answer,) = ask_all(server, [Question(query, now, is_heavy=True)], until)
    return (
        Missing(answer.reason, answer.detail) if isinstance(answer, SourceFailed) else _by_time(answer.series)
    )


def _by_time(rows: Sequence[Series]) -> dict[float, frozenset[str]]:
    starts: dict[float, frozenset[str]] = {}
    for row in rows:
        at = float(row.labels.get(STARTED, "nan"))
        if math.isfinite(at):
            starts[at] = starts.get(at, frozenset()) | {row.labels.get("instance", "")}
    return starts


def _spread(rounded: Starts) -> Starts:
    """Return both ends of each span in which there were starts: they were anywhere between."""
    return {end: frozenset() for at in rounded for end in (at, at + ROLLOUT_S)}
