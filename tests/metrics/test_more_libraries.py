"""Numbers worked out by hand from pages of the less common libraries, and what they cannot tell."""

import pytest

from fastdiag.metrics.evaluate import Found, evaluate, first_existing
from fastdiag.metrics.page import Page
from fastdiag.model.signal import MetricSource, Missing
from tests.metrics.catalogue import metric, shipped
from tests.metrics.dumps import page, since_start

SCOPE = "opentelemetry.instrumentation"


def detected(signal: str, name: str) -> MetricSource | None:
    sources = [source for source in shipped().signals[signal].sources if isinstance(source, MetricSource)]
    return first_existing(sources, frozenset(page(name)))


def outcome(signal: str, seen: Page) -> Found | Missing:
    sources = [source for source in shipped().signals[signal].sources if isinstance(source, MetricSource)]
    source = first_existing(sources, frozenset(seen))
    assert source is not None
    return evaluate(source, shipped().signals[signal].unit, since_start(seen, source))


def value(signal: str, seen: Page) -> float:
    found = outcome(signal, seen)
    assert isinstance(found, Found), found
    return found.value


@pytest.mark.parametrize(
    ("name", "library"),
    [
        ("asgi-monitor", "asgi-monitor"),
        ("starlette-prometheus", "starlette-prometheus"),
        ("starlette-exporter", "starlette_exporter"),
        ("aioprometheus", "aioprometheus"),
        ("asgi-prometheus", "asgi-prometheus"),
        ("granian", "granian"),
    ],
)
def test_libraries_whose_metrics_have_the_same_names_are_told_apart(name: str, library: str) -> None:
    source = detected("http.rps", name)
    assert source is not None
    assert source.library == library


@pytest.mark.parametrize(
    ("name", "errors"),
    [
        ("asgi-monitor", 1 / 9),  # /boom; the stream and the hanging requests have not been answered
        ("starlette-prometheus", 1 / 11),
        ("aioprometheus", 2 / 12),  # 500 and 504
    ],
)
def test_error_ratio(name: str, errors: float) -> None:
    assert value("http.errors.ratio", page(name)) == pytest.approx(errors)


def test_a_library_that_forgets_unhandled_errors_is_not_fully_trusted() -> None:
    found = outcome("http.errors.ratio", page("asgi-prometheus", times=3))
    assert isinstance(found, Found)
    assert found.bias == "answers to errors that nobody handled are not counted"


@pytest.mark.parametrize(
    ("signal", "expected"),
    [("http.timeouts.ratio", 1 / 12), ("http.denied.ratio", 2 / 12), ("http.rejected.ratio", 0.0)],
)
def test_single_statuses(signal: str, expected: float) -> None:
    assert value(signal, page("pfi-ungrouped")) == pytest.approx(expected)


@pytest.mark.parametrize("signal", ["http.timeouts.ratio", "http.denied.ratio", "http.rejected.ratio"])
def test_grouped_statuses_do_not_tell_a_timeout_from_another_error(signal: str) -> None:
    found = outcome(signal, page("pfi-first"))
    assert isinstance(found, Missing)
    assert found.detail == "'status' of http_requests_total is '2xx', which does not tell"


def test_the_mean_size_of_an_answer() -> None:
    # 189 bytes of five answers, 7, 11 and 44 of four, two of them unmatched, and two answers of nothing.
    assert value("http.response.bytes", page("pfi-sizes")) == pytest.approx(251 / 11)


# --- what the instrumentation of HTTP clients does not see ---------------------------------------


def calls(*series: tuple[str, str | None, int]) -> Page:
    """Return a page of calls to other services: instrumentation, class of error if any, how many."""
    found = {}
    for scope, error, count in series:
        labels = {"server_address": "pay", "http_request_method": "GET", "otel_scope_name": scope}
        labels |= {"error_type": error} if error else {"http_response_status_code": "200"}
        found[tuple(sorted(labels.items()))] = float(count)
    rest: Page = {
        "process_start_time_seconds": {(): 1000.0},
        "http_client_request_duration_seconds_count": found,
    }
    return rest


def timeouts(seen: Page) -> Found | Missing:
    source = metric("external.timeouts", "opentelemetry")
    return evaluate(
        source, shipped().signals["external.timeouts"].unit, since_start(seen, source, taken_at=1010.0)
    )


def test_timeouts_of_requests_and_aiohttp_are_counted() -> None:
    seen = calls(
        (f"{SCOPE}.requests", None, 50),
        (f"{SCOPE}.requests", "ReadTimeout", 5),
        (f"{SCOPE}.aiohttp_client", "TimeoutError", 5),
        (f"{SCOPE}.requests", "ConnectionError", 7),
    )
    found = timeouts(seen)
    assert isinstance(found, Found)
    assert (found.value, found.bias) == (1.0, None)


def test_no_timeout_at_all_is_zero_where_timeouts_would_show() -> None:
    found = timeouts(calls((f"{SCOPE}.requests", None, 50)))
    assert isinstance(found, Found)
    assert found.value == 0.0


def test_timeouts_of_httpx_are_unknown_not_zero() -> None:
    found = timeouts(calls((f"{SCOPE}.httpx", None, 50)))
    assert isinstance(found, Missing)
    assert "httpx" in found.detail
    mixed = timeouts(calls((f"{SCOPE}.httpx", None, 50), (f"{SCOPE}.requests", "ReadTimeout", 10)))
    assert isinstance(mixed, Found)
    assert mixed.value == 1.0
    assert mixed.bias is not None
    assert "httpx" in mixed.bias
