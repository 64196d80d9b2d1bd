"""Requests as PromQL."""

import pytest

from fastdiag.metrics.plan import plan
from fastdiag.metrics.promql import Frame, Scope, detection, promql
from fastdiag.metrics.vector import Sampling, VectorRequest
from fastdiag.model.signal import Combine, Matcher
from tests.metrics.catalogue import metric

PFI = "prometheus-fastapi-instrumentator"
IGNORED = r'handler!~"/(metrics(/.*)?|health.*|livez|readyz|ready|live|ping|openapi\\.json|docs)"'

FIVE_MINUTES = Frame(window_s=300, step_s=15)
EVERYTHING = Scope(selector="")
LABELLED = "http_request_duration_seconds"
MATCHERS = f'job="shop", {IGNORED}'


def test_the_queries_of_a_quantile() -> None:
    plans = plan(metric("http.latency.p95", PFI))
    queries = [
        promql(r, Scope(selector='job="shop"'), FIVE_MINUTES) for r in (*plans.essential, *plans.extra)
    ]
    assert queries == [
        'sum by (le) (increase(http_request_duration_highr_seconds_bucket{job="shop"}[300s]))',
        'sum (increase(http_request_duration_highr_seconds_sum{job="shop"}[300s]))',
        f"sum by (le, handler) (increase({LABELLED}_bucket{{{MATCHERS}}}[300s]))",
        f"sum by (handler) (increase({LABELLED}_sum{{{MATCHERS}}}[300s]))",
    ]


def test_a_counter_that_is_born_within_the_window_counts_from_zero() -> None:
    frame = Frame(window_s=60, step_s=15, births=True)
    request = VectorRequest(metric="errors_total", sampling=Sampling.INCREASE, by=("route",))
    increase = "increase(errors_total{}[60s])"
    born = "(min_over_time(errors_total{}[60s]) unless count_over_time(errors_total{}[15m] offset 60s))"
    added = f'label_replace(sum by (route) {born}, "fastdiag_born", "1", "", "")'
    assert promql(request, EVERYTHING, frame) == f"sum by (route) ({increase}) or {added}"


def test_targets_without_a_new_series_are_left_out_of_births_alone() -> None:
    frame = Frame(window_s=60, step_s=15, births=True)
    scope = Scope(selector='job="shop"', young='instance!~"a|b"')
    query = promql(VectorRequest(metric="errors_total", sampling=Sampling.INCREASE), scope, frame)
    young = 'errors_total{job="shop", instance!~"a|b"}'
    assert query.startswith('sum (increase(errors_total{job="shop"}[60s])) or ')
    assert f"(min_over_time({young}[60s]) unless count_over_time({young}[15m] offset 60s))" in query


def test_the_queries_of_a_gauge() -> None:
    request = VectorRequest(metric="fds", sampling=Sampling.LATEST, combine=Combine.MAX)
    assert promql(request, EVERYTHING, FIVE_MINUTES) == "max (fds{})"
    lowest = VectorRequest(metric="fds", sampling=Sampling.LOWEST)
    assert (
        promql(lowest, Scope(selector='job="a"'), Frame(window_s=60, step_s=5))
        == 'min_over_time((sum (fds{job="a"}))[60s:5s])'
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("http.server.duration", 'sum ({__name__=~"http.server.duration"})'),
        ('a"b', 'sum ({__name__=~"a\\"b"})'),
    ],
)
def test_names_that_are_no_identifiers_are_quoted(name: str, expected: str) -> None:
    request = VectorRequest(metric=name, sampling=Sampling.LATEST)
    assert promql(request, EVERYTHING, FIVE_MINUTES) == expected.replace("=~", "=")


def test_a_pattern_cannot_break_out_of_its_string() -> None:
    matcher = Matcher("path", '"} or vector(1) #\\', negate=True)
    request = VectorRequest(metric="m", sampling=Sampling.LATEST, where=(matcher,))
    assert promql(request, EVERYTHING, FIVE_MINUTES) == r'sum (m{path!~"\"} or vector(1) #\\"})'


def test_detection_is_one_alternation_over_the_name() -> None:
    assert detection({"b_total", "a"}, ("job", "app"), 'env="prod"') == (
        'group by (__name__, job, app) ({__name__=~"a|b_total", env="prod"})'
    )
    assert detection({"a"}, ("job",), "", 'job=~"shop"', lookback_s=300) == (
        'group by (__name__, job) (last_over_time({__name__=~"a", job=~"shop"}[300s]))'
    )
