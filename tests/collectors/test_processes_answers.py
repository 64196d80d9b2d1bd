"""The size of answers, from what the kernel counted on the clients' connections."""

import sys
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from fastdiag.collectors.processes import answers
from fastdiag.collectors.processes.sample import Carried, Sample
from fastdiag.collectors.sink import Sink
from fastdiag.model.signal import Bound
from tests.collectors.watching import DEPOT, asking, value, watch
from tests.metrics.catalogue import shipped
from tests.stack.apps import ServerKind, app_server

KIB = 1024
Counts = dict[str, tuple[int, int]]
"""Of each connection the bytes that its client has got, and the segments that it has sent."""


def reported(*looks: Counts) -> float | None:
    samples: Sequence[Sample] = [
        Sample(carried={end: Carried(bytes_out=size, segments_in=sent) for end, (size, sent) in look.items()})
        for look in looks
    ]
    sink = Sink(source="processes", catalogue=shipped(), deadline=0.0)
    answers.report(sink, samples, unseen=None)
    readings, _ = sink.close()
    return readings[answers.SIZE].value if answers.SIZE in readings else None


def test_what_went_out_is_shared_among_the_requests_that_came_in() -> None:
    assert reported({"a": (700, 3)}, {"a": (700 + 8 * KIB, 5)}, {"a": (700 + 16 * KIB, 7)}) == 4 * KIB


def test_an_answer_whose_request_came_before_the_first_look_is_one() -> None:
    assert reported({"a": (0, 1), "b": (0, 1)}, {"a": (900 * KIB, 1), "b": (0, 1)}) == 900 * KIB


def test_a_connection_from_a_port_that_was_used_before_begins_anew() -> None:
    assert reported({"a": (90 * KIB, 40)}, {"a": (5 * KIB, 1)}) == 5 * KIB


def test_connections_without_an_answer_are_no_small_answers() -> None:
    assert reported({"a": (4000, 9)}, {"a": (4000, 9)}) is None


def test_one_look_tells_nothing() -> None:
    assert reported({"a": (4000, 9)}) is None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the kernel's socket counts")
def test_the_answers_of_a_service_without_metrics_are_seen(tmp_path: Path) -> None:
    with app_server(DEPOT, directory=tmp_path, kind=ServerKind.UVICORN, workers=1) as app:
        size = len(httpx.get(f"{app.url}/openapi.json").content)
        with asking(app.port, "/openapi.json"):
            found = watch(app.pid)

    assert value(found, answers.SIZE) == pytest.approx(size, rel=0.2)
    assert found.readings[answers.SIZE].bound is Bound.AT_LEAST
