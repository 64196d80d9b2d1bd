"""What lies behind the service, and around it: database, pools, calls, workers, queues."""

from __future__ import annotations

import pytest

from fastdiag.model.checklist import Sight
from tests.coverage.answers import FASTAPI, answers, concerns, facts, of_page, page, server, why

CALLS = """\
http_client_request_duration_seconds_bucket{server_address="pay",http_request_method="GET",SCOPE,le="1"} 5
http_client_request_duration_seconds_bucket{server_address="pay",http_request_method="GET",SCOPE,le="+Inf"} 5
http_client_request_duration_seconds_count{server_address="pay",http_request_method="GET",SCOPE} 5
http_client_request_duration_seconds_sum{server_address="pay",http_request_method="GET",SCOPE} 1
"""
POOL = (
    'db_client_connection_count{db_client_connection_pool_name="shop",db_client_connection_state="used"} 3\n'
)
INSTRUMENTED = (
    'fastdiag_event_loop_lag_seconds_bucket{le="+Inf"} 5\n'
    "fastdiag_event_loop_lag_seconds_count 5\nfastdiag_event_loop_lag_seconds_sum 1\n"
)


def calls(scope: str) -> str:
    return CALLS.replace("SCOPE", f'otel_scope_name="opentelemetry.instrumentation.{scope}"')


def test_calls_by_httpx_are_timed_but_their_timeouts_are_dropped() -> None:
    seen = of_page(calls("httpx"))
    assert seen["external-latency"].sight is Sight.VISIBLE
    assert "leaves calls without an answer out" in concerns(seen["external-latency"])
    assert seen["timeouts-and-retries"].sight is Sight.NOT_VISIBLE
    assert "from fastdiag.instrument import instrument" in seen["timeouts-and-retries"].add


def test_calls_by_requests_are_timed_with_their_timeouts() -> None:
    seen = of_page(calls("requests"))
    assert seen["external-latency"].sight is Sight.VISIBLE
    assert not concerns(seen["external-latency"])
    assert seen["timeouts-and-retries"].sight is Sight.VISIBLE
    assert concerns(seen["timeouts-and-retries"]) == "retries are not counted"


def test_what_appears_with_the_first_call_is_not_denied() -> None:
    installed = {**FASTAPI, "opentelemetry-instrumentation-httpx": "0.66b1"}
    waiting = of_page("python_info 1\n", packages=installed)
    assert waiting["external-latency"].sight is Sight.CANNOT_TELL
    assert "its metrics appear with the first call" in why(waiting["external-latency"])
    assert of_page("python_info 1\n")["external-latency"].sight is Sight.NOT_VISIBLE
    # The instrumentation of httpx never shows a timeout: that needs no waiting.
    assert waiting["timeouts-and-retries"].sight is Sight.NOT_VISIBLE


def test_a_pool_without_its_size_is_visible_but_not_well() -> None:
    seen = of_page(POOL)
    assert seen["pool-usage"].sight is Sight.VISIBLE
    assert concerns(seen["pool-usage"]) == "how large the pool may grow is not published"
    assert "instrument(app)" in seen["pool-usage"].add
    sized = of_page(POOL + 'db_client_connection_max{db_client_connection_pool_name="shop"} 15\n')
    assert not concerns(sized["pool-usage"])
    assert sized["pool-wait"].sight is Sight.NOT_VISIBLE


def test_what_the_service_instruments_itself_is_visible_or_yet_to_come() -> None:
    seen = of_page(INSTRUMENTED + POOL)
    assert not concerns(seen["pool-usage"])
    assert seen["pool-wait"].sight is Sight.CANNOT_TELL
    assert "fastdiag.instrument is in use" in why(seen["pool-wait"])


def test_statements_may_be_timed_beside_the_service_where_only_a_server_can_see() -> None:
    alone = of_page("python_info 1\n")["database-query-duration"]
    assert alone.sight is Sight.CANNOT_TELL
    assert "a program beside the service may show it" in why(alone)
    asked = answers(facts(server("python_info 1\n")))["database-query-duration"]
    assert asked.sight is Sight.NOT_VISIBLE
    assert 'event.listens_for(Engine, "before_cursor_execute")' in asked.add


@pytest.mark.parametrize(
    ("packages", "lines"),
    [
        ({"fastapi": "1", "psycopg": "3.2"}, "PsycopgInstrumentor().instrument("),
        ({"fastapi": "1", "asyncpg": "0.30"}, "--collector.stat_statements"),
    ],
)
def test_the_lines_to_add_fit_the_driver(packages: dict[str, str], lines: str) -> None:
    seen = answers(facts(server("python_info 1\n"), packages=packages))["database-query-duration"]
    assert lines in seen.add


def test_restarts_show_by_the_start_of_the_process() -> None:
    seen = of_page("process_start_time_seconds 1.7e9\n")["worker-restarts"]
    assert seen.sight is Sight.VISIBLE
    shared = answers(facts(server("python_info 1\n"), page("python_info 1\n")))["worker-restarts"]
    assert shared.sight is Sight.NOT_VISIBLE


def test_of_workers_that_answer_in_turn_no_start_tells_a_restart() -> None:
    start = "process_start_time_seconds 1.7e9\n"
    paged = page(start, shared="one of 2 workers answered")
    for known in (facts(paged), facts(server(start), paged)):  # a server may meet the same worker each time
        seen = answers(known)["worker-restarts"]
        assert seen.sight is not Sight.VISIBLE
        assert "the start of whichever worker answers" in why(seen)
        assert "has none of" not in why(seen)


def test_calls_by_a_client_that_instrument_does_not_know_are_denied_with_lines_of_their_own() -> None:
    sends = {"fastapi": "1", "requests": "2.32"}
    for packages, sight in ((sends, Sight.NOT_VISIBLE), ({**sends, "httpx": "0.28"}, Sight.CANNOT_TELL)):
        known = answers(facts(server(INSTRUMENTED), packages=packages))
        assert {known[name].sight for name in ("external-latency", "timeouts-and-retries")} == {sight}
    alone = answers(facts(server(INSTRUMENTED), packages=sends))
    assert "RequestsInstrumentor().instrument(" in alone["external-latency"].add


def test_a_queue_needs_depth_and_failures() -> None:
    depth = 'celery_queue_length{queue_name="celery"} 4\n'
    failures = 'celery_task_failed_total{name="mail",exception="Timeout"} 2\n'
    celery = {**FASTAPI, "celery": "5.4"}
    half = answers(facts(server(depth), packages=celery))["queue-and-background-failures"]
    assert half.sight is Sight.NOT_VISIBLE
    assert "celery_queue_length" in why(half)  # what is there is told as well
    assert "danihodovic/celery-exporter" in half.add
    whole = answers(facts(server(depth + failures), packages=celery))["queue-and-background-failures"]
    assert whole.sight is Sight.VISIBLE


def test_without_a_queue_the_tasks_inside_the_process_decide() -> None:
    name = "queue-and-background-failures"
    bare = of_page("python_info 1\n")[name]
    assert bare.sight is Sight.NOT_VISIBLE
    assert "no queue's library is installed" in why(bare)
    ended = 'fastdiag_background_ended_total{fastdiag_task="mail",fastdiag_outcome="failed"} 1\n'
    assert of_page(ended)[name].sight is Sight.VISIBLE
    kept = answers(facts(server(ended), page(ended)))[name]
    assert not concerns(kept), "what Prometheus has is not told again from the page"
    both = answers(facts(server(ended), packages={**FASTAPI, "celery": "5.4"}))[name]
    assert both.sight is Sight.NOT_VISIBLE
    assert "celery-exporter" in both.add
