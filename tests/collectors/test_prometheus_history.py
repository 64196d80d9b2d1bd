"""The Prometheus collector against a past of our own making: a day, restarts, instances, neighbours."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import pytest

from fastdiag.collectors import prometheus as collector
from fastdiag.collectors.gather import Gathered, gather
from fastdiag.collectors.prometheus import vectors
from fastdiag.collectors.prometheus.choice import wanted
from fastdiag.collectors.prometheus.server import MAX_QUERIES
from fastdiag.collectors.prometheus.visit import NO_SCRAPE, UNANSWERED
from fastdiag.engine.look import Look
from fastdiag.model.quantity import Unit
from fastdiag.model.rule import Rulebook
from fastdiag.model.signal import (
    Beside,
    Bound,
    Catalogue,
    MetricKind,
    MetricSource,
    PromqlSource,
    Reading,
    Reason,
    Signal,
)
from fastdiag.model.snapshot import Snapshot, SourceStatus
from fastdiag.model.target import Secret, Target
from tests.metrics.catalogue import shipped
from tests.stack.history import Samples, remembering
from tests.stack.prometheus import PrometheusServer

NOW: Final = float(int(time.time()) - 120)
STEP_S: Final = 60
DAY_S: Final = 86_400
HOUR_S: Final = 3600
BOUNDS: Final = (0.1, 0.25, 0.5, 1.0, 2.5, math.inf)
ROUTES: Final = 60

# Both instances are restarted together six hours ago, and the first alone two hours ago.
STARTS: Final = {
    "10.0.0.1:8000": (NOW - 2 * DAY_S, NOW - 6 * HOUR_S, NOW - 2 * HOUR_S),
    "10.0.0.2:8000": (NOW - 2 * DAY_S, NOW - 6 * HOUR_S + 120),
}


@dataclass(frozen=True)
class Moment:
    """How old an instance's process is at a time."""

    at: float
    age_s: float
    started: float


def moments(instance: str, since_s: float) -> Iterator[Moment]:
    for number in range(int(since_s // STEP_S) + 1):
        at = NOW - since_s + number * STEP_S
        started = max(start for start in STARTS[instance] if start <= at)
        yield Moment(at, at - started, started)


def a_day(instance: str, of: Callable[[Moment], float]) -> list[tuple[float, float]]:
    return [(moment.at, of(moment)) for moment in moments(instance, DAY_S + 2 * HOUR_S)]


def requests_below(bound: float, moment: Moment) -> float:
    """Count one request a second that was faster than the bound: latency grows by 0.2 s an hour."""
    within_s = math.inf if math.isinf(bound) else (bound - 0.08) * HOUR_S / 0.2
    return float(int(max(0.0, min(moment.age_s, within_s))))


def samples() -> Samples:
    found: dict[str, list[tuple[float, float]]] = {}
    for instance, in_use in (("10.0.0.1:8000", 9.0), ("10.0.0.2:8000", 3.0)):
        own = f'instance="{instance}",job="shop"'
        found[f"up{{{own}}}"] = a_day(instance, lambda _: 1.0)
        found[f"process_start_time_seconds{{{own}}}"] = a_day(instance, lambda moment: moment.started)
        found[f"process_resident_memory_bytes{{{own}}}"] = a_day(
            instance, lambda moment: 1e8 + 5e7 * moment.age_s / HOUR_S
        )
        for bound in BOUNDS:
            le = "+Inf" if math.isinf(bound) else str(bound)
            labels = f'{own},le="{le}",http_route="/pay"'
            found[f"http_server_request_duration_seconds_bucket{{{labels}}}"] = a_day(
                instance, partial(requests_below, bound)
            )
        count = f'{own},http_route="/pay",http_response_status_code="200"'
        found[f"http_server_request_duration_seconds_count{{{count}}}"] = a_day(
            instance, lambda moment: float(int(moment.age_s))
        )
        recent = [moment.at for moment in moments(instance, HOUR_S)]
        found[f'db_client_connection_count{{{own},db_client_connection_state="used"}}'] = [
            (at, in_use) for at in recent
        ]
        found[f"db_client_connection_max{{{own}}}"] = [(at, 10.0) for at in recent]
    return found | neighbours() | crowd() | everything() | settled() | unanswered()


def everything() -> dict[str, list[tuple[float, float]]]:
    """Return a job that has all the metrics that any signal is computed from."""
    known = wanted(shipped().of("prometheus"))
    recent = [NOW - HOUR_S + STEP_S * number for number in range(HOUR_S // STEP_S + 1)]
    own = 'instance="e:8000",job="everything"'
    series = [f"{name}{{{own}}}" for name in known.plain if name.isidentifier()]
    series += [f'{name}_bucket{{{own},le="+Inf"}}' for name in known.histograms if name.isidentifier()]
    found = {one: [(at, float(number)) for number, at in enumerate(recent)] for one in series}
    return found | {f"up{{{own}}}": [(at, 1.0) for at in recent]}


def neighbours() -> dict[str, list[tuple[float, float]]]:
    recent = [moment.at for moment in moments("10.0.0.1:8000", HOUR_S)]
    series = (
        'load{instance="10.0.0.1:9100",job="node"}',
        'load{instance="10.0.0.9:9100",job="node"}',
        'slots{instance="db:9187",job="postgres"}',
        'replicas{instance="one:9187",job="other"}',
        'replicas{instance="two:9187",job="other"}',
    )
    return {one: [(at, 10.0 * (number + 1)) for at in recent] for number, one in enumerate(series)}


def crowd() -> dict[str, list[tuple[float, float]]]:
    """Return a job with many routes, of which the last begins to fail within the window."""
    recent = [NOW - HOUR_S + STEP_S * number for number in range(HOUR_S // STEP_S + 1)]
    own = 'instance="c:8000",job="crowded"'
    found = {f"up{{{own}}}": [(at, 1.0) for at in recent]}
    for route in range(ROUTES):
        labels = f'{own},handler="/r{route:02}"'
        found[f'http_requests_total{{{labels},status="2xx"}}'] = [
            (at, (at - NOW + HOUR_S) * (route + 1)) for at in recent
        ]
    failing = f'http_requests_total{{{own},handler="/r59",status="5xx"}}'
    found[failing] = [(at, 300.0) for at in recent if at > NOW - 150]
    return found


def settled() -> dict[str, list[tuple[float, float]]]:
    """Return a job of two scraped targets, the second with a new series, and of a third that pushes."""
    recent = [NOW - HOUR_S + STEP_S * number for number in range(HOUR_S // STEP_S + 1)]
    found = {}
    for instance, added in (("a:8000", 0.0), ("b:8000", 1.0)):
        own = f'instance="{instance}",job="settled"'
        found[f"up{{{own}}}"] = [(at, 1.0) for at in recent]
        found[f"scrape_series_added{{{own}}}"] = [(at, added * (at > NOW - 150)) for at in recent]
    for instance in ("a:8000", "b:8000", "pushed"):
        own = f'instance="{instance}",job="settled"'
        counted = f'http_requests_total{{{own},handler="/pay",status="2xx"}}'
        found[counted] = [(at, at - NOW + HOUR_S) for at in recent]
    for instance, errors in (("b:8000", 100.0), ("pushed", 200.0)):
        failing = f'http_requests_total{{instance="{instance}",job="settled",handler="/pay",status="5xx"}}'
        found[failing] = [(at, errors) for at in recent if at > NOW - 150]
    found['process_open_fds{instance="b:8000",job="settled"}'] = [(at, 7.0) for at in recent]
    return found


def unanswered() -> dict[str, list[tuple[float, float]]]:
    """Return a job whose first instance has stopped to answer scrapes, half an hour after the second."""
    recent = [NOW - HOUR_S + STEP_S * number for number in range(HOUR_S // STEP_S + 1)]
    found = {}
    for instance, until in (("a:8000", NOW - 150), ("b:8000", NOW - 1950)):
        own = f'instance="{instance}",job="unanswered"'
        found[f"up{{{own}}}"] = [(at, float(at < until)) for at in recent]
        found[f"scrape_samples_scraped{{{own}}}"] = [(at, 150_000.0 * (at < until)) for at in recent]
        found[f"scrape_duration_seconds{{{own}}}"] = [(at, 4.0 if at < until else 10.0) for at in recent]
        counted = f'http_requests_total{{{own},handler="/pay",status="2xx"}}'
        found[counted] = [(at, at - NOW + HOUR_S) for at in recent if at < until]
    return found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusServer]:
    with remembering(samples(), tmp_path_factory.mktemp("history")) as running:
        yield running


def collect(
    server: PrometheusServer,
    *,
    service: str | None = "shop",
    at: float = NOW,
    catalogue: Catalogue | None = None,
    before_s: float = float(HOUR_S),
) -> Gathered:
    target = Target(prometheus=Secret(server.url), service=service, at=at, before_s=before_s)
    (found,) = gather(target, catalogue or shipped(), {"prometheus": collector.collect})
    return found


# --- the past ---------------------------------------------------------------------------------


def test_the_past_is_looked_at_as_if_it_were_now(server: PrometheusServer) -> None:
    found = collect(server, at=NOW - 6.5 * HOUR_S)
    assert found.state.status is SourceStatus.OK, found.state
    rss = found.readings["process.rss"]
    age_h = (2 * DAY_S - 6.5 * HOUR_S) / HOUR_S
    assert rss.value == pytest.approx(2 * (1e8 + 5e7 * age_h), rel=0.01)
    assert rss.before == pytest.approx(2 * (1e8 + 5e7 * (age_h - 1)), rel=0.01)
    assert found.readings["http.rps"].value == pytest.approx(2.0, rel=0.05)


def test_a_restart_and_what_it_took_away(server: PrometheusServer) -> None:
    found = collect(server)
    readings = found.readings
    assert readings["restart.count"].value == 3, found.missing
    memory = readings["restart.relief.memory"]
    # Six hours ago the processes were 41.5 h old on average over the hour before, and 0.6 h after.
    together, alone = sorted(memory.by, key=lambda part: part.labels)
    old, young = 1e8 + 5e7 * 41.5, 1e8 + 5e7 * (5 + 30) / 60
    assert together.value == pytest.approx(1 - young / old, abs=0.02)
    # Two hours ago the first alone: it was 3.5 h old, its neighbour's growth is not counted against it.
    assert alone.value == pytest.approx(1 - (1e8 + 5e7 * 35 / 60) / (1e8 + 5e7 * 3.5), abs=0.03)
    assert memory.value == pytest.approx((together.value + alone.value) / 2)
    latency = readings["restart.relief.latency"].value
    assert latency is not None
    assert latency > 0.5


def test_less_than_a_day_of_history_says_nothing_of_restarts(server: PrometheusServer) -> None:
    found = collect(server, at=NOW - 20 * HOUR_S)
    why = found.missing["restart.count"]
    assert why.reason is Reason.ABSENT
    assert why.detail == "Prometheus has known the service for less than 24 h"


# --- instances and crowds ---------------------------------------------------------------------


def test_the_worst_instance_decides_how_full_the_pools_are(server: PrometheusServer) -> None:
    found = collect(server)
    assert found.readings["db.pool.in_use"].value == 12
    book = Rulebook(catalogue=shipped())
    taken = Snapshot(service="shop", taken_at="", window_s=300, readings=found.readings, missing={})
    derived = Look(taken, book).reading("db.pool.utilization")
    assert isinstance(derived, Reading)
    assert derived.value == pytest.approx(0.9)
    assert [part.value for part in derived.by] == pytest.approx([0.9, 0.3])
    assert dict(derived.by[0].labels)["instance"] == "10.0.0.1:8000"


def test_of_a_crowd_of_routes_the_heaviest_are_told_and_all_are_counted(server: PrometheusServer) -> None:
    found = collect(server, service="crowded")
    rate = found.readings["http.rps"]
    assert rate.value == pytest.approx(ROUTES * (ROUTES + 1) / 2, rel=0.05)
    assert [part.labels[0][1] for part in rate.by[:2]] == ["/r59", "/r58"]
    assert len(rate.by) == 20


def test_errors_born_between_two_scrapes_are_counted(server: PrometheusServer) -> None:
    errors = collect(server, service="crowded").readings["http.errors.ratio"]
    answered = 300 * ROUTES * (ROUTES + 1) / 2
    assert errors.value == pytest.approx(300 / (answered + 300), rel=0.1)
    assert errors.by[0].labels == (("handler", "/r59"),)


def test_births_are_looked_for_where_scrapes_brought_something_new(server: PrometheusServer) -> None:
    errors = collect(server, service="settled").readings["http.errors.ratio"]
    assert errors.value == pytest.approx(300 / (3 * 300 + 300), rel=0.1)


def test_a_metric_that_only_one_of_the_targets_has(server: PrometheusServer) -> None:
    assert collect(server, service="settled").readings["process.fds"].value == 7


def test_services_that_only_count_are_told_beside_those_with_histograms(server: PrometheusServer) -> None:
    found = collect(server, service=None)
    several = "crowded, everything, settled, shop, unanswered"
    assert found.state.error == f"several services count requests: {several}"


def test_a_slow_server_is_not_asked_for_the_past_of_what_is_counted(
    server: PrometheusServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = collect(server).readings
    monkeypatch.setattr(vectors, "MAX_COMPARED_S", 0.0)
    found = collect(server)
    assert found.state.status is SourceStatus.PARTIAL
    assert "not compared with the past" in (found.state.error or "")
    assert found.readings["http.latency.p95"].value == compared["http.latency.p95"].value
    assert compared["http.latency.p95"].before is not None
    assert found.readings["http.latency.p95"].before is None
    assert found.readings["process.rss"].before == compared["process.rss"].before is not None


def test_a_service_with_every_metric_there_is_takes_at_most_sixty_queries(server: PrometheusServer) -> None:
    found = collect(server, service="everything")
    assert found.state.status is SourceStatus.OK, found.state
    assert found.state.requests <= MAX_QUERIES
    assert not [why for why in found.missing.values() if why.reason is Reason.FAILED]


# --- scrapes that fail ------------------------------------------------------------------------


def test_what_a_page_holds_is_known_from_the_scrapes_that_were_answered(server: PrometheusServer) -> None:
    found = collect(server, service="unanswered").readings
    series, duration = found["observability.series"], found["observability.scrape.duration"]
    assert (series.value, series.bias, series.bound) == (150_000, UNANSWERED, Bound.AT_LEAST)
    assert (duration.value, duration.bias) == (10, UNANSWERED)
    before = collect(server, service="unanswered", at=NOW - 2500).readings
    assert before["observability.series"].is_trusted


def test_a_page_that_nobody_got_to_see_is_not_empty(server: PrometheusServer) -> None:
    whose = 'job="unanswered", instance="b:8000"'
    target = Target(prometheus=Secret(server.url), selector=whose, at=NOW)
    (found,) = gather(target, shipped(), {"prometheus": collector.collect})
    assert "observability.series" not in found.readings
    assert found.missing["observability.series"].detail == NO_SCRAPE
    assert found.readings["observability.scrape.duration"].bias == UNANSWERED


# --- neighbours -------------------------------------------------------------------------------


def gauge(name: str, metric: str, beside: Beside | None = None) -> Signal:
    source = MetricSource(kind=MetricKind.GAUGE, metric=metric, library="any", beside=beside)
    return Signal(id=name, unit=Unit.COUNT, title=name, sources=(source,))


def test_exporters_beside_the_service(server: PrometheusServer) -> None:
    signals = [
        shipped().signals["http.rps"],
        gauge("host.load", "load", Beside.HOST),
        gauge("db.slots", "slots", Beside.ALONE),
        gauge("db.replicas", "replicas", Beside.ALONE),
        gauge("kube.limit", "load", Beside.POD),
        Signal(
            id="host.twice",
            unit=Unit.COUNT,
            title="twice",
            sources=(PromqlSource(promql="2 * load{$selector}", library="any", beside=Beside.HOST),),
        ),
    ]
    found = collect(server, catalogue=Catalogue({signal.id: signal for signal in signals}))
    assert found.state.error is None
    # Of the two hosts that node exporters watch, only the first has an instance of the service.
    assert found.readings["host.load"].value == 10.0
    assert found.readings["host.load"].bias is None
    assert found.readings["host.twice"].value == 20.0
    slots = found.readings["db.slots"]
    assert slots.value == 30.0
    assert slots.bias == "of postgres db:9187, taken for the service's as there is no other"
    assert found.missing["db.replicas"].reason is Reason.NOT_CONFIGURED
    assert "replicas is of several: other one:9187, other two:9187" in found.missing["db.replicas"].detail
    assert found.missing["kube.limit"].reason is Reason.ABSENT
