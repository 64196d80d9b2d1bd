"""The scrape collector against real applications, and against pages that are none."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Final

import httpx
import pytest

from fastdiag.collectors import scrape as collector
from fastdiag.collectors.gather import Gathered, gather
from fastdiag.model.signal import Reason
from fastdiag.model.snapshot import SourceStatus
from fastdiag.model.target import Local, Target
from tests.collectors.hostile import Hostile, hostile, self_signed
from tests.collectors.pages import Pages, serving
from tests.collectors.traffic import ERRORS, ITEMS, LIBRARIES, REQUESTS, instrumented, send
from tests.metrics.catalogue import shipped
from tests.stack.apps import AppServer, ServerKind
from tests.stack.ports import LOOPBACK, free_port
from tests.stack.waiting import wait_until

DRAWS: Final = 8
SEVERAL: Final = "workers answered: rates are about"
LOTTERIES: Final = 5
"""The kernel may give every connection to the same worker, on a busy machine all the more: one can lose."""


def collect(url: str, *, deadline_s: float = 1.5, local: Local | None = None) -> Gathered:
    target = Target(metrics_url=url, deadline_s=deadline_s, local=local)
    (found,) = gather(target, shipped(), {"scrape": collector.collect})
    return found


def collect_under_load(app: AppServer, *, deadline_s: float = 10.0) -> Gathered:
    """Scrape while known traffic is sent: it ends before the second scrape, 4 s after the first."""
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(collect, f"{app.url}/metrics", deadline_s=deadline_s)
        time.sleep(1.6)  # the first eight scrapes take a tenth of a second, on a busy machine more
        send(app.url)
        return found.result()


# --- real applications ------------------------------------------------------------------------


@pytest.mark.parametrize("library", LIBRARIES)
def test_each_library_yields_what_happened_between_two_scrapes(library: str, server_directory: Path) -> None:
    with instrumented(library, server_directory) as app:
        found = collect_under_load(app)
    readings = found.readings
    assert found.state.status is SourceStatus.OK, found.state
    assert found.state.target == f"{app.url}/metrics"
    assert readings["http.errors.ratio"].value == pytest.approx(ERRORS / REQUESTS, rel=0.02)
    counts = {part.labels[0][1]: part.count for part in readings["http.rps"].by}
    assert counts["/items/{item_id}"] == ITEMS
    assert not set(counts) & {"/metrics", "/metrics/{path}", "/healthz"}
    p95 = readings["http.latency.p95"]
    assert p95.value is not None
    assert 0.1 < p95.value < 0.5
    assert p95.by[0].labels[0][1] == "/slow"
    assert p95.bias is None
    for signal in ("service.cpu", "process.rss", "process.fds"):
        assert readings[signal].value is not None


def test_few_requests_fall_back_to_the_average_since_the_start(server_directory: Path) -> None:
    with instrumented("pfi", server_directory) as app:
        send(app.url)
        found = collect(f"{app.url}/metrics")
    reading = found.readings["http.latency.p95"]
    assert reading.bias == "average since the process started"
    assert reading.before is None
    assert reading.by[0].labels == (("handler", "/slow"),)
    # No request at all between the two scrapes: errors are unknown, not zero.
    assert found.missing["http.errors.ratio"].detail == "no traffic in the window"
    rate = found.readings["http.rps"]
    assert rate.value == 0.0
    assert rate.before is not None
    assert rate.before > 0


def test_a_service_without_traffic_has_no_quantiles(server_directory: Path) -> None:
    with instrumented("starlette_exporter", server_directory) as app:
        found = collect(f"{app.url}/metrics")
    assert found.missing["http.latency.p95"].reason is Reason.ABSENT


def test_three_workers_behind_one_address_are_noticed(server_directory: Path) -> None:
    with instrumented("pfi", server_directory, kind=ServerKind.GUNICORN, workers=3) as app:
        send(app.url)
        # Start times come in ticks of 10 ms, so that two of the three may bear the same.
        wait_until(lambda: len(_start_times(app)) > 1, what="several workers have answered", within_s=20)
        found = next(
            filter(_is_noticed, (collect(f"{app.url}/metrics", deadline_s=3.0) for _ in range(LOTTERIES))),
            None,
        )
    assert found is not None, "the same worker answered every time"
    metrics = {name: one for name, one in found.readings.items() if not name.startswith("observability.")}
    assert {name for name, reading in metrics.items() if SEVERAL not in (reading.bias or "")} == set()
    # The difference is one worker's: an idle service has an idle worker, not thousands of requests a second.
    rate = found.readings["http.rps"].value
    assert rate is not None
    assert rate < 1.0


def _is_noticed(found: Gathered) -> bool:
    """Whether several workers have answered, and one of them twice, so that a rate could be told."""
    readings = found.readings
    return "http.rps" in readings and any(SEVERAL in (reading.bias or "") for reading in readings.values())


def _start_times(app: AppServer) -> set[str]:
    pages = [httpx.get(f"{app.url}/metrics").text.splitlines() for _ in range(20)]
    return {line for page in pages for line in page if line.startswith("process_start_time_seconds ")}


def test_workers_that_share_a_page_are_no_lottery(server_directory: Path) -> None:
    with instrumented(
        "pfi", server_directory, kind=ServerKind.GUNICORN, workers=3, shared_metrics=True
    ) as app:
        found = collect_under_load(app)
    assert found.readings["http.errors.ratio"].value == pytest.approx(ERRORS / REQUESTS, rel=0.02)
    assert {reading.bias for reading in found.readings.values()} == {None}
    assert found.missing["service.cpu"].reason is Reason.ABSENT


# --- pages made for the purpose ---------------------------------------------------------------


@pytest.fixture
def pages() -> Iterator[Pages]:
    with serving() as server:
        yield server


def page(*, started: float, ok: int, failed: int = 0, in_use: int = 0) -> str:
    return (
        "# TYPE process_start_time_seconds gauge\n"
        f"process_start_time_seconds {started}\n"
        "# TYPE http_requests_total counter\n"
        f'http_requests_total{{handler="/a",method="GET",status="2xx"}} {ok}\n'
        f'http_requests_total{{handler="/a",method="GET",status="5xx"}} {failed}\n'
        "# TYPE psycopg_pool_pool_available gauge\n"
        f"psycopg_pool_pool_available {in_use}\n"
    )


def test_known_counts_between_two_scrapes(pages: Pages) -> None:
    started = time.time() - 1000
    pages.serve(
        [*[page(started=started, ok=500, failed=0)] * DRAWS, page(started=started, ok=560, failed=20)]
    )
    found = collect(pages.url)
    assert found.readings["http.errors.ratio"].value == pytest.approx(0.25)
    assert found.readings["http.errors.ratio"].before == 0.0
    assert found.readings["http.rps"].before == pytest.approx(0.5, rel=0.01)
    assert found.readings["http.rps"].by[0].count == 80
    assert found.state.requests == DRAWS + 1


def test_the_pair_is_taken_from_one_worker(pages: Pages) -> None:
    one, other = time.time() - 1000, time.time() - 999
    first = [page(started=one, ok=100), page(started=other, ok=90_000)] * (DRAWS // 2)
    third = page(started=time.time() - 998, ok=7)
    pages.serve([*first, third, page(started=one, ok=160)])
    found = collect(pages.url)
    reading = found.readings["http.rps"]
    assert reading.by[0].count == 60
    assert reading.bias == "one of 2 workers answered: rates are about 2 times too low"


@pytest.mark.parametrize(
    ("of_one", "bias"),
    [
        ("process_cpu_seconds_total 5\n", "one of 3 workers answered: rates are about 3 times too low"),
        ("", None),  # a page that workers share may tell when the youngest of them began
    ],
)
def test_the_process_table_knows_of_workers_that_never_answered(
    pages: Pages, of_one: str, bias: str | None
) -> None:
    pages.serve([page(started=1.7e9, ok=number) + of_one for number in range(DRAWS + 1)])
    local = Local(kind="uvicorn", app=None, master=1, workers=(2, 3, 4), ports=(pages.port,))
    assert collect(pages.url, local=local).readings["http.rps"].bias == bias


def test_one_slow_answer_does_not_end_the_counting_of_workers(pages: Pages) -> None:
    one, other = page(started=1.7e9, ok=1), page(started=1.7e9 + 1, ok=1)
    pages.serve([one, other, *[one] * (DRAWS - 1)], delays=[0.15])
    bias = collect(pages.url).readings["http.rps"].bias
    assert bias == "one of 2 workers answered: rates are about 2 times too low"


def test_a_page_that_takes_long_is_not_fetched_just_to_count_workers(pages: Pages) -> None:
    pages.serve([page(started=1.7e9, ok=number) for number in range(3)], delays=[0.5])
    found = collect(pages.url, deadline_s=3.0)
    assert found.state.requests == 2


def test_a_restart_between_the_scrapes_leaves_the_totals(pages: Pages) -> None:
    pages.serve([*[page(started=1.7e9, ok=5000)] * DRAWS, page(started=time.time() + 60, ok=30, in_use=2)])
    found = collect(pages.url)
    assert found.state.status is SourceStatus.PARTIAL
    assert found.state.error == "the service restarted between the two scrapes"
    assert found.readings["http.errors.ratio"].value == 0.0
    assert found.readings["http.errors.ratio"].bias == "average since the process started"
    assert found.readings["db.pool.idle"].value == 2.0
    assert found.readings["db.pool.idle"].bias is None


def test_counters_that_go_down_without_a_start_time(pages: Pages) -> None:
    anonymous = [page(started=1, ok=ok).split("\n", 2)[2] for ok in (900, 40, 41, 42, 43, 44, 45, 46, 47)]
    pages.serve(anonymous)
    found = collect(pages.url)
    assert found.state.error is not None
    assert "counters went down between two scrapes" in found.state.error
    assert "http.rps" in found.missing


def test_a_second_scrape_that_fails_leaves_the_totals(pages: Pages) -> None:
    pages.serve([page(started=1.7e9, ok=5000, failed=100)] * DRAWS, then=503)
    found = collect(pages.url)
    assert found.state.status is SourceStatus.PARTIAL
    assert found.state.error == "the second scrape failed: the page answered 503"
    assert found.readings["http.errors.ratio"].value == pytest.approx(100 / 5100)
    assert found.readings["http.errors.ratio"].bias == "average since the process started"


def test_open_metrics_are_read_by_their_content_type(pages: Pages) -> None:
    body = (
        "# TYPE http_requests counter\n"
        'http_requests_total{handler="/a",method="GET",status="2xx"} 30.0 # {trace_id="x"} 1.0\n'
        'http_requests_created{handler="/a",method="GET",status="2xx"} 1.7e9\n'
        "# EOF\n"
    )
    pages.serve([body] * (DRAWS + 1), kind="application/openmetrics-text; version=1.0.0")
    assert collect(pages.url).readings["http.rps"].value == 0.0


def test_labels_are_text(pages: Pages) -> None:
    odd = 'http_requests_total{handler="/[red]\\n\\"\u2028\x1b[31m",status="2xx"} '
    pages.serve([f"process_start_time_seconds 1.7e9\n{odd}{count}\n" for count in range(DRAWS + 1)])
    part = collect(pages.url).readings["http.rps"].by[0]
    assert part.labels == (("handler", '/[red]\n"\u2028\x1b[31m'),)


def test_a_page_without_request_metrics_says_what_to_add(pages: Pages) -> None:
    pages.serve(["# TYPE up gauge\nup 1\n"] * (DRAWS + 1))
    found = collect(pages.url)
    assert found.state.status is SourceStatus.OK
    assert found.state.hint is not None
    assert "prometheus-fastapi-instrumentator" in found.state.hint
    assert found.missing["http.rps"].reason is Reason.ABSENT


def test_a_redirect_on_the_same_server_is_followed_once(pages: Pages) -> None:
    pages.serve([page(started=1.7e9, ok=number) for number in range(DRAWS + 1)])
    found = collect(pages.url.replace("/metrics", "/moved"))
    assert found.readings["http.rps"].value is not None
    assert found.state.requests == DRAWS + 2


# --- pages that are none ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def bad() -> Iterator[Hostile]:
    with hostile() as server:
        yield server


@pytest.mark.parametrize(
    ("behaviour", "reason", "error"),
    [
        ("login", Reason.FAILED, "a web page answered, not a metrics page"),
        ("redirect", Reason.FAILED, "redirected to another server, login.example.com"),
        ("forbidden", Reason.DENIED, "the page refused access (403)"),
        ("unauthorized", Reason.DENIED, "the page refused access (401)"),
        ("gone", Reason.ABSENT, "there is no metrics page at this path (404)"),
        ("broken", Reason.FAILED, "the page answered 500"),
        ("not-json", Reason.FAILED, "what answered is not in the text format of Prometheus"),
        ("huge", Reason.FAILED, "the page is larger than 16 MB"),
        ("endless", Reason.FAILED, "the answer came packed, unasked"),
    ],
)
def test_an_answer_that_is_none(bad: Hostile, behaviour: str, reason: Reason, error: str) -> None:
    found = collect(bad.url(behaviour))
    assert found.state.status is SourceStatus.FAILED
    assert found.state.error == error
    assert found.state.hint
    assert found.missing["http.rps"].reason is reason


@pytest.mark.parametrize("behaviour", ["black-hole", "dribble"])
def test_a_hung_service_is_told_from_one_that_is_down(bad: Hostile, behaviour: str) -> None:
    found = collect(bad.url(behaviour), deadline_s=1.0)
    assert found.missing["http.rps"].reason is Reason.TIMED_OUT
    assert found.state.error is not None
    assert found.state.error.startswith("the port accepts connections, but the page did not come within")
    assert found.state.hint is not None
    assert "event loop" in found.state.hint


def test_an_accepting_port_that_nobody_serves() -> None:
    with closing(socket.create_server((LOOPBACK, 0))) as silent:
        found = collect(f"http://{LOOPBACK}:{silent.getsockname()[1]}/metrics", deadline_s=1.0)
    assert found.missing["http.rps"].reason is Reason.TIMED_OUT


def test_nobody_listens() -> None:
    found = collect(f"http://{LOOPBACK}:{free_port()}/metrics")
    assert found.state.error is not None
    assert found.state.error.startswith("cannot connect")


def test_a_connection_that_breaks_off(bad: Hostile) -> None:
    found = collect(bad.url("broken-off"))
    assert found.state.error is not None
    assert found.state.error.startswith("the connection broke off")


def test_credentials_are_used_and_not_shown(bad: Hostile) -> None:
    before = len(bad.authorizations)
    found = collect(bad.url("forbidden").replace("://", "://fast:s3cr%40t@") + "?token=hunter2")
    assert bad.authorizations[before] == "Basic ZmFzdDpzM2NyQHQ="
    assert found.state.target == bad.url("forbidden")


def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    with hostile(self_signed(tmp_path)) as server:
        found = collect(server.url("partial"))
    assert found.state.error is not None
    assert found.state.error.startswith("TLS failed")
    assert "SSL_CERT_FILE" in (found.state.hint or "")


def test_a_page_shows_nothing_of_the_past(pages: Pages) -> None:
    pages.serve([page(started=1.7e9, ok=1)])
    target = Target(metrics_url=pages.url, at=1.7e9)
    (found,) = gather(target, shipped(), {"scrape": collector.collect})
    assert found.state.status is SourceStatus.SKIPPED
    assert found.state.error == "a page shows only the present"


def test_what_the_page_says_of_the_services_observability(pages: Pages) -> None:
    pages.serve(['# TYPE up gauge\nup 1\nup{a="b"} NaN\n'])
    readings = collect(pages.url).readings
    assert readings["observability.http_metrics"].value == 0
    assert readings["observability.series"].value == 2
    assert readings["observability.scrape.duration"].value is not None
    assert "observability.dependency_timing" not in readings
    latency = "starlette_request_duration_seconds"
    timed = f'starlette_requests_total{{path="/a"}} 1\n{latency}_bucket{{path="/a",le="+Inf"}} 1\n'
    pages.serve([timed])
    readings = collect(pages.url).readings
    assert readings["observability.http_metrics"].value == 1
    # Requests are measured, and what they wait for is not.
    assert readings["observability.dependency_timing"].value == 0


@pytest.mark.parametrize("url", ["", "http://", "ftp://host/metrics", "http://host:port/metrics"])
def test_what_is_no_url_is_refused(url: str) -> None:
    assert collect(url).state.error == "the URL of the metrics page is not valid"


def test_without_a_page_the_source_is_skipped() -> None:
    (found,) = gather(Target(), shipped(), {"scrape": collector.collect})
    assert found.state.status is SourceStatus.SKIPPED
