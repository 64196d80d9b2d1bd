"""By what the metrics on a server mislead: their scrapes, their clocks and their resets."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from fastdiag.collectors.prometheus.batches import Question, Result, ask_all
from fastdiag.collectors.prometheus.choice import Place
from fastdiag.collectors.prometheus.pace import Pace, Scrapes
from fastdiag.collectors.prometheus.server import PrometheusServer
from fastdiag.collectors.sample_doubts import SHARE_ONE_PAGE
from fastdiag.collectors.sink import SourceFailed
from fastdiag.metrics.page import START_TIME
from fastdiag.metrics.promql import Scope, series_of
from fastdiag.model.doubt import Doubt
from fastdiag.model.quantity import Unit, format_value
from fastdiag.model.target import Local

SOURCE: Final = "prometheus"
MIXED_WORKERS: Final = "scrapes of one address reach different workers: rates are wrong"
STALE_INTERVALS: Final = 2.5
"""A sample that is older has no successor: one scrape may come late, two do not."""
PUSHED_EVERY_S: Final = 60.0
"""The export interval of an OpenTelemetry SDK unless set otherwise; of pushed metrics nobody tells it."""
LOST_SHARE: Final = 0.1
"""Less of a window may be lost without changing what it says by more than any sampling does."""
MIN_RESETS: Final = 2
"""One reset is a restart, which an increase copes with."""
AHEAD_S: Final = 300
"""How far ahead samples are looked for: as far as a query looks back."""
MAX_SKEW_S: Final = 5.0
"""Clocks that are kept by NTP agree within a fraction of a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """What is doubted: the signals that are taken from the service's own metrics."""

    signals: tuple[str, ...]

    def doubt(self, name: str, says: str, mend: str) -> Doubt:
        """Return a doubt about all of them."""
        return Doubt(id=name, says=says, signals=self.signals, sources=(SOURCE,), mend=mend)


def of_workers(ours: Ours, pace: Pace, place: Place, local: Local | None) -> Iterator[Doubt]:
    """Tell that a scrape meets one of several workers, in turn or, as it keeps its connection, always one.

    That the page holds a start time shows that it is not shared.
    """
    if pace.mixed:
        yield ours.doubt("worker-lottery", MIXED_WORKERS, SHARE_ONE_PAGE)
        return
    workers = len(local.workers) if local else 0
    port = (pace.instance or "").rpartition(":")[2]
    if local and workers > 1 and START_TIME in place.names and port in map(str, local.ports):
        says = f"one of {workers} workers answers the scrapes: rates are about {workers} times too low"
        yield ours.doubt("worker-lottery", says, SHARE_ONE_PAGE)


def of_scrapes(ours: Ours, pace: Pace, at: float) -> Iterator[Doubt]:
    """Tell what scrapes failed or are missing in the window: a service too busy to be scraped looks idle."""
    scrapes = _since_first_success(pace.scrapes, at - pace.frame.window_s)
    scrapes = scrapes or _since_first_success(pace.scrapes, -math.inf)  # none succeeded in the window
    if not scrapes or pace.interval_s is None:
        return
    last_good = max(moment for moment, success in scrapes if success)
    failed = sum(not success for _, success in scrapes)
    gaps = [later - earlier for (earlier, _), (later, _) in pairwise(scrapes)]
    skipped = sum(round(gap / pace.interval_s) - 1 for gap in gaps if gap > STALE_INTERVALS * pace.interval_s)
    mend = "does /metrics answer within the scrape timeout? `fastdiag explain event-loop-blocking`"
    if not scrapes[-1][1] or at - last_good > STALE_INTERVALS * pace.interval_s:
        age = format_value(at - last_good, Unit.SECONDS)
        says = f"the last scrape that succeeded is {age} old: metrics end there"
        yield ours.doubt("scrape-gaps", says, mend)
    elif failed + skipped > LOST_SHARE * (len(scrapes) + skipped):
        whole = len(scrapes) + skipped
        says = f"{failed + skipped} of {whole} scrapes in the window failed: what happened then shows little"
        yield ours.doubt("scrape-gaps", says, mend)


def _since_first_success(scrapes: Scrapes, since: float) -> Scrapes:
    """Leave out the time before the service was up: its start is no gap."""
    window = [scrape for scrape in scrapes if scrape[0] > since]
    begun = next((number for number, (_, success) in enumerate(window) if success), len(window))
    return window[begun:]


def of_samples(  # noqa: PLR0913 - whose samples, when
    server: PrometheusServer, ours: Ours, pace: Pace, scope: Scope, metric: str, at: float, until: float
) -> Iterator[Doubt]:
    """Ask how old the newest sample is, whether any is of the future, and how often counters fell back."""
    series = series_of(metric, scope)
    newest = f"max(timestamp({series}))"
    resets = f"max(resets({series}[{pace.frame.window_s}s]))"
    answers = ask_all(
        server, [Question(newest, at), Question(resets, at), Question(newest, at + AHEAD_S)], until
    )
    latest, fell, future = map(_number, answers)
    interval = pace.interval_s or PUSHED_EVERY_S
    if latest is not None and at - latest > STALE_INTERVALS * interval:
        age = format_value(at - latest, Unit.SECONDS)
        says = f"the newest sample is {age} old: what happened since is not told"
        yield ours.doubt("stale-samples", says, "what pushes or exports it has stopped")
    if fell is not None and fell >= max(MIN_RESETS, LOST_SHARE * pace.samples) and not pace.mixed:
        says = f"counters fell back to zero {fell:.0f} times in the window: rates and quantiles are wrong"
        mend = "workers that restart over and over, or several that answer one address in turn"
        yield ours.doubt("counter-resets", says, mend)
    if future is not None and future - at > max(MAX_SKEW_S, interval):
        ahead = format_value(future - at, Unit.SECONDS)
        says = f"samples are {ahead} in the future: the latest are not in the window"
        yield ours.doubt("future-samples", says, "synchronise the clock of what writes them by NTP")


def _number(result: Result) -> float | None:
    if isinstance(result, SourceFailed) or not result.series:
        return None
    return result.series[0].value


def of_clock(told: float, asked: float, answered: float) -> Iterator[Doubt]:
    """Compare the server's clock with ours; what the answer took may be part of the difference."""
    skew = told - (asked + answered) / 2
    if abs(skew) - (answered - asked) / 2 > MAX_SKEW_S:
        off = format_value(abs(skew), Unit.SECONDS)
        yield Doubt(
            id="prometheus-clock",
            sources=(SOURCE,),
            says=f"Prometheus' clock is {off} {'ahead of' if skew > 0 else 'behind'} this machine's",
            mend="synchronise both by NTP (timedatectl, chronyc tracking)",
        )


def now_of(server: PrometheusServer) -> tuple[float, tuple[Doubt, ...]]:
    """Return the server's own now, and whether it is far from ours. Raise SourceFailed if it fails."""
    asked = time.time()
    answer = server.ask("vector(time())")
    answered = time.time()
    told = answer.series[0].value if answer.series else answered
    return told, tuple(of_clock(told, asked, answered))
