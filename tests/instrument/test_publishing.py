"""The same metrics, whoever publishes them: several processes, OpenTelemetry, a registry in use."""

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Counter, generate_latest

from fastdiag.instrument import meter
from fastdiag.instrument.meter import Meter
from fastdiag.instrument.metrics import (
    ALL,
    CALL_TIMEOUTS,
    MOST_VALUES,
    OTHER,
    POOL_MAX,
    SCOPE,
    TASKS_STARTED,
    Kind,
    Metric,
)
from fastdiag.instrument.prometheus import PrometheusBackend, spelt
from tests.instrument.workshop import Workshop, workshop
from tests.stack.apps import ServerKind
from tests.stack.postgres import Cluster


def in_registry() -> tuple[Meter, CollectorRegistry]:
    registry, taking = CollectorRegistry(), Meter()
    taking.open(PrometheusBackend(registry))
    return taking, registry


def test_workers_that_share_a_page_keep_their_pools_apart(postgres_server: Cluster, tmp_path: Path) -> None:
    kind = ServerKind.GUNICORN
    with workshop(postgres_server, tmp_path, kind=kind, workers=2, shared_metrics=True) as shop:
        every_worker(shop)
        assert shop.value("fastdiag_threads_limit") == 80
        assert shop.get("/behind").status_code == 200
        shop.comes_to(1, "fastdiag_background_ended_total", fastdiag_task="receipt")
        pids = {label["pid"] for label in shop.labels("db_client_connection_max")}
        assert len(pids) == 2
        for pid in pids:
            assert (
                shop.value("db_client_connection_max", db_client_connection_pool_name="aside", pid=pid) == 2
            )


def every_worker(shop: Workshop) -> None:
    """Ask until both workers have served: each request on a connection of its own."""
    for _ in range(50):
        shop.alone("/aside")
        if shop.value("db_client_connection_max", db_client_connection_pool_name="aside") == 4:
            return
    raise AssertionError("one of the workers never got a request")


def test_a_provider_of_opentelemetry_is_used_where_there_is_one(
    postgres_server: Cluster, tmp_path: Path
) -> None:
    with workshop(postgres_server, tmp_path, environment={"PUBLISHED_BY": "opentelemetry"}) as shop:
        assert shop.get("/early").status_code == 200
        of_pool = {"db_client_connection_pool_name": shop.database, "otel_scope_name": SCOPE}
        shop.comes_to(2, "db_client_connection_max", **of_pool)
        shop.comes_to(1, "db_client_connection_count", **of_pool, db_client_connection_state="idle")
        assert shop.value("db_client_connection_wait_time_seconds_count", **of_pool) == 1
        assert shop.value("db_client_connection_timeouts_total", **of_pool) == 0
        assert shop.get("/block?seconds=0.3").status_code == 200
        bounds = {label["le"] for label in shop.labels("fastdiag_event_loop_lag_seconds_bucket")}
        assert {"0.001", "0.0025", "30.0"} <= bounds
        assert not shop.logged("fastdiag.instrument"), "nothing was left unmeasured"


def test_a_label_of_many_values_is_bounded() -> None:
    taking, registry = in_registry()
    for number in range(MOST_VALUES * 3):
        taking.record(CALL_TIMEOUTS, 1, f"host-{number}", "ReadTimeout")
    page = generate_latest(registry).decode()
    assert page.count("fastdiag_http_client_timeouts_total{") == MOST_VALUES + 1
    assert f'error_type="ReadTimeout",otel_scope_name="{SCOPE}",server_address="{OTHER}"}} 100.0' in page


def test_levels_beyond_the_bound_do_not_replace_each_other() -> None:
    taking, registry = in_registry()
    for number in range(MOST_VALUES * 3):
        taking.record(POOL_MAX, number, f"pool-{number}")
    page = generate_latest(registry).decode()
    assert page.count("db_client_connection_max{") == MOST_VALUES
    assert OTHER not in page.replace("otel", "")


def test_series_are_bounded_whatever_their_labels(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meter, "MOST_SERIES", 10)
    taking, registry = in_registry()
    for number in range(30):
        taking.record(CALL_TIMEOUTS, 1, "one", f"error-{number}")
    assert generate_latest(registry).decode().count("_total{") == 10
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_name_that_is_taken_costs_a_warning_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    taking, registry = in_registry()
    Counter("fastdiag_background_started", "The application's own", registry=registry)
    for _ in range(3):
        taking.record(TASKS_STARTED, 1, "receipt", "starlette")
        taking.record(POOL_MAX, 7, "shop")
    assert "db_client_connection_max{" in generate_latest(registry).decode()
    told = "fastdiag_background_started is not measured: the registry has a metric of that name already"
    assert [record.getMessage() for record in caplog.records] == [f"{told}; the application is not affected"]


def test_a_backend_that_fails_costs_a_warning_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def series(self, metric: Metric, values: tuple[str, ...]) -> meter.Series:
            raise RuntimeError(metric.name, values)

    taking = Meter()
    taking.record(POOL_MAX, 7, "shop")  # before anybody publishes: nothing
    taking.open(Broken())
    for _ in range(3):
        taking.record(POOL_MAX, 7, "shop")
    assert [record.getMessage() for record in caplog.records] == [
        "db.client.connection.max is not measured: RuntimeError; the application is not affected"
    ]


def test_what_runs_at_any_moment_is_recorded_later() -> None:
    taking, registry = in_registry()
    taking.defer(POOL_MAX, 7, "shop")
    assert "db_client_connection_max{" not in generate_latest(registry).decode()
    taking.flush()
    assert "db_client_connection_max{" in generate_latest(registry).decode()


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
def test_each_metric_can_be_published(metric: Metric) -> None:
    taking, registry = in_registry()
    taking.record(metric, 1, *(["one"] * len(metric.labels)))
    suffix = {Kind.COUNTER: "_total", Kind.GAUGE: "", Kind.HISTOGRAM: "_count"}[metric.kind]
    assert f"\n{spelt(metric)}{suffix}{{" in generate_latest(registry).decode()
