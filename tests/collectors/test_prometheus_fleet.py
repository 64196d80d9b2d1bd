"""The Prometheus collector on fleets: what it costs does not grow with them, and what it says stays true."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import pytest

from fastdiag.collectors import prometheus as collector
from fastdiag.collectors.gather import Gathered, gather
from fastdiag.collectors.http_address import Address
from fastdiag.collectors.prometheus.choice import Place
from fastdiag.collectors.prometheus.instances import LEAST_RANKED
from fastdiag.collectors.prometheus.restarts import events_of
from fastdiag.collectors.prometheus.server import Answer
from fastdiag.collectors.prometheus.server import PrometheusServer as PrometheusCollector
from fastdiag.collectors.prometheus.starts import ROLLOUT_S, Started, find_starts
from fastdiag.engine.look import Look
from fastdiag.metrics.evaluate import MAX_PARTS
from fastdiag.metrics.page import START_TIME
from fastdiag.metrics.promql import Scope
from fastdiag.model.quantity import Unit
from fastdiag.model.rule import Rulebook
from fastdiag.model.signal import Catalogue, Combine, Part, PromqlSource, Reading, Signal
from fastdiag.model.snapshot import Snapshot, SourceStatus
from fastdiag.model.target import Access, Local, Secret, Target
from tests.benchmarks.cost import api_totals
from tests.metrics.catalogue import shipped
from tests.stack.fleet import DEPLOYED_S, FULL, POOL_SIZE, RATE, WAITING, Fleet
from tests.stack.history import remembering
from tests.stack.prometheus import PrometheusServer

NOW: Final = float(int(time.time()) - 120)
SMALL: Final = Fleet(job="small", size=MAX_PARTS, now=NOW)
LARGE: Final = Fleet(job="large", size=400, now=NOW)
NOISE: Final = 0.03
"""Numbers of more digits."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What was brought home, for how many bytes as they are sent (compressed), and in how many series."""

    found: Gathered
    received_bytes: float
    series: int


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusServer]:
    samples = dict([*SMALL.samples(), *LARGE.samples()])
    with remembering(samples, tmp_path_factory.mktemp("fleet")) as running:
        yield running


def visit(server: PrometheusServer, service: str, catalogue: Catalogue | None = None) -> Visit:
    before, counts = api_totals(server.url), list[int]()
    target = Target(prometheus=Secret(server.url), service=service, at=NOW, before_s=600.0)
    with counting(counts.append):
        (found,) = gather(target, catalogue or shipped(), {"prometheus": collector.collect})
    assert found.state.status is SourceStatus.OK, found.state
    return Visit(found, api_totals(server.url)[1] - before[1], sum(counts))


@contextmanager
def counting(tell: Callable[[int], None]) -> Iterator[None]:
    """Tell of every answer how many series it holds."""
    ask = PrometheusCollector.ask

    def counted(server: PrometheusCollector, query: str, at: float | None = None) -> Answer:
        answer = ask(server, query, at)
        tell(len(answer.series))
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PrometheusCollector, "ask", counted)
        yield


def utilization(found: Gathered) -> Reading:
    taken = Snapshot(service="shop", taken_at="", window_s=300, readings=found.readings, missing={})
    derived = Look(taken, Rulebook(catalogue=shipped())).reading("db.pool.utilization")
    assert isinstance(derived, Reading)
    return derived


def instances(parts: tuple[Part, ...]) -> list[str]:
    return [dict(part.labels)["instance"] for part in parts]


def test_twenty_times_the_instances_cost_the_same_bytes_and_queries(server: PrometheusServer) -> None:
    small, large = visit(server, "small"), visit(server, "large")
    assert 0 < large.received_bytes < small.received_bytes * (1 + NOISE)
    assert 0 < large.series <= small.series
    assert abs(large.found.state.requests - small.found.state.requests) <= 1
    assert set(large.found.readings) == set(small.found.readings)


@pytest.mark.parametrize("fleet", [SMALL, LARGE], ids=["small", "large"])
def test_all_instances_are_counted_and_the_fullest_pool_decides(
    server: PrometheusServer, fleet: Fleet
) -> None:
    readings = visit(server, fleet.job).found.readings
    assert readings["db.pool.in_use"].value == fleet.in_use
    assert readings["db.pool.in_use"].before == fleet.in_use
    assert readings["db.pool.size"].value == fleet.size * POOL_SIZE
    assert readings["db.pool.waiting"].value == WAITING
    assert readings["http.rps"].value == pytest.approx(fleet.size * RATE, rel=0.01)
    assert readings["process.rss"].value == fleet.size * 1e8
    assert readings["restart.count"].value == fleet.size
    worst = readings["db.pool.waiting"].by[0]
    assert (worst.value, dict(worst.labels)["instance"]) == (WAITING, fleet.instance(FULL))
    assert LEAST_RANKED <= len(readings["db.pool.in_use"].by) <= MAX_PARTS


@pytest.mark.parametrize("fleet", [SMALL, LARGE], ids=["small", "large"])
def test_a_formula_finds_both_of_its_sides_of_the_same_instances(
    server: PrometheusServer, fleet: Fleet
) -> None:
    found = utilization(visit(server, fleet.job).found)
    assert (found.value, found.before) == (1.0, 1.0)
    assert instances(found.by)[0] == fleet.instance(FULL)
    assert LEAST_RANKED <= len(found.by) <= MAX_PARTS


@pytest.mark.parametrize("fleet", [SMALL, LARGE], ids=["small", "large"])
def test_a_deployment_is_one_event_however_many_processes_it_starts(
    server: PrometheusServer, fleet: Fleet
) -> None:
    place = Place(scope=Scope(selector=f'job="{fleet.job}"'), names=frozenset({START_TIME}))
    until = time.monotonic() + 10
    asked = PrometheusCollector(Address.of(Secret(server.url), "Prometheus", server.url), until, Access())
    found = find_starts(asked, place, NOW, until)
    asked.close()
    assert isinstance(found, Started)
    (event,) = events_of(found.starts, NOW)
    first, last = NOW - DEPLOYED_S, NOW - DEPLOYED_S + fleet.size - 1
    assert found.count == fleet.size
    assert first - ROLLOUT_S < event.began <= first
    assert last <= event.ended < last + ROLLOUT_S


def test_an_expression_by_instance_is_told_in_a_few_rows_and_as_a_whole(server: PrometheusServer) -> None:
    def of(name: str, combine: Combine, by: str) -> Signal:
        source = PromqlSource(
            promql='db_client_connection_count{db_client_connection_state="used", $selector}',
            library="own",
            by=by,
            combine=combine,
        )
        return Signal(id=name, unit=Unit.COUNT, title=name, sources=(source,))

    signals = [
        shipped().signals["http.rps"],
        of("pool.total", Combine.SUM, "instance"),
        of("pool.worst", Combine.MAX, "instance"),
        of("pool.mean", Combine.AVG, "job"),
    ]
    found = visit(server, "large", Catalogue({signal.id: signal for signal in signals})).found
    values = {name: found.readings[name].value for name in ("pool.total", "pool.worst", "pool.mean")}
    mean = pytest.approx(LARGE.in_use / LARGE.size)
    assert values == {"pool.total": LARGE.in_use, "pool.worst": POOL_SIZE, "pool.mean": mean}
    parts = found.readings["pool.total"].by
    assert LEAST_RANKED <= len(parts) <= MAX_PARTS
    assert instances(parts)[0] == LARGE.instance(FULL)


def test_the_job_of_a_local_port_is_found_among_all_targets_without_listing_them(
    server: PrometheusServer,
) -> None:
    before = api_totals(server.url)[1]
    local = Local(kind="uvicorn", app=None, master=None, workers=(1,), ports=(8000,))
    target = Target(prometheus=Secret(server.url), at=NOW, local=local)
    (found,) = gather(target, shipped(), {"prometheus": collector.collect})
    assert found.state.error == "several services count requests: large, small"
    assert api_totals(server.url)[1] - before < 5_000
