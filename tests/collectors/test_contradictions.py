"""Sources held against each other: what a service's own metrics cannot know, sockets and probes tell."""

from dataclasses import replace

import pytest

from fastdiag.collectors.choose import choose
from fastdiag.collectors.contradictions import contradictions
from fastdiag.collectors.gather import Gathered
from fastdiag.model.doubt import Doubt, united, weighed
from fastdiag.model.signal import Bound, Range, Reading
from fastdiag.model.snapshot import SourceState, SourceStatus
from tests.metrics.catalogue import shipped


def seen(
    signal: str,
    value: float,
    source: str,
    *,
    window: tuple[float, float] | None = None,
    bias: str | None = None,
) -> Reading:
    span = Range(lowest=window[0], highest=window[1], samples=8) if window else None
    unit = shipped().unit(signal)
    return Reading(signal=signal, unit=unit, source=source, value=value, window=span, bias=bias)


def found(*readings: Reading) -> dict[str, Doubt]:
    return {doubt.id: doubt for doubt in contradictions(readings, window_s=300.0, slow_s=1.0)}


FAST = (
    seen("http.latency.p50", 0.003, "prometheus"),
    seen("http.latency.p95", 0.008, "prometheus"),
    seen("http.latency.p99", 0.015, "prometheus"),
)


def test_requests_that_hang_are_in_no_histogram() -> None:
    doubt = found(*FAST, seen("http.rps", 2.0, "prometheus"), seen("http.stuck", 88, "processes"))[
        "hanging-unmeasured"
    ]
    # 88 beside 600 answered: they would lift the 95th percentile, not the median.
    assert doubt.signals == ("http.latency.p95", "http.latency.p99")
    assert doubt.bound is Bound.AT_LEAST


def test_one_hanging_request_among_thousands_changes_no_quantile() -> None:
    assert not found(*FAST, seen("http.rps", 50.0, "prometheus"), seen("http.stuck", 1, "processes"))


def test_a_trivial_request_that_is_slow_contradicts_a_fast_p99() -> None:
    assert "queueing-unmeasured" in found(*FAST, seen("probe.latency", 2.0, "probe"))
    assert not found(*FAST, seen("probe.latency", 0.2, "probe"))
    close = replace(FAST[2], value=0.95)
    assert not found(close, seen("probe.latency", 1.2, "probe"))


def test_a_gauge_below_what_is_open_all_the_time() -> None:
    gauge = seen("http.in_flight", 0, "prometheus", window=(0, 1))
    sockets = seen("http.in_flight", 30, "processes", window=(28, 33))
    assert found(gauge, sockets)["requests-not-taken-up"].bound is Bound.AT_LEAST


def test_a_gauge_that_never_falls_to_what_is_open() -> None:
    gauge = seen("http.in_flight", 8, "prometheus", window=(8, 9))
    sockets = seen("http.in_flight", 0, "processes", window=(0, 1))
    assert found(gauge, sockets)["gauge-stuck"].bound is Bound.AT_MOST
    # Connections of which it cannot be told whether they are busy may be those.
    assert not found(gauge, replace(sockets, bias="at least that; 8 more connections may be busy"))


@pytest.mark.parametrize(("in_use", "idle", "is_told"), [(6, 4, True), (1, 4, False), (2, 4, False)])
def test_a_pool_with_twice_the_connections_that_the_service_has(
    in_use: float, idle: float, *, is_told: bool
) -> None:
    pool = (seen("db.pool.in_use", in_use, "scrape"), seen("db.pool.idle", idle, "scrape"))
    sockets = seen("db.sockets", 5, "processes", window=(5, 5))
    assert ("pool-doubled" in found(*pool, sockets)) is is_told


def test_an_instrumentator_that_does_not_fit_is_told_first() -> None:
    assert "instrumentator-incompatible" in found(seen("observability.instrumentator_broken", 1, "workers"))


def test_a_date_that_is_as_old_as_its_answer_was_late_is_no_skew() -> None:
    assert "clock-skew" in found(
        seen("probe.server.date_skew", 90, "probe"), seen("probe.latency", 0.01, "probe")
    )
    assert not found(seen("probe.server.date_skew", 8, "probe"), seen("probe.latency", 9.0, "probe"))


def test_a_healthy_service_raises_no_doubt() -> None:
    sockets = seen("http.in_flight", 1, "processes", window=(0, 2))
    others = (seen("http.stuck", 0, "processes"), seen("probe.latency", 0.006, "probe"), sockets)
    assert not found(*FAST, seen("http.in_flight", 0, "prometheus", window=(0, 3)), *others)


def test_a_doubt_becomes_the_bias_of_the_readings_it_concerns_once() -> None:
    doubt = Doubt(id="x", says="it lies", signals=("http.rps",), sources=("scrape",), bound=Bound.AT_LEAST)
    once = weighed(seen("http.rps", 3, "scrape"), (doubt,))
    assert (once.bias, once.bound) == ("it lies", Bound.AT_LEAST)
    assert weighed(once, (doubt,)) == once
    assert weighed(seen("http.rps", 3, "prometheus"), (doubt,)).is_trusted
    other = replace(doubt, says="it is old", bound=None)
    assert (weighed(once, (other,)).bias, weighed(once, (other,)).bound) == ("it lies; it is old", None)
    assert united((doubt, replace(doubt, sources=("prometheus",))))[0].sources == ("prometheus", "scrape")


def test_of_two_readings_the_one_without_doubt_is_chosen() -> None:
    state = SourceState(name="scrape", status=SourceStatus.OK)
    lottery = Doubt(id="worker-lottery", says="one of 3", signals=("http.rps",), sources=("prometheus",))
    brought = (
        Gathered(state, {"http.rps": seen("http.rps", 1, "prometheus")}, {}, (lottery,)),
        Gathered(state, {"http.rps": seen("http.rps", 3, "scrape")}, {}),
    )
    chosen = choose(brought, shipped())
    assert (chosen.readings["http.rps"].source, chosen.also[0].bias) == ("scrape", "one of 3")
    assert chosen.doubts == (lottery,)
