"""Native histograms: one series holds all buckets, and the same signals come of it."""

import time
from pathlib import Path
from typing import Final

import pytest

from fastdiag.collectors import prometheus as collector
from fastdiag.collectors.gather import gather
from fastdiag.collectors.prometheus.ranges import remember
from fastdiag.model.target import Secret, Target
from tests.metrics.catalogue import shipped
from tests.stack.prometheus import prometheus
from tests.stack.remote_write import FLAGS, push

STEP_S: Final = 15
PER_STEP: Final = 20


def test_a_histogram_without_bucket_series(server_directory: Path) -> None:
    now = float(int(time.time()))
    points = [(now - 600 + STEP_S * number, PER_STEP * number) for number in range(600 // STEP_S + 1)]
    own = (("__name__", "http_server_request_duration_seconds"), ("job", "shop"), ("instance", "i"))
    status = "http_response_status_code"
    series = {
        (*own, ("http_route", f"/{n}"), (status, code)): points for n, code in (("a", "200"), ("b", "500"))
    }
    with prometheus({}, server_directory, FLAGS) as server:
        push(server.url, series)
        target = Target(prometheus=Secret(server.url), at=now)
        (found,) = gather(target, shipped(), {"prometheus": collector.collect})
        (course,) = remember(target, shipped(), ["http.latency.p95"], 300, time.monotonic() + 10).courses
        theirs = server.value(
            f"histogram_quantile(0.95, sum(increase(http_server_request_duration_seconds[5m] @ {now})))"
        )
    readings = found.readings
    assert readings["http.latency.p95"].value == pytest.approx(theirs)
    assert course.points[-1][1] == pytest.approx(theirs)
    assert {part.labels[0][1] for part in readings["http.latency.p95"].by} == {"/a", "/b"}
    assert readings["http.rps"].value == pytest.approx(2 * PER_STEP / STEP_S)
    assert readings["http.errors.ratio"].value == pytest.approx(0.5)
    assert readings["http.timeouts.ratio"].value == 0.0
