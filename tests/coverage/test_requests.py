"""Requests: counted by endpoint, timed by buckets that tell the objective, errors by status."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from fastdiag.coverage.facts import Columns
from fastdiag.model.checklist import Sight
from tests.coverage.answers import answers, concerns, facts, merits, of_page, page, server, why

BOUNDS = (0.1, 0.5, 1.0, 5.0)


def counted(
    routes: Sequence[str], *, label: str = "handler", statuses: Sequence[str] = ("200", "500")
) -> str:
    lines = [
        f'http_requests_total{{{label}="{route}",method="GET",status="{status}"}} 7'
        for route in routes
        for status in statuses
    ]
    return "\n".join(("# TYPE http_requests_total counter", *lines, ""))


def timed(bounds: Sequence[float] = BOUNDS, *, name: str = "fastapi_request_duration_seconds") -> str:
    texts = [*(f"{bound:g}" for bound in bounds), "+Inf"]
    buckets = [f'{name}_bucket{{path="/orders",le="{text}"}} 7' for text in texts]
    rest = (f'{name}_count{{path="/orders"}} 7', f'{name}_sum{{path="/orders"}} 1')
    return "\n".join((f"# TYPE {name} histogram", *buckets, *rest, ""))


def test_requests_counted_by_template_are_visible_and_good() -> None:
    seen = of_page(counted(["/orders/{id}", "/carts/{id}"]))["requests-by-endpoint"]
    assert seen.sight is Sight.VISIBLE
    assert seen.by == ("http_requests_total",)
    assert merits(seen) == "http_requests_total tells 2 endpoints apart by handler, as templates"
    assert not concerns(seen)
    assert not seen.add


def test_requests_counted_as_one_are_not_visible_by_endpoint() -> None:
    seen = of_page('http_requests_total{method="GET",status="200"} 7\n')["requests-by-endpoint"]
    assert seen.sight is Sight.NOT_VISIBLE
    assert "http_requests_total: it does not tell endpoints apart" in why(seen)
    assert "Instrumentator(" in seen.add


def test_a_counter_without_total_in_its_name_is_known_by_it() -> None:
    text = '# TYPE granian_requests_handled counter\ngranian_requests_handled{worker="1"} 3\n'
    seen = of_page(text)["requests-by-endpoint"]
    assert seen.sight is Sight.NOT_VISIBLE
    assert "granian_requests_handled: it does not tell endpoints apart" in why(seen)


def test_a_label_of_ones_own_for_the_endpoint_is_as_good() -> None:
    seen = of_page(counted(["/orders", "/carts"], label="endpoint"))["requests-by-endpoint"]
    assert seen.sight is Sight.VISIBLE
    assert "by endpoint" in merits(seen)


@pytest.mark.parametrize(
    ("routes", "is_raw"),
    [
        (["/orders/1", "/orders/2", "/orders/3"], True),
        ([f"/orders/{'ab' * 4}-{number:04}" for number in range(5)], True),
        (["/orders/{order_id}", "/v1/orders", "/v2/orders"], False),
        (["/users/1", "/orders/{id}"], False),  # one page with a number in its path is a route
    ],
)
def test_ids_in_the_endpoint_label_are_told_from_routes(routes: list[str], *, is_raw: bool) -> None:
    seen = of_page(counted(routes))["requests-by-endpoint"]
    assert seen.sight is Sight.VISIBLE
    assert ("ids stand in it, not routes" in concerns(seen)) == is_raw
    assert ("route.path" in seen.add) == is_raw


def test_countless_endpoints_are_paths_as_clients_spell_them() -> None:
    seen = of_page(counted([f"/x{'y' * (number % 9)}z{number}w" for number in range(600)]))
    assert "has 600 values: paths as clients spell them" in concerns(seen["requests-by-endpoint"])


@pytest.mark.parametrize(
    ("bounds", "slow_s", "told"),
    [
        (BOUNDS, 1.0, "ends at the objective of 1 s"),
        ((0.1, 0.5, 1.0), 1.0, "the highest bucket of fastapi_request_duration_seconds ends at 1 s"),
        (BOUNDS, 0.25, "holds 100 ms to 500 ms: whether the objective of 250 ms is met is a guess"),
        (BOUNDS, 30.0, "has no bucket above 5 s, and the objective is 30 s"),
    ],
)
def test_buckets_are_held_against_the_objective(bounds: Sequence[float], slow_s: float, told: str) -> None:
    seen = of_page(timed(bounds), slow_s=slow_s)["latency-percentiles"]
    is_good = "ends at the objective" in told
    assert seen.sight is Sight.VISIBLE
    assert told in (merits(seen) if is_good else concerns(seen))
    assert ("latency_lowr_buckets" in seen.add) != is_good


def test_buckets_in_milliseconds_are_read_as_such() -> None:
    text = timed((100.0, 1000.0, 5000.0), name="http_server_duration_milliseconds")
    seen = of_page(text)["latency-percentiles"]
    assert "ends at the objective of 1 s" in merits(seen)


def test_a_mean_is_no_percentile() -> None:
    name = "fastapi_request_duration_seconds"
    text = f'{name}_count{{path="/x"}} 7\n{name}_sum{{path="/x"}} 1\n'
    assert of_page(text)["latency-percentiles"].sight is Sight.NOT_VISIBLE


def test_grouped_statuses_show_errors_but_not_which() -> None:
    seen = of_page(counted(["/orders"], statuses=("2xx", "5xx")))["errors-by-endpoint"]
    assert seen.sight is Sight.VISIBLE
    assert "groups statuses (2xx, 5xx): a 503 or 504 looks like any 5xx" in concerns(seen)
    assert "should_group_status_codes=False" in seen.add
    single = of_page(counted(["/orders"], statuses=("200", "504")))["errors-by-endpoint"]
    assert "groups statuses" not in concerns(single)
    assert "tells statuses one by one" in merits(single)


def test_clients_that_gave_up_are_told_to_be_missing_from_the_errors() -> None:
    seen = of_page(counted(["/orders"], statuses=("200", "504")))["errors-by-endpoint"]
    assert concerns(seen) == "http_requests_total: clients that gave up count as answered"
    assert not seen.add  # no setting of the library changes that


def test_requests_without_their_status_show_no_errors() -> None:
    seen = of_page('http_requests_total{handler="/orders",method="GET"} 7\n')
    assert seen["requests-by-endpoint"].sight is Sight.VISIBLE
    assert seen["errors-by-endpoint"].sight is Sight.NOT_VISIBLE
    assert "it does not tell statuses apart" in why(seen["errors-by-endpoint"])


def test_a_metric_of_countless_series_is_told() -> None:
    text = counted(["/orders"])
    seen = answers(facts(page(text)))["requests-by-endpoint"]
    assert "series" not in concerns(seen)
    shelf = page(text)
    crowded = {
        name: tuple(replace(one, columns=replace(one.columns, series=40_000)) for one in metrics)
        for name, metrics in shelf.metrics.items()
    }
    known = facts(replace(shelf, metrics=crowded))
    assert "http_requests_total has 40000 series" in concerns(answers(known)["requests-by-endpoint"])


def test_what_nobody_could_look_at_is_no_verdict() -> None:
    seen = answers(facts())
    assert {one.sight for one in seen.values()} == {Sight.CANNOT_TELL}
    assert "prometheus: none is known; scrape: none is known" in why(seen["requests-by-endpoint"])
    assert not seen["requests-by-endpoint"].add


def test_a_metric_of_ones_own_is_no_reason_to_deny_an_item() -> None:
    unknown = of_page('shop_http_requests_total{route="/orders"} 7\n')["requests-by-endpoint"]
    assert unknown.sight is Sight.CANNOT_TELL
    assert "shop_http_requests_total may show it: a signals file of your own" in why(unknown)
    other = of_page("shop_carts_total 7\n")["requests-by-endpoint"]
    assert other.sight is Sight.NOT_VISIBLE


def test_names_made_to_be_slow_are_passed_over() -> None:
    hostile = f"{'db_sql_query_' * 20_000}x 1\n" + "\n".join(f"request_http_{n} 1" for n in range(8000))
    assert of_page(hostile)["database-query-duration"].sight is Sight.CANNOT_TELL


def test_a_sender_of_metrics_makes_an_empty_page_no_evidence() -> None:
    pushing = {"fastapi": "1", "opentelemetry-exporter-otlp-proto-http": "1"}
    assert of_page("python_info 1\n", packages=pushing)["external-latency"].sight is Sight.CANNOT_TELL
    shared = {"fastapi": "1", "opentelemetry-exporter-otlp-common": "1"}  # what exporters have in common
    assert of_page("python_info 1\n", packages=shared)["external-latency"].sight is Sight.NOT_VISIBLE


def test_what_prometheus_does_not_keep_is_told() -> None:
    text = counted(["/orders"])
    kept = answers(facts(server(text), page(text)))["requests-by-endpoint"]
    assert not concerns(kept)
    assert kept.age_s == pytest.approx(3.0)
    unkept = answers(facts(server("python_info 1\n"), page(text)))["requests-by-endpoint"]
    assert unkept.sight is Sight.VISIBLE
    assert "is on the service's page, and Prometheus does not have it" in concerns(unkept)
    assert "scrape" in unkept.add_to


def test_a_metric_that_has_ended_is_told_by_its_age() -> None:
    text = counted(["/orders"])
    assert not concerns(answers(facts(server(text, age_s=20.0)))["requests-by-endpoint"])
    stale = answers(facts(server(text, age_s=120.0)))["requests-by-endpoint"]
    assert "the newest sample of http_requests_total is 2 min old" in concerns(stale)


def test_a_metric_known_only_by_its_name_is_no_verdict() -> None:
    ended = {
        name: tuple(replace(one, columns=Columns(labels={}, series=0)) for one in metrics)
        for name, metrics in server(counted(["/orders"])).metrics.items()
    }
    seen = answers(facts(replace(server(""), metrics=ended)))["requests-by-endpoint"]
    assert seen.sight is Sight.CANNOT_TELL
    assert "http_requests_total: it has ended" in why(seen)


def test_one_worker_of_several_is_told_once() -> None:
    lottery = "one of 3 workers answered: rates are about 3 times too low"
    paged = page(counted(["/orders"]), shared=lottery)
    kept = answers(facts(server(counted(["/orders"])), paged))["requests-by-endpoint"]
    assert lottery in concerns(kept), "Prometheus keeps its connection, and with it one worker"
    seen = answers(facts(paged))
    assert lottery in concerns(seen["requests-by-endpoint"])
    assert "PROMETHEUS_MULTIPROC_DIR" in seen["requests-by-endpoint"].add
    assert sum(lottery in concerns(one) for one in seen.values()) == 1


def test_the_instrumentator_counts_background_tasks_as_latency_and_others_do_not() -> None:
    pfi = of_page(timed(name="http_request_duration_highr_seconds"))["latency-percentiles"]
    assert "counts background tasks as a part of their request" in concerns(pfi)
    assert "background tasks" not in concerns(of_page(timed())["latency-percentiles"])
