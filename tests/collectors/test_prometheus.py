"""The Prometheus collector against a real server that scrapes real applications, and against bad ones."""

import os
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from fastdiag.collectors import prometheus as collector
from fastdiag.collectors.gather import Gathered, gather
from fastdiag.collectors.prometheus.visit import UNANSWERED
from fastdiag.model.quantity import Unit
from fastdiag.model.signal import Catalogue, PromqlSource, Reason, Signal
from fastdiag.model.snapshot import SourceStatus
from fastdiag.model.target import Access, Secret, Target
from tests.collectors.black_hole import black_hole
from tests.collectors.hostile import Hostile, hostile, self_signed
from tests.collectors.traffic import ERRORS, LIBRARIES, REQUESTS, instrumented, send
from tests.metrics.catalogue import shipped
from tests.stack.apps import AppServer, ServerKind
from tests.stack.ports import LOOPBACK, free_port
from tests.stack.prometheus import PrometheusServer, prometheus
from tests.stack.waiting import wait_until

MAX_QUERIES: Final = 60


def collect(  # noqa: PLR0913 - a target in short
    url: str,
    *,
    service: str | None = None,
    selector: str | None = None,
    deadline_s: float = 8.0,
    before_s: float = 3600.0,
    access: Access | None = None,
) -> Gathered:
    target = Target(
        prometheus=Secret(url),
        prometheus_access=access or Access(),
        service=service,
        selector=selector,
        deadline_s=deadline_s,
        before_s=before_s,
        window_s=60.0,
    )
    (found,) = gather(target, shipped(), {"prometheus": collector.collect})
    return found


# --- real servers -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fleet(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[PrometheusServer, dict[str, AppServer]]]:
    """Serve one application for each library, known traffic sent and scraped, under one Prometheus."""
    directory = tmp_path_factory.mktemp("fleet")
    with ExitStack() as stack:
        apps = {name: stack.enter_context(instrumented(name, directory)) for name in LIBRARIES}
        targets = {f"shop-{name}": [app.address] for name, app in apps.items()}
        server = stack.enter_context(prometheus(targets, directory))
        for name, app in apps.items():
            wait_until(
                partial(_is_scraped, server, f"shop-{name}"), what=f"{name} is scraped twice", within_s=20
            )
            send(app.url)
        for name in apps:
            wait_until(
                partial(_has_counted, server, f"shop-{name}"),
                what=f"the requests of {name} are scraped",
                within_s=20,
            )
            # increase() extrapolates by half a scrape interval: one of a dozen, also on a busy machine.
            wait_until(
                partial(_is_scraped, server, f"shop-{name}", 12), what=f"{name} is scraped", within_s=30
            )
        yield server, apps


def _is_scraped(server: PrometheusServer, job: str, times: int = 2) -> bool:
    return (server.value(f'max(count_over_time(up{{job="{job}"}}[1m]))') or 0) >= times


def _has_counted(server: PrometheusServer, job: str, requests: int = REQUESTS) -> bool:
    names = (
        "http_requests_total|starlette_requests_total"
        "|http_server_request_duration_seconds_count|http_server_duration_milliseconds_count"
    )
    return (server.value(f'sum({{__name__=~"{names}", job="{job}"}})') or 0) >= requests


@pytest.mark.parametrize("library", LIBRARIES)
def test_each_library_yields_the_same_signals(
    fleet: tuple[PrometheusServer, dict[str, AppServer]], library: str
) -> None:
    server, _ = fleet
    found = collect(server.url, service=f"shop-{library}")
    readings = found.readings
    assert found.state.status is SourceStatus.OK, found.state
    assert found.state.target == f'{server.url} {{job="shop-{library}"}}'
    assert found.state.requests <= MAX_QUERIES
    # All errors fell between two scrapes, so that increase() alone sees none. Each series is extrapolated
    # by up to half a scrape interval, out of the dozen that the window holds here.
    assert readings["http.errors.ratio"].value == pytest.approx(ERRORS / REQUESTS, rel=0.2)
    assert readings["http.rps"].value is not None
    worst = readings["http.errors.ratio"].by[0]
    assert (worst.labels[0][1], worst.value) == ("/boom", 1.0)
    routes = {part.labels[0][1] for part in readings["http.rps"].by}
    assert {"/items/{item_id}", "/slow", "/boom"} <= routes
    assert not routes & {"/metrics", "/metrics/{path}", "/healthz"}
    p50, p95 = readings["http.latency.p50"].value, readings["http.latency.p95"].value
    assert p50 is not None
    assert p95 is not None
    assert p50 < 0.1 < p95 < 0.5
    assert readings["http.latency.p95"].by[0].labels[0][1] == "/slow"
    for name in ("service.cpu", "workers.cpu.max", "process.rss", "process.fds"):
        assert readings[name].value is not None
    assert all(reading.before is None for reading in readings.values())
    assert found.doubts == ()


@pytest.mark.parametrize("q", ["50", "95", "99"])
def test_quantiles_agree_with_the_servers_own(
    fleet: tuple[PrometheusServer, dict[str, AppServer]], q: str
) -> None:
    server, _ = fleet
    bucket = 'http_request_duration_highr_seconds_bucket{job="shop-pfi"}'
    theirs = server.value(f"histogram_quantile(0.{q}, sum by (le) ({bucket}))")
    reading = collect(server.url, service="shop-pfi").readings[f"http.latency.p{q}"]
    assert reading.value == pytest.approx(theirs, rel=0.1)


def test_scrapes_that_reach_different_workers_are_not_trusted(server_directory: Path) -> None:
    # Without keep-alive each scrape is a new connection, and another worker may answer it.
    with (
        instrumented(
            "pfi",
            server_directory,
            kind=ServerKind.GUNICORN,
            workers=3,
            environment={"GUNICORN_CMD_ARGS": "--keep-alive 0"},
        ) as app,
        prometheus({"shop": [app.address]}, server_directory) as server,
    ):
        wait_until(
            lambda: (server.value("max(resets(process_start_time_seconds[1m]))") or 0) > 0,
            what="an older worker answers after a younger one",
            within_s=40,
        )
        found = collect(server.url)
    facts = ("observability.", "restart.")
    biases = {reading.bias for name, reading in found.readings.items() if not name.startswith(facts)}
    assert all(bias and bias.startswith("scrapes of one address reach different workers") for bias in biases)


def test_a_hung_service_is_still_found_and_its_silence_is_said(server_directory: Path) -> None:
    with (
        instrumented("pfi", server_directory) as app,
        prometheus({"shop": [app.address]}, server_directory) as server,
    ):
        wait_until(partial(_is_scraped, server, "shop"), what="it is scraped twice", within_s=20)
        send(app.url)
        wait_until(partial(_has_counted, server, "shop"), what="its requests are scraped", within_s=20)
        os.kill(app.pid, signal.SIGSTOP)
        try:
            wait_until(lambda: server.value("max(up)") == 0, what="a scrape fails", within_s=20)
            found = collect(server.url)
        finally:
            os.kill(app.pid, signal.SIGCONT)
    assert "scrape-gaps" in {doubt.id for doubt in found.doubts}
    assert found.state.status is SourceStatus.PARTIAL
    assert found.state.error == "Prometheus' last scrape of the service failed"
    # What it did before is known; what it holds now is not.
    assert found.readings["http.latency.p95"].value is not None
    assert found.missing["process.rss"].reason is Reason.ABSENT
    # A scrape without an answer counts as one of no samples, and lasts as long as Prometheus waits.
    series, duration = found.readings["observability.series"], found.readings["observability.scrape.duration"]
    assert (series.bias, duration.bias) == (UNANSWERED, UNANSWERED)
    assert series.value is not None
    assert series.value > 10


def test_an_expression_of_the_users_own(fleet: tuple[PrometheusServer, dict[str, AppServer]]) -> None:
    server, _ = fleet
    expressions = {
        "http.rps": "sum(increase(http_requests_total{$selector}[$window])) > 0",
        "db.pool.in_use": "http_requests_total{$selector}",
        "db.pool.idle": "sum(http_requests_total{$selector}",
    }
    catalogue = Catalogue(
        {
            name: Signal(
                id=name,
                unit=Unit.COUNT,
                title=name,
                sources=(PromqlSource(promql=expression, library="own"),),
            )
            for name, expression in expressions.items()
        }
        | {"http.latency.p95": shipped().signals["http.latency.p95"]}
    )
    target = Target(prometheus=Secret(server.url), service="shop-pfi", window_s=60.0)
    (found,) = gather(target, catalogue, {"prometheus": collector.collect})
    assert found.readings["http.rps"].value is not None
    assert found.missing["db.pool.in_use"].detail.endswith("series, not one")
    assert found.missing["db.pool.idle"].reason is Reason.FAILED
    assert "parse error" in found.missing["db.pool.idle"].detail


def test_a_query_that_fails_costs_only_its_own_signal() -> None:
    with hostile() as server:
        found = collect(server.url("half-broken"), selector='job="shop"')
    assert found.readings["process.rss"].value == 4096
    assert found.missing["process.fds"].reason is Reason.FAILED
    assert found.missing["process.fds"].detail == "the server says: too many samples"


def test_several_services_are_not_guessed_between(
    fleet: tuple[PrometheusServer, dict[str, AppServer]],
) -> None:
    server, _ = fleet
    found = collect(server.url)
    assert found.state.status is SourceStatus.FAILED
    assert found.state.error == "several services count requests: " + ", ".join(
        sorted(f"shop-{name}" for name in LIBRARIES)
    )
    assert found.state.hint is not None
    assert "--service" in found.state.hint
    assert found.missing["http.rps"].reason is Reason.NOT_CONFIGURED


def test_a_misspelt_service_is_answered_with_the_nearest(
    fleet: tuple[PrometheusServer, dict[str, AppServer]],
) -> None:
    server, _ = fleet
    found = collect(server.url, service="shop-pfj")
    assert found.state.hint == "did you mean 'shop-pfi'?"


def test_a_selector_wins_over_the_service(fleet: tuple[PrometheusServer, dict[str, AppServer]]) -> None:
    server, _ = fleet
    found = collect(server.url, service="shop-pfi", selector='{job=~"shop-fast.*"}')
    assert found.state.target == f'{server.url} {{job=~"shop-fast.*"}}'
    assert found.readings["http.rps"].by[0].labels[0][0] == "http_route"


@pytest.mark.parametrize(
    ("selector", "error"),
    [
        ('job="nowhere"', 'no metric of a known library matches {job="nowhere"}'),
        ("job=", "the server says: invalid parameter"),
    ],
)
def test_a_selector_that_picks_nothing_or_does_not_parse(
    fleet: tuple[PrometheusServer, dict[str, AppServer]], selector: str, error: str
) -> None:
    server, _ = fleet
    found = collect(server.url, selector=selector)
    assert found.state.status is SourceStatus.FAILED
    assert found.state.error is not None
    assert found.state.error.startswith(error)


def test_the_comparison_window_is_read_where_there_are_data(
    fleet: tuple[PrometheusServer, dict[str, AppServer]],
) -> None:
    server, apps = fleet
    wait_until(
        lambda: (server.value('time() - min_over_time(timestamp(up{job="shop-pfi"})[1m:1s])') or 0) > 12,
        what="some seconds of history",
        within_s=20,
    )
    send(apps["pfi"].url)
    wait_until(
        partial(_has_counted, server, "shop-pfi", 2 * REQUESTS),
        what="the second round is scraped",
        within_s=10,
    )
    reading = collect(server.url, service="shop-pfi", before_s=2.0).readings["process.rss"]
    assert reading.before == pytest.approx(reading.value, rel=0.2)
    assert reading.window is not None
    assert reading.window.samples >= 3


def test_credentials_open_the_door_and_stay_out_of_sight() -> None:
    with hostile() as server:
        found = collect(server.url("partial").replace("://", "://fast:s3cr%40t@"), selector='job="shop"')
    assert server.authorizations[0] == "Basic ZmFzdDpzM2NyQHQ="
    assert found.state.target == server.url("partial") + ' {job="shop"}'


def test_a_token_and_a_tenant_are_sent_with_every_query_and_stay_out_of_sight(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine {LOOPBACK} login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    headers = (("Authorization", Secret("Bearer s3cret")), ("X-Scope-OrgID", Secret("team-a")))
    with hostile() as server:
        found = collect(server.url("partial"), selector='job="shop"', access=Access(headers=headers))
    assert set(server.authorizations) == {"Bearer s3cret"}
    assert set(server.tenants) == {"team-a"}
    assert len(server.queries) == found.state.requests <= MAX_QUERIES
    assert "s3cret" not in repr(found)


def test_what_thanos_and_victoriametrics_are_asked_to_leave_out() -> None:
    with hostile() as server:
        collect(server.url("partial") + "/select/0/prometheus/", selector='job="shop"')
    for sent in server.queries:
        assert (sent["dedup"], sent["max_source_resolution"], sent["nocache"]) == (["true"], ["0s"], ["1"])


def test_a_partial_answer_of_a_victoriametrics_cluster_is_a_bias() -> None:
    with hostile() as server:
        found = collect(server.url("vm-cluster"), selector='job="shop"')
    assert found.readings["process.rss"].bias == "the server says that the answer is partial"


def test_what_is_no_number_is_no_value() -> None:
    with hostile() as server:
        found = collect(server.url("not-finite"), selector='job="shop"')
    assert not {"process.rss", "process.fds"} & set(found.readings)
    assert found.missing["process.rss"].reason is Reason.ABSENT


def test_warnings_of_the_server_are_a_bias() -> None:
    with hostile() as server:
        found = collect(server.url("partial"), selector='job="shop"')
    reading = found.readings["process.rss"]
    assert reading.value == 4096
    assert reading.bias == "store 10.0.0.7 is unavailable"


# --- servers that misbehave -------------------------------------------------------------------


@pytest.fixture(scope="module")
def bad() -> Iterator[Hostile]:
    with hostile() as server:
        yield server


@pytest.mark.parametrize(
    ("behaviour", "reason", "error", "hint"),
    [
        ("login", Reason.FAILED, "a web page answered (200), not a Prometheus API", "login page"),
        ("redirect", Reason.FAILED, "redirected to http://login.example.com/sso", "final URL"),
        ("forbidden", Reason.DENIED, "the server refused access (403)", "PROMETHEUS_TOKEN"),
        ("unauthorized", Reason.DENIED, "the server refused access (401)", "PROMETHEUS_TOKEN"),
        ("gone", Reason.FAILED, "there is no Prometheus API at this path (404)", "base path"),
        ("broken", Reason.FAILED, "the server, or a proxy before it, fails (500)", "its log says why"),
        ("busy", Reason.FAILED, "the server takes no more queries now (429)", "shorter --window"),
        ("wants-tls", Reason.FAILED, "the port speaks TLS, and was asked without", "https://"),
        ("broken-off", Reason.FAILED, "the answer broke off after 16 of 100000 bytes", "a proxy in between"),
        (
            "query-error",
            Reason.FAILED,
            "the server says: query timed out in expression evaluation",
            "shorter --window",
        ),
        ("truncated", Reason.FAILED, "the answer is cut off or not from a Prometheus API", "base path"),
        ("not-json", Reason.FAILED, "the answer is cut off or not from a Prometheus API", "base path"),
        ("empty", Reason.FAILED, "the answer is cut off or not from a Prometheus API", "base path"),
        ("huge", Reason.FAILED, "the answer is larger than 8 MB", "--service"),
        ("endless", Reason.FAILED, "the answer is larger than 8 MB", "--service"),
    ],
)
def test_an_answer_that_is_none(bad: Hostile, behaviour: str, reason: Reason, error: str, hint: str) -> None:
    found = collect(bad.url(behaviour))
    assert found.state.status is SourceStatus.FAILED
    assert found.state.error == error
    assert hint in (found.state.hint or "")
    assert found.missing["http.rps"].reason is reason
    assert found.state.requests == 1


def test_a_flood_is_stopped(bad: Hostile) -> None:
    before = bad.sent_bytes
    collect(bad.url("huge"))
    assert bad.sent_bytes - before < 20_000_000


@pytest.mark.parametrize("behaviour", ["black-hole", "dribble"])
def test_a_server_that_never_finishes_is_left_before_the_deadline(bad: Hostile, behaviour: str) -> None:
    found = collect(bad.url(behaviour), deadline_s=1.0)
    assert found.missing["http.rps"].reason is Reason.TIMED_OUT
    # Its own words, not those of a collector that had to be abandoned.
    assert re.match(
        r"connected, but (nothing came|no complete answer) within 0\.\d s", found.state.error or ""
    )
    assert "overloaded" in (found.state.hint or "")


def test_nobody_listens() -> None:
    found = collect(f"http://{LOOPBACK}:{free_port()}")
    assert found.state.error == "connection refused"
    assert found.state.hint == "check host and port, and whether it runs"


def test_tls_on_a_port_that_speaks_plain_http(bad: Hostile) -> None:
    found = collect(bad.url("login").replace("http:", "https:"))
    assert found.state.error is not None
    assert found.state.error == "TLS failed: wrong version number"
    assert "http://" in (found.state.hint or "")


def test_plain_http_on_a_port_that_speaks_tls(tmp_path: Path) -> None:
    with hostile(self_signed(tmp_path)) as server:
        found = collect(server.url("partial").replace("https:", "http:"))
    assert "no HTTP answer" in (found.state.error or "")
    assert "https:// where the port speaks TLS" in (found.state.hint or "")


def test_a_certificate_for_another_name(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    with hostile(certificate) as server:
        url = server.url("partial").replace(LOOPBACK, "localhost")
        found = collect(url, access=Access(ca_file=certificate))
    assert "certificate is not valid for 'localhost'" in (found.state.error or "")
    assert "write the host as the certificate names it" in (found.state.hint or "")


def test_the_time_that_is_told_is_the_time_that_was_spent() -> None:
    """A connection is given up after 3 s, however much more time there is."""
    with black_hole() as port:
        found = collect(f"http://{LOOPBACK}:{port}", deadline_s=9.0)
    assert found.state.error == "no connection within 3.0 s"
    assert found.missing["http.rps"].reason is Reason.TIMED_OUT


def test_a_certificate_of_ones_own_authority(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    with hostile(certificate) as server:
        refused = collect(server.url("partial"), selector='job="shop"')
        trusted = collect(server.url("partial"), selector='job="shop"', access=Access(ca_file=certificate))
        absent = collect(server.url("partial"), access=Access(ca_file=tmp_path / "absent.pem"))
    assert refused.state.error is not None
    assert refused.state.error.startswith("TLS failed")
    assert "self-signed certificate" in refused.state.error
    assert "PROMETHEUS_CA_FILE" in (refused.state.hint or "")
    assert trusted.readings["process.rss"].value == 4096
    assert "absent.pem" in (absent.state.error or "")
    assert "PROMETHEUS_CA_FILE" in (absent.state.hint or "")


@pytest.mark.parametrize(
    "url", ["", "http://", "ftp://prometheus", "http://[::1", "http://fast:s3cret@:99999"]
)
def test_what_is_no_url_is_refused_without_quoting_it(url: str) -> None:
    found = collect(url)
    assert found.state.error == "the Prometheus URL is not valid"
    assert found.state.target is None


def test_an_accepting_port_that_nobody_serves() -> None:
    with closing(socket.create_server((LOOPBACK, 0))) as silent:
        found = collect(f"http://{LOOPBACK}:{silent.getsockname()[1]}", deadline_s=1.0)
    assert found.missing["http.rps"].reason is Reason.TIMED_OUT


def test_an_unknown_host() -> None:
    found = collect("http://prometheus.invalid:9090")
    assert found.missing["http.rps"].reason is Reason.FAILED
    assert "prometheus.invalid" not in str(found.missing["http.rps"])


def test_without_a_prometheus_the_source_is_skipped() -> None:
    (found,) = gather(Target(), shipped(), {"prometheus": collector.collect})
    assert found.state.status is SourceStatus.SKIPPED
    assert found.missing["http.rps"].reason is Reason.NOT_CONFIGURED
