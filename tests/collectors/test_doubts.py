"""Metrics that lie, from real servers: lotteries, workers that are gone, gaps, resets and NaN."""

import os
import signal
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from fastdiag.collectors import prometheus as collector
from fastdiag.collectors.gather import gather
from fastdiag.collectors.multiprocess_files import of_dead_workers
from fastdiag.collectors.page_doubts import of_gauges, page_doubts
from fastdiag.collectors.prometheus.doubts import of_clock
from fastdiag.host.proc import Proc
from fastdiag.model.doubt import Doubt
from fastdiag.model.signal import Labels, MetricSource
from fastdiag.model.target import Local, Secret, Target
from tests.collectors.traffic import instrumented, send
from tests.metrics.catalogue import shipped
from tests.stack.apps import AppServer, ServerKind
from tests.stack.history import Samples, remembering
from tests.stack.prometheus import prometheus
from tests.stack.waiting import wait_until


def doubts(url: str, local: Local | None = None, at: float | None = None) -> Mapping[str, Doubt]:
    target = Target(prometheus=Secret(url), service="shop", local=local, at=at, deadline_s=8.0)
    (found,) = gather(target, shipped(), {"prometheus": collector.collect})
    return {doubt.id: doubt for doubt in found.doubts}


def local(app: AppServer) -> Local:
    workers = tuple(app.pids()[1:]) or (app.pid,)
    return Local(kind="gunicorn", app=None, master=app.pid, workers=workers, ports=(app.port,))


def test_one_worker_of_several_that_answers_every_scrape(server_directory: Path) -> None:
    with (
        instrumented("pfi", server_directory, kind=ServerKind.GUNICORN, workers=3) as app,
        prometheus({"shop": [app.address]}, server_directory) as server,
    ):
        wait_until(lambda: server.value("count_over_time(up[1m])") == 3, what="it is scraped", within_s=20)
        send(app.url)
        wait_until(lambda: (server.value("count_over_time(up[1m])") or 0) > 5, what="so is that", within_s=20)
        found = doubts(server.url, local(app))
    assert "workers" in found["worker-lottery"].says
    assert "http.rps" in found["worker-lottery"].signals


def test_a_killed_worker_leaves_its_requests_in_the_shared_page(server_directory: Path) -> None:
    gauges = {"http_requests_inprogress": ("http.in_flight",)}
    with instrumented(
        "pfi", server_directory, kind=ServerKind.GUNICORN, workers=2, shared_metrics=True
    ) as app:
        assert not list(of_dead_workers(Proc(), local(app), gauges))
        victims = app.pids()[1:]
        with ThreadPoolExecutor(4) as pool:
            asked = [pool.submit(_slow, app.url) for _ in range(4)]
            time.sleep(0.08)
            for pid in victims:
                os.kill(pid, signal.SIGKILL)
            for one in asked:
                one.result()
        wait_until(
            lambda: len(set(app.pids()[1:]) - set(victims)) == 2 and app.answers(),
            what="new workers",
            within_s=20,
        )
        app_doubts = list(of_dead_workers(Proc(), local(app), of_gauges(shipped())))
    assert [doubt.id for doubt in app_doubts] == ["dead-workers-counted"]
    assert app_doubts[0].signals == ("http.in_flight",)


def _slow(url: str) -> None:
    with suppress(httpx.TransportError):
        httpx.get(f"{url}/slow", timeout=5)


def history(now: float, *, ok: list[float], up: list[float]) -> Samples:
    times = [now - 15 * (len(up) - 1 - number) for number in range(len(up))]
    own = '{job="shop",instance="h:8000",handler="/a",method="GET",status="2xx"}'
    return {
        f"http_requests_total{own}": [pair for pair in zip(times, ok, strict=True) if pair[1] >= 0],
        'up{job="shop",instance="h:8000"}': list(zip(times, up, strict=True)),
    }


@pytest.mark.parametrize(
    ("ok", "up", "expected"),
    [
        ([float(n) for n in range(30)], [1.0] * 30, set()),
        ([float(n % 5) for n in range(30)], [1.0] * 30, {"counter-resets"}),
        ([float(n) for n in range(30)], [1.0] * 20 + [0.0, 1.0] * 5, {"scrape-gaps"}),
        ([float(n) for n in range(30)], [1.0] * 28 + [0.0] * 2, {"scrape-gaps"}),
        ([float(n) for n in range(20)] + [-1.0] * 10, [1.0] * 30, {"stale-samples"}),
    ],
    ids=["steady", "resets", "too-busy", "last-failed", "stale"],
)
def test_what_the_past_of_scrapes_tells(
    ok: list[float], up: list[float], expected: set[str], server_directory: Path
) -> None:
    now = float(round(time.time()) - 600)
    with remembering(history(now, ok=ok, up=up), server_directory) as server:
        assert set(doubts(server.url, at=now + 1)) == expected


def test_a_clock_is_compared_within_the_time_that_the_answer_took() -> None:
    assert [doubt.id for doubt in of_clock(1090.0, 1000.0, 1000.2)] == ["prometheus-clock"]
    assert not list(of_clock(1006.0, 1000.0, 1010.0))


def test_raw_paths_and_nan_on_a_page() -> None:
    requests = next(
        (signal, source)
        for signal in shipped().of("scrape")
        for source in signal.sources
        if signal.id == "http.rps" and isinstance(source, MetricSource)
    )
    series: dict[Labels, float] = {
        (("handler", f"/orders/{n}"), ("status", "2xx")): float("nan") if n else 1.0 for n in range(30)
    }
    found = {d.id: d for d in page_doubts({"http_requests_total": series}, [requests], None, "scrape")}
    assert set(found) == {"not-a-number", "routes-untemplated"}
    assert "/orders/{id}" in found["routes-untemplated"].says
