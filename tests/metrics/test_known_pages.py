"""Numbers worked out by hand from pages that real applications served.

The pages hold a dozen requests each; where a quantile takes twenty, the page is read as if the same
traffic had come ten times.
"""

import pytest

from fastdiag.metrics.evaluate import Found, evaluate, first_existing
from fastdiag.metrics.page import between, birth, fell
from fastdiag.metrics.plan import plan
from fastdiag.model.quantity import Unit
from fastdiag.model.signal import MetricSource, Missing, Reason
from tests.metrics.catalogue import metric, shipped
from tests.metrics.dumps import page, since_start

PFI = "prometheus-fastapi-instrumentator"


def found(signal: str, library: str, name: str, *, times: int = 1) -> Found:
    source = metric(signal, library)
    unit = shipped().signals[signal].unit
    result = evaluate(source, unit, since_start(page(name, times=times), source))
    assert isinstance(result, Found), result
    return result


@pytest.mark.parametrize(
    ("library", "name", "expected"),
    [
        (PFI, "pfi-first", 1 / 11),  # status="5xx": /boom
        (PFI, "pfi-ungrouped", 2 / 12),  # status="500" and "504"
        ("starlette_exporter", "starlette-exporter", 2 / 12),  # 500 and 504; /metrics does not count
        ("opentelemetry (old)", "opentelemetry-old", 1 / 16),  # the mounted page has no route, so it counts
        ("opentelemetry", "opentelemetry-stable", 1 / 15),
        ("opentelemetry", "fastapi-native", 1 / 15),
    ],
)
def test_error_ratio_of_each_library(library: str, name: str, expected: float) -> None:
    result = found("http.errors.ratio", library, name)
    assert result.value == pytest.approx(expected)
    assert result.by[0].labels[0][1] == "/boom"
    assert result.by[0].value == 1.0
    assert {part.value for part in result.by if part.labels[0][1] in {"/slow", "/items"}} == {0.0}


@pytest.mark.parametrize(
    ("library", "name", "expected", "of_hang"),
    [
        # Each request of /hang took 1.00 s and lies in (1, 2.5], where interpolation says 2.05 s and more.
        # But all took 23.24 s together (starlette_exporter), of which the 14 up to rank 114 in this bucket
        # have 1 s each at least, and 20 others 0.1 s: 7.24 s for the 6 above. /hang alone: 20.03 s - 19 s.
        ("starlette_exporter", "starlette-exporter", 1.2058, 1.0320),
        ("opentelemetry (old)", "opentelemetry-old", 1.2487, 1.0467),
        ("opentelemetry", "opentelemetry-stable", 1.2238, 1.0468),
        ("opentelemetry", "fastapi-native", 1.2176, 1.0214),
    ],
)
def test_p95_of_each_library(library: str, name: str, expected: float, of_hang: float) -> None:
    result = found("http.latency.p95", library, name, times=10)
    assert result.value == pytest.approx(expected, abs=1e-4)
    assert result.by[0].labels[0][1] == "/hang"
    assert result.by[0].value == pytest.approx(of_hang, abs=1e-4)


def test_p95_of_pfi_comes_from_the_fine_histogram_and_its_breakdown_from_the_coarse_one() -> None:
    result = found("http.latency.p95", PFI, "pfi-multiprocess")
    # All 41 lie below 10 ms: 0.01 * 38.95 / 41. By handler the first bound is 100 ms, where
    # interpolation alone says 95 ms; the mean, 0.04766 / 41 s, allows 20 times itself.
    assert result.value == pytest.approx(0.0095)
    assert [part.labels for part in result.by] == [(("handler", "/items/{item_id}"),)]
    assert result.by[0].value == pytest.approx(0.047657158 / 41 / 0.05)
    assert result.by[0].count == 41


def test_what_happened_between_two_scrapes() -> None:
    source = metric("http.rps", PFI)
    window = between((page("pfi-first"), page("pfi-second")), 10.0, plan(source).essential)
    result = evaluate(source, Unit.PER_SECOND, window)
    # Two requests to /hang ended; the scrape's own request to /metrics is left out.
    assert isinstance(result, Found)
    assert result.value == pytest.approx(0.2)
    assert [(part.labels[0][1], part.count) for part in result.by if part.value] == [("/hang", 2.0)]


def test_a_quantile_over_three_requests_is_missing() -> None:
    source = metric("http.latency.p95", PFI)
    plans = plan(source)
    window = between((page("pfi-first"), page("pfi-second")), 10.0, (*plans.essential, *plans.extra))
    assert evaluate(source, Unit.SECONDS, window) == Missing(Reason.ABSENT, "only 3 requests in the window")


def test_an_idle_window_has_neither_quantile_nor_error_ratio() -> None:
    for signal in ("http.latency.p95", "http.errors.ratio"):
        source = metric(signal, PFI)
        plans = plan(source)
        same = page("pfi-first")
        window = between((same, same), 10.0, (*plans.essential, *plans.extra))
        assert evaluate(source, Unit.SECONDS, window) == Missing(Reason.ABSENT, "no traffic in the window")


def test_pool_connections_by_state() -> None:
    in_use = found("db.pool.in_use", "opentelemetry-instrumentation-sqlalchemy", "sqlalchemy-saturated")
    idle = found("db.pool.idle", "opentelemetry-instrumentation-sqlalchemy", "sqlalchemy-saturated")
    assert (in_use.value, idle.value) == (6.0, 0.0)
    assert in_use.by[0].labels == (("pool_name", "postgresql+asyncpg://127.0.0.1:54329/postgres"),)


def test_statements_whose_first_bucket_ends_at_five_seconds() -> None:
    result = found("db.queries.latency.p95", "opentelemetry", "psycopg", times=10)
    # Interpolation says 4.75 s; 1.408 s over 6 statements allow at most 20 times their mean.
    assert result.value == pytest.approx(1.40811 / 6 / 0.05, rel=1e-4)


@pytest.mark.parametrize(
    ("name", "library"),
    [
        ("pfi-first", PFI),
        ("starlette-exporter", "starlette_exporter"),
        ("opentelemetry-old", "opentelemetry (old)"),
        ("fastapi-native", "opentelemetry"),
    ],
)
def test_the_library_is_detected(name: str, library: str) -> None:
    names = frozenset(page(name))
    for signal in ("http.rps", "http.latency.p99", "http.errors.ratio"):
        sources = [s for s in shipped().signals[signal].sources if isinstance(s, MetricSource)]
        detected = first_existing(sources, names)
        assert detected is not None
        assert detected.library == library


def test_a_page_tells_when_its_process_started_unless_several_share_it() -> None:
    assert birth(page("pfi-first")) == 1.79535094842e9
    assert birth(page("pfi-multiprocess")) is None
    assert birth({"http_requests_created": {(): 1.7e9}, "accounts_created": {(): 12.0}}) == 1.7e9


def test_a_counter_that_fell_is_noticed() -> None:
    first, second = page("pfi-first"), page("pfi-second")
    assert not fell(first, second, {"http_requests_total"})
    assert fell(second, first, {"http_request_duration_highr_seconds_bucket"})
