"""What the line publishes is what the catalogue of signals reads."""

import math
import time
from dataclasses import dataclass

import pytest

from fastdiag.collectors.metrics_page import parse
from fastdiag.metrics.evaluate import Found, evaluate, first_existing
from fastdiag.metrics.page import Page
from fastdiag.model.signal import MetricSource
from tests.instrument.workshop import PATIENCE_S, Workshop
from tests.metrics.catalogue import shipped
from tests.metrics.dumps import since_start
from tests.stack.ports import LOOPBACK, free_port
from tests.stack.waiting import wait_until

OURS = "fastdiag-instrument"


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What the catalogue makes of a signal."""

    library: str
    found: Found


@pytest.fixture(scope="module")
def page(shop: Workshop) -> Page:
    """Serve a page on which every metric stands."""
    dead = f"http://{LOOPBACK}:{free_port()}"
    paths = ["/early", "/aside", "/threads", "/direct", "/behind?fails=yes", "/aloof", "/collect"]
    for path in [*paths, f"/ask?url={dead}&times=25"]:
        assert shop.alone(path).status_code == 200
    shop.comes_to(0, "fastdiag_background_running", fastdiag_task="endless")
    for _ in range(20):  # a quantile takes twenty
        shop.get("/early")
    shop.meanwhile("/block?seconds=0.5")[0].result()
    shop.comes_to(2, "db_client_connection_max", db_client_connection_pool_name="aside")
    ticks = "fastdiag_event_loop_lag_seconds_count"
    wait_until(lambda: (shop.value(ticks) or 0) >= 30, what="30 ticks", within_s=PATIENCE_S)
    return parse("text/plain; version=0.0.4", shop.get("/metrics").content, math.inf)


def read(signal: str, page: Page) -> Read:
    sources = [source for source in shipped().signals[signal].sources if isinstance(source, MetricSource)]
    source = first_existing(sources, frozenset(page))
    assert source is not None, signal
    found = evaluate(source, shipped().signals[signal].unit, since_start(page, source, taken_at=time.time()))
    assert isinstance(found, Found), found
    return Read(library=source.library, found=found)


@pytest.mark.parametrize("signal", [one.id for one in shipped().signals.values() if OURS in str(one.sources)])
def test_each_signal_of_the_line_is_read(signal: str, page: Page) -> None:
    if signal == "external.timeouts" and "fastdiag_http_client_timeouts_total" not in page:
        pytest.skip("none of the calls has timed out yet; OpenTelemetry's name answers until one does")
    result = read(signal, page)
    assert result.library == OURS
    assert result.found.bias is None


@pytest.mark.parametrize(
    "signal",
    [
        *("db.pool.size", "db.pool.in_use", "db.pool.idle", "db.pool.waiting", "db.pool.wait.p95"),
        *("db.pool.timeouts", "external.rps", "external.errors.ratio", "external.latency.p95"),
    ],
)
def test_names_of_the_conventions_are_read_as_such_and_trusted(signal: str, page: Page) -> None:
    result = read(signal, page)
    assert result.library == "opentelemetry"
    assert result.found.bias is None


def test_calls_without_an_answer_are_failures(page: Page) -> None:
    assert read("external.errors.ratio", page).found.value > 0


def test_each_pool_is_a_part_of_its_own(page: Page) -> None:
    pools = {
        dict(part.labels)["db_client_connection_pool_name"] for part in read("db.pool.size", page).found.by
    }
    assert {"aside", "threads", "asyncpg"} <= pools


def test_the_lag_of_a_blocked_loop_is_seen(page: Page) -> None:
    assert read("loop.lag.p95", page).found.value > 0.01
    assert 0 < read("runtime.gc.pauses", page).found.value < 0.5
