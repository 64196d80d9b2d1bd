"""How old the service is and how often it is scraped: what a window can hold."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from fastdiag.collectors.crew import run_all
from fastdiag.collectors.prometheus_jobs import NAME
from fastdiag.collectors.prometheus_server import Answer, PrometheusServer, Series
from fastdiag.collectors.sink import SourceFailed
from fastdiag.metrics.page import START_TIME
from fastdiag.metrics.promql import quoted

USUAL_INTERVAL_S: Final = 15
MIN_SCRAPES: Final = 4
"""A window of fewer scrape intervals may hold one sample or none, and an increase takes two."""
MAX_STEPS: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The window that fits the service, in whole seconds.

    step_s   resolution for gauges: the scrape interval, coarser over long windows
    samples  how many samples the window holds
    is_up    whether the last scrape succeeded; None when nothing says so
    mixed    whether scrapes of one address reach different workers in turn
    """

    window_s: int
    step_s: int
    samples: int
    is_up: bool | None = None
    mixed: bool = False


def measure(server: PrometheusServer, selector: str, at: float, wanted_s: float, until: float) -> Pace:
    """Fit the wanted window to the age of the service's oldest process and to the scrape interval.

    Nothing is raised: what cannot be learnt leaves the wanted window and the usual interval.
    """
    span = f"[{math.ceil(wanted_s)}s]"
    oldest = f"bottomk(1, {START_TIME}{{{selector}}}) or topk(1, up{{{selector}}})"
    # Another worker's start lies before or after; a restarted process only ever started later.
    mixture = f"max(resets({START_TIME}{{{selector}}}{span}))"
    asked: list[Callable[[], Answer]] = [lambda: server.ask(oldest, at), lambda: server.ask(mixture, at)]
    first, second = run_all(asked, until)
    found = [] if isinstance(first, SourceFailed) else list(first.series)
    mixed = not isinstance(second, SourceFailed) and any(series.value > 0 for series in second.series)
    started = next((series.value for series in found if series.labels.get(NAME) == START_TIME), None)
    scrapes = _scrapes(server, selector, found, span, at)
    return _fit(wanted_s, at, started, scrapes, mixed=mixed)


def _scrapes(
    server: PrometheusServer, selector: str, found: list[Series], span: str, at: float
) -> tuple[tuple[float, float], ...]:
    """Return time and success of one instance's scrapes: one series says when there were samples."""
    if not found:
        return ()
    labels = found[0].labels
    instance = f"instance={quoted(labels['instance'])}" if "instance" in labels else ""
    matchers = ", ".join(part for part in (selector, instance) if part)
    try:
        series = server.ask(f"up{{{matchers}}}{span}", at).series
    except SourceFailed:
        return ()
    return series[0].samples if series else ()


def _fit(
    wanted_s: float,
    at: float,
    started: float | None,
    scrapes: tuple[tuple[float, float], ...],
    *,
    mixed: bool,
) -> Pace:
    gaps = [later - earlier for (earlier, _), (later, _) in pairwise(scrapes)]
    interval = statistics.median(gaps) if gaps else USUAL_INTERVAL_S
    limits = [wanted_s]
    if started is not None and not mixed:
        limits.append(at - started)
    if scrapes:
        limits.append(at - scrapes[0][0] + interval)
    least = MIN_SCRAPES * interval if gaps else 0.0
    window = max(1, math.ceil(max(min(limits), least)))
    step = max(1, math.ceil(max(interval, window / MAX_STEPS)))
    return Pace(
        window_s=window,
        step_s=step,
        samples=sum(1 for time, _ in scrapes if time > at - window) or window // step,
        is_up=scrapes[-1][1] > 0 if scrapes else None,
        mixed=mixed,
    )
