"""Where two sources contradict each other, and which of them is wrong then.

A service's own metrics cannot show what keeps them from being written: a request that hangs reaches no
histogram, one that a blocked loop has not taken up is in no gauge. Sockets and probes show both from
outside. Pure: it works on readings, so that no collector knows another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from fastdiag.model.doubt import Doubt
from fastdiag.model.quantity import Unit, format_value
from fastdiag.model.signal import Bound, Reading

CONTRADICTIONS: Final = frozenset(
    {
        "clock-skew",
        "gauge-stuck",
        "hanging-unmeasured",
        "instrumentator-incompatible",
        "pool-doubled",
        "queueing-unmeasured",
        "requests-not-taken-up",
    }
)
"""The ids of doubts that rest on more than one source."""
METRICS: Final = ("prometheus", "scrape")
"""Sources that repeat what the service says of itself."""
SEEN_FROM_OUTSIDE: Final = "processes"
PROBE: Final = "probe"
QUANTILES: Final = {"http.latency.p50": 0.5, "http.latency.p95": 0.95, "http.latency.p99": 0.99}
POOL: Final = ("db.pool.in_use", "db.pool.idle")
IN_FLIGHT: Final = "http.in_flight"
MARGIN: Final = 2
"""Counts that were not taken at the same instant may differ by so much."""
CLEARLY: Final = 2.0
"""By which factor two latencies differ that cannot be the same."""
DOUBLED: Final = 1.5
"""Pools that are counted twice show twice the connections, less those closed since the last look."""
MAX_SKEW_S: Final = 5.0
"""Clocks that are kept by NTP agree within a fraction of a second."""
MIN_SAMPLES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sight:
    """All readings, by signal and source, and what a user calls slow."""

    readings: Mapping[tuple[str, str], Reading]
    window_s: float
    slow_s: float

    def value(self, signal: str, source: str) -> float | None:
        reading = self.readings.get((signal, source))
        return reading.value if reading else None

    def sound(self, signal: str, source: str) -> Reading | None:
        """Return a trusted reading that was sampled often enough to tell its range."""
        reading = self.readings.get((signal, source))
        return reading if reading and reading.is_trusted and _is_ranged(reading) else None


def contradictions(readings: Iterable[Reading], *, window_s: float, slow_s: float) -> tuple[Doubt, ...]:
    """Return what the sources, held against each other, show to be wrong in one of them."""
    by_place = {(reading.signal, reading.source): reading for reading in readings}
    sight = _Sight(readings=by_place, window_s=window_s, slow_s=slow_s)
    compared: tuple[Callable[[_Sight, str], Iterator[Doubt]], ...] = (_hanging, _queueing, _in_flight, _pool)
    doubts = [doubt for source in METRICS for compare in compared for doubt in compare(sight, source)]
    return (*doubts, *_instrumentator(sight), *_clock(sight))


def _hanging(sight: _Sight, source: str) -> Iterator[Doubt]:
    """Compare with the sockets: a request without an answer is in no histogram, and would lift quantiles."""
    stuck = sight.value("http.stuck", SEEN_FROM_OUTSIDE) or 0.0
    answered = (sight.value("http.rps", source) or 0.0) * sight.window_s
    told = [
        signal
        for signal, quantile in QUANTILES.items()
        if stuck >= 1 and stuck > (1 - quantile) * (stuck + answered) and _is_fast(sight, signal, source)
    ]
    if told:
        waiting, slow = f"{stuck:.0f} requests", format_value(sight.slow_s, Unit.SECONDS)
        yield Doubt(
            id="hanging-unmeasured",
            says=f"{waiting} have waited longer than {slow}: latency metrics know only answered ones",
            signals=tuple(told),
            sources=(source,),
            mend="alert on requests in flight as well",
            bound=Bound.AT_LEAST,
        )


def _queueing(sight: _Sight, source: str) -> Iterator[Doubt]:
    """Compare with the probe. That one of a few is slow contradicts a p99, not a p95."""
    probe = sight.value("probe.latency", PROBE)
    p99 = sight.value("http.latency.p99", source)
    if probe is None or p99 is None or not p99 < sight.slow_s <= probe or probe < CLEARLY * p99:
        return
    outside, inside = format_value(probe, Unit.SECONDS), format_value(p99, Unit.SECONDS)
    yield Doubt(
        id="queueing-unmeasured",
        says=f"a trivial request takes {outside} from outside, by its own metrics the p99 is {inside}",
        signals=tuple(signal for signal in QUANTILES if _is_fast(sight, signal, source)),
        sources=(source,),
        mend="what waits to be taken up is timed only at the proxy or by a probe",
        bound=Bound.AT_LEAST,
    )


def _in_flight(sight: _Sight, source: str) -> Iterator[Doubt]:
    """Compare the gauge with the sockets: over all samples one stayed above what the other ever was."""
    gauge = sight.readings.get((IN_FLIGHT, source))
    sockets = sight.readings.get((IN_FLIGHT, SEEN_FROM_OUTSIDE))
    if not gauge or not gauge.window or not sockets or not sockets.window or not _is_ranged(sockets):
        return
    least, most = sockets.window.lowest, sockets.window.highest
    if least > gauge.window.highest + MARGIN:  # an unclear connection more would only add to it
        yield Doubt(
            id="requests-not-taken-up",
            says=f"{least:.0f} requests are open, the service's own gauge knows {gauge.window.highest:.0f}",
            signals=(IN_FLIGHT, *(signal for signal in QUANTILES if _is_fast(sight, signal, source))),
            sources=(source,),
            mend="what waits to be taken up is counted only at the proxy or by its sockets",
            bound=Bound.AT_LEAST,
        )
    elif sockets.is_trusted and _is_ranged(gauge) and gauge.window.lowest > most + MARGIN:
        yield Doubt(
            id="gauge-stuck",
            says=f"the gauge of requests in flight stays at {gauge.window.lowest:.0f} or more, at most "
            f"{most:.0f} are open: it counts some that are gone, or work after the answer",
            signals=(IN_FLIGHT,),
            sources=(source,),
            mend="restart resets it; with a shared directory, call mark_process_dead() when a worker ends",
            bound=Bound.AT_MOST,
        )


def _pool(sight: _Sight, source: str) -> Iterator[Doubt]:
    """Compare with the sockets: a pool cannot hold more connections than the service has."""
    sockets = sight.sound("db.sockets", SEEN_FROM_OUTSIDE)
    counted = [sight.value(signal, source) for signal in POOL]
    known = [value for value in counted if value is not None]
    open_now = sockets.window.highest if sockets and sockets.window else 0.0
    pooled = sum(known)
    if len(known) < len(POOL) or open_now < 1 or pooled < max(DOUBLED * open_now, open_now + MARGIN):
        return
    yield Doubt(
        id="pool-doubled",
        says=f"pool metrics count {pooled:.0f} connections, the service has {open_now:.0f}: "
        "a pool counted twice, or the gauges of a dead worker",
        signals=(*POOL, "db.pool.utilization"),
        sources=(source,),
        mend="call instrument() once, with the engine; look for two instrumentations of one pool",
        bound=Bound.AT_MOST,
    )


def _instrumentator(sight: _Sight) -> Iterator[Doubt]:
    if (sight.value("observability.instrumentator_broken", "workers") or 0) < 1:
        return
    yield Doubt(
        id="instrumentator-incompatible",
        says="prometheus-fastapi-instrumentator is older than this FastAPI allows: "
        "included routes answer 500 and are not timed",
        signals=tuple(QUANTILES),
        sources=METRICS,
        mend="upgrade prometheus-fastapi-instrumentator to 8.0.2 or later",
    )


def _clock(sight: _Sight) -> Iterator[Doubt]:
    """Compare the Date with our clock. A blocked loop sends one as old as its answer was late, at most."""
    skew = sight.value("probe.server.date_skew", PROBE)
    late = sight.value("probe.latency", PROBE) or 0.0
    if skew is not None and skew - late > MAX_SKEW_S:
        yield Doubt(
            id="clock-skew",
            says=f"the service's clock is {format_value(skew, Unit.SECONDS)} off this machine's: "
            "its log lines and start times do not fit ours",
            mend="synchronise both by NTP (timedatectl, chronyc tracking)",
        )


def _is_fast(sight: _Sight, signal: str, source: str) -> bool:
    value = sight.value(signal, source)
    return value is not None and value < sight.slow_s


def _is_ranged(reading: Reading) -> bool:
    return reading.window is not None and reading.window.samples >= MIN_SAMPLES
