"""What stands out among what was seen, and what was not seen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fastdiag.model.diagnosis import Fact
from fastdiag.model.quantity import Unit
from fastdiag.model.signal import Labels, Missing, Part, Reading, Reason
from fastdiag.model.snapshot import Snapshot
from fastdiag.render.sight import (
    biases,
    cost,
    part_name,
    unseen,
    unseen_in_short,
    worst_endpoint,
    worst_parts,
)
from tests.render.diagnoses import POOL_DRAINED, UPSTREAM, by_signal, reading, route


def seen(*readings: Reading) -> Snapshot:
    return replace(POOL_DRAINED.snapshot, readings=by_signal(*readings))


def latency(*parts: Part) -> Snapshot:
    return seen(reading("http.latency.p95", Unit.SECONDS, 1.0, by=parts))


def test_the_worst_endpoint_is_the_slowest_of_those_with_enough_requests() -> None:
    lucky = route("GET", "/rare", 9.0, None, 3.0)
    slow = route("GET", "/slow", 6.0, None, 20.0)
    fast = route("GET", "/fast", 0.1, 0.1, 5000.0)
    assert worst_endpoint(latency(fast, lucky, slow)) == "GET /slow: p95 6 s, 20 requests"
    assert worst_endpoint(latency(lucky)) is None
    assert worst_endpoint(latency()) is None
    assert worst_endpoint(seen()) is None


def test_where_a_source_does_not_count_every_part_may_be_the_worst() -> None:
    uncounted = Part(labels=(("handler", "/a"),), value=2.0, before=1.0)
    assert worst_endpoint(latency(uncounted)) == "/a: p95 2 s (before 1 s)"


def test_what_speaks_for_a_cause_names_the_upstream_once() -> None:
    payments, mail = (("remote", "10.0.0.7:443"),), (("remote", "10.0.0.8:25"),)
    snapshot = seen(
        reading(
            "external.stuck",
            Unit.COUNT,
            13.0,
            by=(Part(labels=mail, value=1.0), Part(labels=payments, value=12.0)),
        ),
        reading("external.oldest", Unit.SECONDS, 8.0, by=(Part(labels=payments, value=8.0),)),
        reading("external.waiting", Unit.COUNT, 0.0, by=(Part(labels=mail, value=0.0),)),
        reading("db.pool.idle", Unit.COUNT, 0.0, by=(Part(labels=(("pool_name", "main"),), value=0.0),)),
    )
    fact = Fact(
        because="calls hang",
        when="external.stuck >= 1",
        said="external.stuck 13 >= 1",
        log_odds=4.0,
        signals=dict.fromkeys(snapshot.readings),
        reasons={},
    )
    cause = replace(UPSTREAM, supports=(fact,))
    assert worst_parts(snapshot, cause) == ("10.0.0.7:443: external.stuck 12, external.oldest 8 s",)


@pytest.mark.parametrize(
    ("labels", "name"),
    [
        ((("handler", "/pay"), ("method", "POST")), "POST /pay"),
        ((("http_route", "/pay"),), "/pay"),
        ((("server_address", "payments"), ("server_port", "443")), "payments"),
        ((("state", "used"), ("worker", "4711")), "state=used, worker=4711"),
        ((("handler", ""), ("remote", "db:5432")), "db:5432"),
        ((), "all"),
    ],
)
def test_a_label_set_is_called_what_a_person_calls_it(labels: Labels, name: str) -> None:
    assert part_name(labels) == name


def test_signals_with_one_bias_are_told_together() -> None:
    lottery = "only one of four workers was scraped"
    snapshot = seen(
        reading("http.rps", Unit.PER_SECOND, 1.0, bias=lottery),
        reading("http.latency.p95", Unit.SECONDS, 1.0, bias=lottery),
        reading("service.cpu", Unit.RATIO, 0.1, bias="averaged"),
        reading("probe.latency", Unit.SECONDS, 0.1),
    )
    assert biases(snapshot) == ((lottery, ("http.latency.p95", "http.rps")), ("averaged", ("service.cpu",)))


def test_unknowns_are_folded_by_reason_the_most_useful_first() -> None:
    missing = {
        "a": Missing(Reason.ABSENT, "nothing exposes it"),
        "b": Missing(Reason.DENIED, "needs pg_monitor"),
        "c": Missing(Reason.DENIED, "needs pg_monitor"),
        "d": Missing(Reason.ABSENT, "nobody exposes it"),
        "service.cpu": Missing(Reason.FAILED, "another source had it"),
    }
    snapshot = replace(seen(reading("service.cpu", Unit.RATIO, 0.1)), missing=missing)
    assert unseen_in_short(unseen(snapshot)) == "4 signals: 2 denied (needs pg_monitor), 2 absent"
    del missing["a"], missing["d"]
    assert (
        unseen_in_short(unseen(replace(snapshot, missing=missing))) == "2 signals denied (needs pg_monitor)"
    )


def test_sources_run_at_once_so_the_slowest_is_the_cost() -> None:
    assert cost(POOL_DRAINED.snapshot) == "5.2 s, 30 requests"
    assert cost(replace(POOL_DRAINED.snapshot, sources=())) == "0.00 s, 0 requests"
