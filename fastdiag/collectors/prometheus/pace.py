"""How old the service is and how often it is scraped: what a window can hold."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Final

from fastdiag.collectors.crew import run_all
from fastdiag.collectors.prometheus.jobs import NAME
from fastdiag.collectors.prometheus.server import Answer, PrometheusServer, Series
from fastdiag.collectors.sink import Sink, SourceFailed
from fastdiag.metrics.page import START_TIME
from fastdiag.metrics.promql import Frame, quoted

USUAL_INTERVAL_S: Final = 15
MIN_SCRAPES: Final = 4
"""A window of fewer scrape intervals may hold one sample or none, and an increase takes two."""
MAX_STEPS: Final = 120
MARGIN_S: Final = 60
"""How far before the window scrapes are looked for: one there shows which series are older than it."""


Scrapes = Sequence[tuple[float, float]]
"""Time and success of one instance's scrapes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The windows that fit the service: ``frame`` for now, ``past`` for the comparison.

    samples  how many samples the window holds
    is_up    whether the last scrape succeeded; None when nothing says so
    mixed    whether scrapes of one address reach different workers in turn
    failing  how many of its instances did not answer their last scrape; None when that is not known
    instance, scrapes  one of its instances, and its scrapes
    interval_s  time between two of them; None where there are none
    """

    frame: Frame
    past: Frame
    samples: int
    is_up: bool | None = None
    mixed: bool = False
    failing: int | None = None
    instance: str | None = None
    scrapes: Scrapes = ()
    interval_s: float | None = None


def measure(server: PrometheusServer, selector: str, at: float, wanted_s: float, until: float) -> Pace:
    """Fit the wanted window to the age of the service's oldest process and to the scrape interval.

    Nothing is raised: what cannot be learnt leaves the wanted window and the usual interval.
    """
    span = f"[{math.ceil(wanted_s) + MARGIN_S}s]"
    oldest = f"bottomk(1, {START_TIME}{{{selector}}}) or topk(1, up{{{selector}}})"
    # Another worker's start lies before or after; a restarted process only ever started later.
    mixture = f"max(resets({START_TIME}{{{selector}}}{span}))"
    silent = f"up{{{selector}}} == 0"
    asked: list[Callable[[], Answer]] = [
        partial(server.ask, query, at) for query in (oldest, mixture, f"count({silent})")
    ]
    first, second, third = run_all(asked, until)
    found = [] if isinstance(first, SourceFailed) else list(first.series)
    mixed = not isinstance(second, SourceFailed) and any(series.value > 0 for series in second.series)
    started = next((series.value for series in found if series.labels.get(NAME) == START_TIME), None)
    scrapes = _scrapes(server, selector, found, span, at)
    times = [time for time, _ in scrapes]
    frame = fit(wanted_s, at, None if mixed else started, times)
    if server.is_victoria_metrics:
        frame = replace(frame, births=False)
    return Pace(
        frame=frame,
        # Whether the service is younger than the window, or new to the server, is not known of then.
        past=Frame(window_s=max(frame.window_s, math.ceil(wanted_s)), step_s=frame.step_s),
        samples=sum(1 for time, _ in scrapes if time > at - frame.window_s) or frame.window_s // frame.step_s,
        is_up=scrapes[-1][1] > 0 if scrapes else None,
        mixed=mixed,
        failing=None if isinstance(third, SourceFailed) else round(sum(row.value for row in third.series)),
        instance=found[0].labels.get("instance") if found else None,
        scrapes=scrapes,
        interval_s=_interval(times),
    )


def tell_down(pace: Pace, sink: Sink) -> None:
    """Say that the server does not reach the service, so that what it has may be old or nothing."""
    if pace.is_up is False:
        sink.problem(
            "Prometheus' last scrape of the service failed", hint="is it running, and does /metrics answer?"
        )


def fit(wanted_s: float, at: float, started: float | None, scrapes: Sequence[float]) -> Frame:
    """Choose a window within which a series that appears is known to have begun at zero, if there is one.

    That is so since the process started, and since the first scrape that could have shown the series.
    """
    known = _interval(scrapes)
    interval = USUAL_INTERVAL_S if known is None else known
    window = wanted_s if known is None else max(wanted_s, MIN_SCRAPES * known)
    births = bool(scrapes) and scrapes[0] <= at - window
    if started is not None and 0 < at - started <= window:
        window, births = at - started, True
    elif scrapes and not births:
        window, births = math.floor(at - scrapes[0]), True
    whole = max(1, math.floor(window))
    return Frame(window_s=whole, step_s=max(1, math.ceil(max(interval, whole / MAX_STEPS))), births=births)


def _interval(scrapes: Sequence[float]) -> float | None:
    """Return the usual time between two scrapes."""
    gaps = [later - earlier for earlier, later in pairwise(scrapes)]
    return statistics.median(gaps) if gaps else None


def _scrapes(server: PrometheusServer, selector: str, found: list[Series], span: str, at: float) -> Scrapes:
    """Return the scrapes of one instance: that single series tells when there were samples."""
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
