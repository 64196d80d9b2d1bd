"""Each incident comes up, shows at its clients and on its metrics page, and leaves nothing behind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from fastdiag.demo import Scene, find_incident
from fastdiag.demo.incidents import Fast
from fastdiag.demo.traffic import BROWSE, LABELS, PAY, RATES, RECEIPT
from tests.demo.staged import metric, port_of, read, staged

pytestmark = pytest.mark.live

POOL_FAMILY = "db_client_connections_usage_connections"


def outbound(scene: Scene) -> list[int]:
    """Return the remote ports of the connections that the shop itself opened."""
    listening = port_of(scene.app_url)
    return [
        connection.raddr.port
        for connection in psutil.Process(scene.pid).net_connections("tcp4")
        if connection.status == psutil.CONN_ESTABLISHED and connection.laddr.port != listening
    ]


def test_a_drained_pool_makes_everyone_wait_who_needs_the_database(tmp_path: Path) -> None:
    with staged(find_incident("pool"), tmp_path) as scene:
        page = read(scene.metrics_url)
        connections = outbound(scene)
        view = scene.clients()
    assert metric(page, POOL_FAMILY, state="used") == 5
    assert metric(page, POOL_FAMILY, state="idle") == 0
    assert metric(page, "http_requests_inprogress", handler="/orders/{order_id}/labels") > 5
    assert connections == []
    assert view.errors == 0
    rates, browse, labels = view.route(RATES), view.route(BROWSE), view.route(LABELS)
    assert rates
    assert browse
    assert labels
    assert rates.p95_s < browse.p50_s < labels.p50_s


def test_the_pool_size_alone_explains_the_drained_pool(tmp_path: Path) -> None:
    roomy = replace(find_incident("pool"), pool_size=40, clients_see=(Fast(route=BROWSE, p95_below_s=0.25),))
    with staged(roomy, tmp_path) as scene:
        page = read(scene.metrics_url)
        view = scene.clients()
    assert 5 < metric(page, POOL_FAMILY, state="used") < 40
    assert view.errors == 0


def test_a_blocked_loop_delays_routes_that_do_nothing(tmp_path: Path) -> None:
    with staged(find_incident("loop"), tmp_path) as scene:
        page = read(scene.metrics_url)
        connections = outbound(scene)
        view = scene.clients()
    rates, receipts = view.route(RATES), view.route(RECEIPT)
    assert rates
    assert receipts
    trivial = {"handler": "/shipping/rates", "method": "GET"}
    server_mean_s = metric(page, "http_request_duration_seconds_sum", **trivial) / metric(
        page, "http_request_duration_seconds_count", **trivial
    )
    assert server_mean_s < 0.1 * rates.p50_s  # the service's own histogram does not see the queue
    # Of fifteen: what was begun stays open while the loop is blocked.
    assert metric(page, POOL_FAMILY, state="used") < 10
    assert connections == []


def test_a_slow_upstream_delays_only_who_calls_it(tmp_path: Path) -> None:
    with staged(find_incident("upstream"), tmp_path) as scene:
        page = read(scene.metrics_url)
        connections = outbound(scene)
        view = scene.clients()
    pay, browse = view.route(PAY), view.route(BROWSE)
    assert pay
    assert browse
    assert pay.p50_s > 10 * browse.p95_s
    assert len(connections) > 10
    assert len(set(connections)) == 1
    assert metric(page, POOL_FAMILY, state="used") < 0.5 * 10


def test_a_prompt_upstream_is_all_it_takes(tmp_path: Path) -> None:
    prompt = replace(
        find_incident("upstream"), bank_seconds=0.03, clients_see=(Fast(route=PAY, p95_below_s=0.5),)
    )
    with staged(prompt, tmp_path) as scene:
        view = scene.clients()
    assert view.errors == 0


def test_an_ordinary_day_is_healthy(tmp_path: Path) -> None:
    with staged(find_incident("healthy"), tmp_path) as scene:
        page = read(scene.metrics_url)
    overall = scene.seen.overall
    assert overall
    assert overall.p95_s < 0.1
    assert scene.seen.errors == 0
    assert scene.seen.rps > 20
    assert metric(page, "http_requests_total", status="2xx") > 100
    assert metric(page, POOL_FAMILY, state="idle") >= 5
    samples = "\n".join(line for line in page.splitlines() if not line.startswith("#")).lower()
    assert not [word for word in ("fault", "slow", "block", "inject", "demo", "incident") if word in samples]
